/**
 * One connection of our own HTTP/1.1 client: a socket, one request at a time, stamps of each phase, never a retry.
 * Libraries hide what is measured here: undici's time-outs overshoot by half a second, Go's client repeats a GET after a reset.
 */
import { createRequire } from "node:module";
import { connect as connectTcp, type Socket } from "node:net";
import { nowUs } from "../../clock.js";
import type { Outcome } from "../../core.js";
import { type LastAnswer, ResponseReader } from "./response.js";

export interface Endpoint {
  /** Addresses, never names; the next one is tried when one refuses. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** TLS, with this server name. */
  readonly tls?: string;
  /** Of whoever asks the same again and again. */
  readonly last?: LastAnswer;
}
/** How an exchange went wrong. */
export interface Failure {
  readonly outcome: Exclude<Outcome, "ok">;
  readonly note: string;
}
/** One request and what came of it; stamps are monotonic µs, 0 = never got there. */
export interface Exchange {
  connectUs: number;
  /** The request was handed to the kernel. */
  writtenUs: number;
  firstUs: number;
  endUs: number;
  failure: Failure | undefined;
  reader: ResponseReader;
}
type Done = (exchange: Exchange) => void;

/** Loaded for the first endpoint that needs it: OpenSSL is a tenth of what a prober's start costs. */
const tlsModule = () => createRequire(import.meta.url)("node:tls") as typeof import("node:tls");

/** One for all connections: what was read is worked off before anything else is read into it. */
const incoming = Buffer.allocUnsafe(65_536);
const nothingRead = new ResponseReader();

export class Wire {
  /** A connection that can take a request. */
  idle = false;
  dead = false;
  #socket: Socket | undefined;
  #exchange: Exchange | undefined;
  #method = "GET";
  #text: string | Uint8Array = "";
  #done: Done | undefined;
  #onDead: ((wire: Wire) => void) | undefined;

  /** `onDead`: an idle connection was closed by the peer. */
  constructor(
    readonly endpoint: Endpoint,
    onDead?: (wire: Wire) => void,
  ) {
    this.#onDead = onDead;
  }

  /** Sends `text` (whole request, head and body) and calls `done` once, connecting first if need be. */
  request(text: string | Uint8Array, method: string, done: Done): void {
    this.#exchange = { connectUs: 0, writtenUs: 0, firstUs: 0, endUs: 0, failure: undefined, reader: nothingRead };
    this.#method = method;
    this.#text = text;
    this.#done = done;
    this.idle = false;
    if (this.#socket) this.#write();
    else this.#connect(0);
  }

  /** Ends the exchange under way with this failure, and the connection. */
  abort(outcome: Failure["outcome"], note: string): void {
    this.#finish({ outcome, note });
  }

  destroy(): void {
    this.dead = true;
    this.idle = false;
    this.#socket?.destroy();
  }

  #connect(index: number): void {
    const host = this.endpoint.addresses[index];
    if (host === undefined) {
      this.#finish({ outcome: "dns", note: "no address" });
      return;
    }
    const { port, tls } = this.endpoint;
    const onread = {
      buffer: incoming,
      callback: (bytes: number) => {
        this.#read(incoming, bytes);
        return true;
      },
    };
    const socket =
      tls === undefined ? connectTcp({ host, port, noDelay: true, onread }) : tlsModule().connect({ host, port, ...(isName(tls) ? { servername: tls } : {}) });
    if (tls !== undefined) socket.setNoDelay(true).on("data", (chunk: Buffer) => this.#read(chunk, chunk.length));
    this.#socket = socket;
    socket.once(tls === undefined ? "connect" : "secureConnect", () => {
      if (this.#exchange) this.#exchange.connectUs = nowUs();
      this.#write();
    });
    socket.on("error", (error: NodeJS.ErrnoException) => {
      if (this.#socket !== socket) return;
      if (error.code === "ECONNREFUSED" && this.#exchange?.connectUs === 0 && index + 1 < this.endpoint.addresses.length) this.#connect(index + 1);
      else this.#finish(failureOf(error));
    });
    socket.on("end", () => {
      if (this.#socket === socket) this.#ended();
    });
    socket.on("close", () => {
      if (this.#socket === socket) this.#ended();
    });
  }

  #write(): void {
    const exchange = this.#exchange;
    if (!exchange || !this.#socket) return;
    exchange.writtenUs = nowUs();
    if (typeof this.#text === "string") this.#socket.write(this.#text, "latin1");
    else this.#socket.write(this.#text);
  }

  #read(buffer: Buffer, bytes: number): void {
    const exchange = this.#exchange;
    if (!exchange) {
      this.#dies(); // an answer that nobody asked for
      return;
    }
    const { last } = this.endpoint;
    const isFirst = exchange.firstUs === 0;
    if (isFirst) {
      exchange.firstUs = nowUs();
      const known = last?.readerOf(buffer, bytes);
      exchange.reader = known ?? new ResponseReader(this.#method);
      if (known) {
        this.#finish(undefined);
        return;
      }
    }
    try {
      if (!exchange.reader.feed(buffer.subarray(0, bytes))) return;
      if (isFirst) last?.keep(buffer, bytes, exchange.reader);
      this.#finish(undefined);
    } catch (error) {
      this.#finish({ outcome: "wrong-answer", note: (error as Error).message });
    }
  }

  #ended(): void {
    const exchange = this.#exchange;
    if (!exchange) this.#dies();
    else if (exchange.firstUs > 0 && exchange.reader.end()) this.#finish(undefined);
    else this.#finish({ outcome: "reset", note: exchange.firstUs > 0 ? "closed within the answer" : "closed without an answer" });
  }

  #dies(): void {
    if (this.dead) return;
    this.destroy();
    this.#onDead?.(this);
  }

  #finish(failure: Failure | undefined): void {
    const exchange = this.#exchange;
    const done = this.#done;
    if (!exchange || !done) {
      if (failure) this.#dies();
      return;
    }
    this.#exchange = undefined;
    this.#done = undefined;
    exchange.endUs = nowUs();
    exchange.failure = failure;
    if (failure || !exchange.reader.reusable) this.destroy();
    else this.idle = true;
    done(exchange);
  }
}

const isName = (host: string): boolean => !/^[\d.]+$|:/.test(host);

/** What a socket's error says about the target. What says something about us (no descriptors, no ports left) is an observer fault. */
export function failureOf(error: NodeJS.ErrnoException): Failure {
  const code = error.code ?? "";
  if (code === "ECONNREFUSED") return { outcome: "refused", note: "connection refused" };
  if (["ECONNRESET", "EPIPE", "ECONNABORTED"].includes(code)) return { outcome: "reset", note: code };
  if (["EHOSTUNREACH", "ENETUNREACH", "EHOSTDOWN", "ENETDOWN"].includes(code)) return { outcome: "refused", note: code };
  if (code === "ETIMEDOUT") return { outcome: "timeout", note: code };
  if (["EMFILE", "ENFILE", "EADDRNOTAVAIL", "ENOBUFS", "ENOMEM", "EACCES", "EPERM"].includes(code)) return { outcome: "observer", note: code };
  // The rest are TLS errors: certificates by their own codes, protocol errors as EPROTO or ERR_SSL_….
  return { outcome: "wrong-answer", note: `TLS: ${code || error.message}` };
}
