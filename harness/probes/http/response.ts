/**
 * Reads one HTTP/1.1 response from the chunks of a connection: by content-length, chunked, or until the connection ends (RFC 9112 §6.3).
 * It takes what browsers and curl take: lines that end in LF alone (§2.2), folded header lines (§5.2), HTTP/1.0, interim answers, trailers.
 */

/** More of a body is not waited for: what is asked of an endpoint is known by then. */
export const bodyMaxBytes = 2 ** 20;
/** As Chrome has it. */
const headMaxBytes = 256 * 2 ** 10;

export class NotHttp extends Error {}

/** What is looked at of an answer, whatever it came by. */
export interface Answer {
  readonly status: number;
  /** By lower-case name; values of one name are joined by ", ". */
  readonly headers: Record<string, string>;
  /** One by one, as some must not be joined (Set-Cookie). */
  fields(): [name: string, value: string][];
  readonly body: Buffer;
  /** The body was left before its end: it is a stream, or longer than `bodyMaxBytes`. */
  readonly cut: boolean;
}

const nothing = Buffer.alloc(0);

type Frame = "head" | "length" | "chunk-size" | "chunk" | "chunk-end" | "trailer" | "close" | "done";

/** A stream of events never ends: its head is the answer. */
export const isStream = (type: string | undefined): boolean => /^(text\/event-stream|multipart\/x-mixed-replace)\b/i.test(type ?? "");

export class ResponseReader implements Answer {
  status = 0;
  /** The connection can carry another request. */
  reusable = true;
  /** The body was left before its end: it is a stream, or longer than `bodyMaxBytes`. */
  cut = false;
  #lines: string[] = [];
  #frame: Frame = "head";
  #left = 0;
  #unread: Unread | undefined;
  #body: Buffer[] = [];
  #bytes = 0;
  #headers: Record<string, string> | undefined;

  /** `method`: an answer to HEAD has no body. `sought`: a text that a stream is read for, until it was there. */
  constructor(
    readonly method = "GET",
    readonly sought?: string,
  ) {}

