/** HTTP/2 on a connection that has negotiated it: Node's own client, an exchange per stream, as stamped as those of a Wire. */

import type { ClientHttp2Session, ClientHttp2Stream, IncomingHttpHeaders } from "node:http2";
import { createRequire } from "node:module";
import type { TLSSocket } from "node:tls";
import { nowUs } from "../../clock.js";
import type { Failure } from "./failure.js";
import { failureOf } from "./failure.js";
import type { Hop } from "./question.js";
import { type Answer, bodyMaxBytes, isStream } from "./response.js";

/** Loaded for the first connection that needs it. */
const http2Module = () => createRequire(import.meta.url)("node:http2") as typeof import("node:http2");

export interface StreamQuestion {
  readonly hop: Hop;
  readonly cookie: string;
  /** A text that an unending body is read for. */
  readonly sought: string | undefined;
  /** The head of its answer is there. */
  onFirst(atUs: number): void;
}
export interface StreamEnd {
  readonly firstUs: number;
  readonly endUs: number;
  readonly failure: Failure | undefined;
  /** The server has surely not worked on it: it may be asked again, whatever it is (RFC 9113 §8.7). */
  readonly untouched: boolean;
  readonly answer: Answer;
}

/** Of connections, not of requests: they are not allowed in HTTP/2 (RFC 9113 §8.2.2). */
const notInHttp2 = new Set(["host", "connection", "proxy-connection", "keep-alive", "transfer-encoding", "upgrade"]);

export class H2Session {
  readonly #session: ClientHttp2Session;
  /** What was said of it, once it is no good any more. */
  #ended: Failure | undefined;
  #goneAway = false;

  constructor(socket: TLSSocket, origin: string) {
    this.#session = http2Module().connect(origin, { createConnection: () => socket, settings: { enablePush: false } });
    this.#session.on("error", (error: NodeJS.ErrnoException) => {
      this.#ended ??= failureOf(error);
    });
    this.#session.on("goaway", () => {
      this.#goneAway = true;
    });
    this.#session.on("close", () => {
      this.#ended ??= { outcome: "reset", note: "the session was closed" };
    });
  }

  /** Takes another request. */
  get open(): boolean {
    return !this.#goneAway && this.#ended === undefined && !this.#session.closed && !this.#session.destroyed;
  }
  destroy(): void {
    this.#session.destroy();
  }

  /** Calls `done` once. Returns how to end it before. */
  request({ hop, cookie, sought, onFirst }: StreamQuestion, done: (end: StreamEnd) => void): (failure: Failure) => void {
    const answer = new H2Answer();
    let firstUs = 0;
    let over = false;
    let stream: ClientHttp2Stream | undefined;
    const finish = (failure: Failure | undefined, untouched = false) => {
      if (over) return;
      over = true;
      done({ firstUs, endUs: nowUs(), failure, untouched, answer });
      // What is left of it is not wanted any more.
      if (stream && !stream.closed) stream.close(http2Module().constants.NGHTTP2_CANCEL);
    };
    try {
      stream = this.#session.request(headersOf(hop, cookie), { endStream: hop.body === undefined });
    } catch (error) {
      // It was going away, and nothing was sent.
      finish({ outcome: "reset", note: (error as Error).message }, true);
      return () => {};
    }
    stream.on("response", (headers) => {
      firstUs = nowUs();
      onFirst(firstUs);
      answer.begin(headers);
      if (isStream(answer.headers["content-type"]) && sought === undefined) {
        answer.cut = true;
        finish(undefined);
      }
    });
    stream.on("data", (chunk: Buffer) => {
      if (over || !answer.add(chunk, sought)) return;
      finish(undefined);
    });
    stream.on("end", () => answer.status > 0 && finish(undefined));
    stream.on("error", (error: NodeJS.ErrnoException) => {
      const { code, untouched } = resetOf(stream!, error);
      finish(this.#ended ?? { outcome: "reset", note: `the stream was reset (${code})` }, untouched);
    });
    stream.on("close", () => {
      const { code, untouched } = resetOf(stream!);
      finish(this.#ended ?? { outcome: "reset", note: `the stream was closed without an answer (${code})` }, untouched || this.#goneAway);
    });
    if (hop.body !== undefined) stream.end(hop.body);
    return finish;
  }
}

/** By RFC 9113 §8.7 a refused stream was not worked on. */
function resetOf(stream: ClientHttp2Stream, error?: NodeJS.ErrnoException): { readonly code: string; readonly untouched: boolean } {
  const { constants } = http2Module();
  const code = errorNames[stream.rstCode] ?? error?.code ?? String(stream.rstCode);
  return { code, untouched: stream.rstCode === constants.NGHTTP2_REFUSED_STREAM };
}
/** RFC 9113 §7, by their codes. */
const errorNames =
  "NO_ERROR PROTOCOL_ERROR INTERNAL_ERROR FLOW_CONTROL_ERROR SETTINGS_TIMEOUT STREAM_CLOSED FRAME_SIZE_ERROR REFUSED_STREAM CANCEL COMPRESSION_ERROR CONNECT_ERROR ENHANCE_YOUR_CALM INADEQUATE_SECURITY HTTP_1_1_REQUIRED".split(
    " ",
  );

function headersOf({ url, method, headers, body }: Hop, cookie: string): Record<string, string> {
  const own: Record<string, string> = {
    ":method": method,
    ":scheme": url.protocol.slice(0, -1),
    ":authority": headers.find(([name]) => name.toLowerCase() === "host")?.[1] ?? url.host,
    ":path": `${url.pathname}${url.search}`,
    "user-agent": "flounder",
    accept: "*/*",
    ...(body === undefined ? {} : { "content-length": String(Buffer.byteLength(body)) }),
    ...(cookie === "" ? {} : { cookie }),
  };
  for (const [given, value] of headers) {
    const name = given.toLowerCase();
    if (!notInHttp2.has(name)) own[name] = name === "cookie" && cookie !== "" ? `${value}; ${cookie}` : value;
  }
  return own;
}

class H2Answer implements Answer {
  status = 0;
  cut = false;
  headers: Record<string, string> = {};
  #fields: [string, string][] = [];
  #body: Buffer[] = [];
  #bytes = 0;

  begin(headers: IncomingHttpHeaders & { readonly ":status"?: number | undefined }): void {
    this.status = headers[":status"] ?? 0;
    this.#fields = Object.entries(headers).flatMap(([name, value]) =>
      name.startsWith(":") || value === undefined ? [] : [value].flat().map((one): [string, string] => [name, String(one)]),
    );
    for (const [name, value] of this.#fields) this.headers[name] = this.headers[name] === undefined ? value : `${this.headers[name]}, ${value}`;
  }
  /** True if no more is needed. */
  add(chunk: Buffer, sought: string | undefined): boolean {
    this.#bytes += chunk.length;
    this.#body.push(chunk);
    const found = sought !== undefined && isStream(this.headers["content-type"]) && this.body.includes(sought);
    this.cut = found || this.#bytes > bodyMaxBytes;
    return this.cut;
  }
  fields(): [name: string, value: string][] {
    return this.#fields;
  }
  get body(): Buffer {
    return this.#body.length === 1 ? this.#body[0]! : Buffer.concat(this.#body);
  }
}
