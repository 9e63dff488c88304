/** Reads one HTTP/1.1 response from the chunks of a connection: by content-length, chunked, or until the connection ends (RFC 9112 §6.3). */

/** More than a probe has any business with. */
const bodyMaxBytes = 8 * 2 ** 20;
const headMaxBytes = 64 * 2 ** 10;

export class NotHttp extends Error {}

type Frame = "head" | "length" | "chunk-size" | "chunk" | "chunk-end" | "trailer" | "close" | "done";

export class ResponseReader {
  status = 0;
  /** The connection can carry another request. */
  reusable = true;
  #head = "";
  #frame: Frame = "head";
  #left = 0;
  #rest: Buffer | undefined;
  #body: Buffer[] = [];
  #bytes = 0;

  /** `method`: an answer to HEAD has no body. */
  constructor(readonly method = "GET") {}

  /** True as soon as the response is whole. The chunk's memory may be used again by the caller. Throws NotHttp. */
  feed(chunk: Buffer): boolean {
    let data = this.#rest ? Buffer.concat([this.#rest, chunk]) : chunk;
    this.#rest = undefined;
    while (this.#frame !== "done") {
      if (this.#frame === "head") {
        const end = data.indexOf("\r\n\r\n");
        if (end < 0) {
          if (data.length > headMaxBytes) throw new NotHttp("headers over 64 KiB");
          if (data.length >= 5 && data.toString("latin1", 0, 5) !== "HTTP/") throw new NotHttp("not HTTP");
          return this.#wait(data);
        }
        this.#readHead(data.toString("latin1", 0, end));
        data = data.subarray(end + 4);
      } else if (this.#frame === "length" || this.#frame === "chunk") {
        const part = data.length > this.#left ? data.subarray(0, this.#left) : data;
        this.#keep(part);
        this.#left -= part.length;
        data = data.subarray(part.length);
        if (this.#left > 0) return false;
        this.#frame = this.#frame === "length" ? "done" : "chunk-end";
      } else if (this.#frame === "close") {
        this.#keep(data);
        return false;
      } else {
        const end = data.indexOf("\r\n");
        if (end < 0) return this.#wait(data);
        const line = data.toString("latin1", 0, end);
        data = data.subarray(end + 2);
        if (this.#frame === "chunk-end") this.#frame = "chunk-size";
        else if (this.#frame === "chunk-size") {
          if (!/^[0-9a-f]+\s*(;|$)/i.test(line)) throw new NotHttp("bad chunk size");
          this.#left = Number.parseInt(line, 16);
          this.#frame = this.#left === 0 ? "trailer" : "chunk";
        } else if (line === "") this.#frame = "done";
      }
    }
    return true;
  }

  /** The connection was ended by the peer: true if that completes the response. */
  end(): boolean {
    if (this.#frame === "close") this.#frame = "done";
    return this.#frame === "done";
  }

  get headers(): Record<string, string> {
    const headers: Record<string, string> = {};
    for (const line of this.#head.split("\r\n").slice(1)) {
      const colon = line.indexOf(":");
      if (colon <= 0) continue;
      const name = line.slice(0, colon).toLowerCase();
      const value = line.slice(colon + 1).trim();
      headers[name] = headers[name] === undefined ? value : `${headers[name]}, ${value}`;
    }
    return headers;
  }
  get body(): Buffer {
    return this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body);
  }

  #wait(data: Buffer): boolean {
    if (data.length > 0) this.#rest = Buffer.from(data);
    return false;
  }

  #keep(part: Buffer): void {
    if (part.length === 0) return;
    this.#bytes += part.length;
    if (this.#bytes > bodyMaxBytes) throw new NotHttp("body over 8 MiB");
    this.#body.push(Buffer.from(part));
  }

  #readHead(head: string): void {
    const status = /^HTTP\/1\.([01]) ([1-9]\d\d)/.exec(head);
    if (!status) throw new NotHttp("not HTTP");
    this.status = Number(status[2]);
    if (this.status >= 100 && this.status < 200) return; // informational: the answer comes after it
    this.#head = head;
    this.reusable = status[1] === "1" ? !/\r\nconnection:[^\r]*close/i.test(head) : /\r\nconnection:[^\r]*keep-alive/i.test(head);
    const length = /\r\ncontent-length:\s*(\d+)/i.exec(head);
    if (this.method === "HEAD" || this.status === 204 || this.status === 304) this.#frame = "done";
    else if (/\r\ntransfer-encoding:[^\r]*chunked/i.test(head)) this.#frame = "chunk-size";
    else if (length) {
      this.#left = Number(length[1]);
      this.#frame = this.#left === 0 ? "done" : "length";
    } else {
      this.#frame = "close";
      this.reusable = false;
    }
  }
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