  /** True as soon as the response is whole, or enough of it is there. The chunk's memory may be used again by the caller. Throws NotHttp. */
  feed(chunk: Buffer): boolean {
    const unread = this.#unread;
    this.#unread = undefined;
    /** So much of it was looked through before. */
    let from = unread?.length ?? 0;
    let data = unread ? unread.add(chunk) : chunk;
    const wait = () => {
      if (data.length > 0) this.#unread = unread?.length === data.length ? unread : new Unread(data);
      return false;
    };
    while (this.#frame !== "done") {
      if (this.#frame === "head") {
        const end = endOfHead(data, from);
        if (end === undefined) {
          if (data.length > headMaxBytes) throw new NotHttp("headers over 256 KiB");
          if (data.length >= 5 && data.toString("latin1", 0, 5) !== "HTTP/") throw new NotHttp("not HTTP");
          return wait();
        }
        // In one piece or in many: the same is too long.
        if (end.text > headMaxBytes) throw new NotHttp("headers over 256 KiB");
        this.#readHead(data.toString("latin1", 0, end.text));
        data = data.subarray(end.next);
        from = 0;
        if (this.cut) return true;
      } else if (this.#frame === "length" || this.#frame === "chunk") {
        const part = data.length > this.#left ? data.subarray(0, this.#left) : data;
        if (this.#keep(part)) return true;
        this.#left -= part.length;
        data = data.length === part.length ? nothing : data.subarray(part.length);
        if (this.#left > 0) return false;
        this.#frame = this.#frame === "length" ? "done" : "chunk-end";
      } else if (this.#frame === "close") {
        return this.#keep(data);
      } else {
        const end = data.indexOf(10, from);
        if (end < 0) {
          if (data.length > headMaxBytes) throw new NotHttp("a chunk's size or a trailer over 256 KiB");
          return wait();
        }
        const line = data.toString("latin1", 0, end > 0 && data[end - 1] === 13 ? end - 1 : end);
        data = data.subarray(end + 1);
        from = 0;
        if (this.#frame === "chunk-end") this.#frame = "chunk-size";
        else if (this.#frame === "chunk-size") {
          if (!/^0*[0-9a-f]{1,13}\s*(;|$)/i.test(line)) throw new NotHttp("bad chunk size");
          this.#left = Number.parseInt(line, 16);
          this.#frame = this.#left === 0 ? "trailer" : "chunk";
        } else if (line === "") this.#frame = "done";
      }
    }
    // More than was announced: what comes next on this connection would be read amiss.
    if (data.length > 0) this.reusable = false;
    return true;
  }

  /** The connection was ended by the peer: true if that completes the response. */
  end(): boolean {
    if (this.#frame === "close") this.#frame = "done";
    return this.#frame === "done";
  }
  /** Its head was read: of an answer that does not end, that and what came of its body is there to be looked at. */
  get begun(): boolean {
    return this.#frame !== "head";
  }

  /** By lower-case name; values of one name are joined by ", ". */
  get headers(): Record<string, string> {
    if (this.#headers) return this.#headers;
    const headers: Record<string, string> = {};
    for (const [name, value] of this.fields()) headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    this.#headers = headers;
    return headers;
  }
  /** One by one, as some must not be joined (Set-Cookie). Values are latin1. */
  fields(): [name: string, value: string][] {
    const fields: [string, string][] = [];
    for (const line of this.#lines) {
      const colon = line.indexOf(":");
      // Trimmed, the CR at its end is gone as well.
      if (colon > 0) fields.push([line.slice(0, colon).trim().toLowerCase(), line.slice(colon + 1).trim()]);
    }
    return fields;
  }
  get body(): Buffer {
    return this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body);
  }

  /** True if no more is needed. */
  #keep(part: Buffer): boolean {
    if (part.length === 0) return false;
    this.#bytes += part.length;
    this.#body.push(Buffer.from(part));
    const found = this.sought !== undefined && isStream(this.headers["content-type"]) && this.body.includes(this.sought);
    return found || this.#bytes > bodyMaxBytes ? this.#leave() : false;
  }
  #leave(): true {
    this.cut = true;
    this.reusable = false;
    return true;
  }

  #readHead(head: string): void {
    // A line that begins with a blank goes on the one before.
    const isFolded = head.includes("\n ") || head.includes("\n\t");
    const lines = (isFolded ? head.replace(/\r?\n[ \t]+/g, " ") : head).split("\n");
    const status = /^HTTP\/1\.([01]) ([1-9]\d\d)(\s|$)/.exec(lines[0]!);
    if (!status) throw new NotHttp("not HTTP");
    // It may end the text for whoever reads on in C (RFC 9110 §5.5). After the first line, as where that came alone.
    if (head.includes("\0")) throw new NotHttp("a NUL in its head");
    this.status = Number(status[2]);
    if (this.status === 101) throw new NotHttp("it switches to another protocol, which nobody asked for (101)");
    if (this.status < 200) return; // interim: the answer comes after it
    this.#lines = lines.slice(1);
    const { connection = "", "transfer-encoding": coding, "content-length": length, "content-type": type } = this.headers;
    if (connection === "") this.reusable = status[1] === "1";
    else this.reusable = status[1] === "1" ? !/(^|,)\s*close\s*(,|$)/i.test(connection) : /(^|,)\s*keep-alive\s*(,|$)/i.test(connection);
    const odd = coding?.split(",").find((one) => !/^\s*(chunked|identity|)\s*$/i.test(one));
    if (odd !== undefined) throw new NotHttp(`its transfer coding is ${odd.trim()}, which nobody asked for`);
    const isTunnel = this.method === "CONNECT" && this.status < 300;
    if (this.method === "HEAD" || this.status === 204 || this.status === 304 || isTunnel) this.#frame = "done";
    else if (coding !== undefined && /chunked\s*$/i.test(coding)) this.#frame = "chunk-size";
    else if (length !== undefined && coding === undefined) {
      const [first, ...others] = length.split(",").map((one) => one.trim());
      if (others.some((one) => one !== first) || !/^\d{1,15}$/.test(first!)) throw new NotHttp(`content-length is "${length}"`);
      this.#left = Number(first);
      this.#frame = this.#left === 0 ? "done" : "length";
    } else {
      this.#frame = "close";
      this.reusable = false;
    }
    if (this.#frame !== "done" && isStream(type) && this.sought === undefined) this.#leave();
  }
}

/** Bytes of a head or a line whose end has not come yet. To add one costs the same however many there are: a peer may send them one by one. */
class Unread {
  #memory: Buffer;
  length: number;

  constructor(bytes: Buffer) {
    this.#memory = Buffer.from(bytes);
    this.length = bytes.length;
  }
  /** All of them. */
  add(bytes: Buffer): Buffer {
    const length = this.length + bytes.length;
    if (length > this.#memory.length) {
      const more = Buffer.allocUnsafeSlow(2 * length);
      this.#memory.copy(more, 0, 0, this.length);
      this.#memory = more;
    }
    bytes.copy(this.#memory, this.length);
    this.length = length;
    return this.#memory.subarray(0, length);
  }
}

/**
 * The first empty line, whether lines end in CRLF or in LF: where the text before it ends, and where the body begins. The first `seen` bytes were looked at
 * before, and there was none.
 */
function endOfHead(data: Buffer, seen: number): { text: number; next: number } | undefined {
  const from = Math.max(0, seen - 3);
  const strict = data.indexOf("\r\n\r\n", from);
  const before = strict < 0 ? data : data.subarray(0, strict + 2);
  const bare = before.indexOf("\n\n", from);
  const mixed = before.indexOf("\n\r\n", from);
  const [at, length] = mixed >= 0 && (bare < 0 || mixed < bare) ? [mixed, 3] : [bare, 2];
  if (at >= 0 && (strict < 0 || at + length <= strict)) return { text: at, next: at + length };
  return strict < 0 ? undefined : { text: strict, next: strict + 4 };
}

const keptMaxBytes = 16_384;

/** The last answer to one question that came in one piece: the next is mostly the same, byte for byte, and then it has been read already. */
export class LastAnswer {
  #bytes = Buffer.alloc(0);
  #reader: ResponseReader | undefined;

  /** `buffer` holds so many bytes. */
  readerOf(buffer: Buffer, bytes: number): ResponseReader | undefined {
    return bytes === this.#bytes.length && this.#bytes.compare(buffer, 0, bytes) === 0 ? this.#reader : undefined;
  }
  /** `reader` has read all of it. */
  keep(buffer: Buffer, bytes: number, reader: ResponseReader): void {
    if (bytes > keptMaxBytes) return;
    if (bytes !== this.#bytes.length) this.#bytes = Buffer.allocUnsafeSlow(bytes);
    buffer.copy(this.#bytes, 0, 0, bytes);
    this.#reader = reader;
  }
}
