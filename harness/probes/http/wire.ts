/**
 * One connection of our own HTTP/1.1 client: a socket, one request at a time, stamps of each phase, never a retry.
 * Libraries hide what is measured here: undici's time-outs overshoot by half a second, Go's client repeats a GET after a reset.
 */
import { createRequire } from "node:module";
import type { Socket } from "node:net";
import type { ConnectionOptions, TLSSocket } from "node:tls";
import { nowUs } from "../../clock.js";
import { type Dial, type Dialled, dial } from "./connect/dial.js";
import { openSocks, type SocksWay } from "./connect/socks.js";
import { openTunnel } from "./connect/tunnel.js";
import { type Failure, failureOf } from "./failure.js";
import { type LastAnswer, ResponseReader } from "./response.js";

export interface Endpoint {
  /** Addresses, never names; the next one is tried when one fails or is silent. */
  readonly addresses: readonly string[];
  readonly port: number;
  /** TLS, with this server name. */
  readonly tls?: string;
  /** HTTP/2 is offered. */
  readonly http2?: boolean;
  /** What else TLS is to be told: authorities, a certificate of ours. */
  readonly secure?: ConnectionOptions;
  /**
   * The addresses are a proxy's. With `connect` it is asked for a tunnel, with `socks` for a way; else it is asked instead of the endpoint. `tls`: it is spoken
   * TLS to, by this name.
   */
  readonly proxy?: { readonly name: string; readonly authorized: boolean; readonly tls?: string; readonly connect?: Uint8Array; readonly socks?: SocksWay };
  /** Of whoever asks the same again and again. */
  readonly last?: LastAnswer;
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
export interface Question {
  /** Whole request, head and body. */
  readonly bytes: Uint8Array;
  readonly method: string;
  /** A text that an unending body is read for. */
  readonly sought?: string;
  /** The peer takes HTTP/2: the connection, with nothing sent yet, is the caller's from then on, and `done` is not called. */
  readonly onHttp2?: (socket: TLSSocket, connectUs: number) => void;
}

/** Loaded for the first endpoint that needs it: OpenSSL is a tenth of what a prober's start costs. */
const tlsModule = () => createRequire(import.meta.url)("node:tls") as typeof import("node:tls");

/** One for all connections: what was read is worked off before anything else is read into it. */
const incoming = Buffer.allocUnsafe(65_536);
const nothingRead = new ResponseReader();

export class Wire {
  /** A connection that can take a request. */
  idle = false;
  dead = false;
  /** Who answered the dialling, and which addresses failed before. */
  address = "";
  passedOver: readonly string[] = [];
  /** Of the peer's certificate; undefined without TLS. */
  certificateEnds: Date | undefined;
  /** As TLS negotiated it. */
  protocol = "";
  /** What is to be had of the proxy, if there is one, was had. */
  #through = false;
  /** A TLS handshake is under way, with the proxy or with the endpoint. */
  #isSecuring = false;
  #socket: Socket | undefined;
  #dial: Dial | undefined;
  #exchange: Exchange | undefined;
  #question: Question | undefined;
  #done: Done | undefined;

  constructor(readonly endpoint: Endpoint) {}

  /** Sends the question and calls `done` once, connecting first if need be. */
  request(question: Question, done: Done): void {
    this.#exchange = { connectUs: 0, writtenUs: 0, firstUs: 0, endUs: 0, failure: undefined, reader: nothingRead };
    this.#question = question;
    this.#done = done;
    this.idle = false;
    if (this.#socket) this.#write();
    else this.#connect();
  }

  /** Ends the exchange under way with this failure, and the connection. */
  abort(outcome: Failure["outcome"], note: string): void {
    this.#finish({ outcome, note });
  }
  /** How far a request got that has no answer yet. */
  get waitsFor(): string {
    const silent = this.#dial?.waiting() ?? [];
    if (silent.length > 0) return `no connection (${silent.join(", ")} silent)`;
    if (this.#isSecuring) return "no TLS handshake";
    if (!this.#through && this.endpoint.proxy?.connect !== undefined) return "no tunnel";
    if (!this.#through && this.endpoint.proxy?.socks !== undefined) return "no way through it";
    return this.#exchange && this.#exchange.firstUs > 0 ? "no whole answer" : "no answer";
  }

  destroy(): void {
    this.dead = true;
    this.idle = false;
    this.#dial?.abort();
    this.#socket?.destroy();
  }

  #connect(): void {
    const { addresses, port, tls, proxy } = this.endpoint;
    if (addresses.length === 0) {
      this.#finish({ outcome: "dns", note: "no address" });
      return;
    }
    const reading = {
      buffer: incoming,
      callback: (bytes: number) => {
        this.#read(incoming, bytes);
        return true;
      },
    };
    this.#dial = dial(
      addresses,
      port,
      tls === undefined && proxy?.tls === undefined && proxy?.socks === undefined ? reading : undefined,
      (dialled) => this.#dialled(dialled),
      (error, says) => {
        const failure = failureOf(error);
        this.#finish(says === "" ? failure : { ...failure, note: `${failure.note} (${says})` });
      },
    );
  }
  #dialled({ socket, address, failed }: Dialled): void {
    this.#dial = undefined;
    this.address = address;
    this.passedOver = failed;
    const { proxy, secure } = this.endpoint;
    if (proxy?.socks) {
      this.#socket = socket;
      openSocks(socket, proxy.socks, (failure) => {
        if (failure) this.#finish(failure);
        else if (!this.dead) this.#reached(socket, true);
      });
    } else if (proxy?.tls === undefined) this.#reached(socket, false);
    else {
      // What authorities are trusted holds for it as well; who we are is for the endpoint alone.
      const { cert: _, key: __, ...trust } = secure ?? {};
      this.#secure(socket, proxy.tls, trust, (secured) => this.#reached(secured, true));
    }
  }
  /** The first that there is to speak to: the endpoint or its proxy. `isUnread`: nobody reads what comes. */
  #reached(socket: Socket, isUnread: boolean): void {
    const { tls, proxy } = this.endpoint;
    if (tls === undefined) {
      this.#through = true;
      this.#use(socket);
      if (isUnread) socket.on("data", (chunk: Buffer) => this.#read(chunk, chunk.length));
      this.#connected();
    } else if (proxy?.connect === undefined) this.#secureEndpoint(socket, tls);
    else {
      this.#socket = socket;
      openTunnel(socket, proxy.connect, proxy.authorized, (failure) => {
        if (failure) this.#finish(failure);
        else if (!this.dead) this.#secureEndpoint(socket, tls);
      });
    }
  }
  #secureEndpoint(socket: Socket, tls: string): void {
    this.#through = true;
    const { secure, http2 } = this.endpoint;
    this.#secure(socket, tls, { ...secure, ...(http2 ? { ALPNProtocols: ["h2", "http/1.1"] } : {}) }, (secured) => {
      // Read now: once its answer is there the connection may be gone.
      const { valid_to: ends } = secured.getPeerCertificate();
      this.certificateEnds = ends ? new Date(ends) : undefined;
      this.protocol = secured.alpnProtocol || "";
      const onHttp2 = this.protocol === "h2" ? this.#question?.onHttp2 : undefined;
      if (onHttp2) {
        this.#socket = undefined;
        this.#exchange = undefined;
        this.#done = undefined;
        onHttp2(secured, nowUs());
        return;
      }
      this.#use(secured);
      secured.on("data", (chunk: Buffer) => this.#read(chunk, chunk.length));
      this.#connected();
    });
  }
  #secure(socket: Socket, name: string, options: ConnectionOptions, done: (secured: TLSSocket) => void): void {
    this.#isSecuring = true;
    // An address is no server name (RFC 6066 §3), but what the certificate must be for: without `host` Node would take localhost.
    const host = name.replace(/^\[|\]$/g, "");
    const secured = tlsModule().connect({ ...options, socket, host, ...(isName(name) ? { servername: name } : {}) });
    const letGo = this.#use(secured);
    secured.once("secureConnect", () => {
      this.#isSecuring = false;
      letGo();
      done(secured);
    });
  }
  #connected(): void {
    if (this.#exchange) this.#exchange.connectUs = nowUs();
    this.#write();
  }
  /** Returns how to take hands off it. */
  #use(socket: Socket): () => void {
    this.#socket = socket;
    const onError = (error: NodeJS.ErrnoException) => this.#finish(failureOf(error));
    const onEnd = () => this.#ended();
    socket.on("error", onError).on("end", onEnd).on("close", onEnd);
    if (this.dead) socket.destroy();
    return () => socket.off("error", onError).off("end", onEnd).off("close", onEnd);
  }

  #write(): void {
    const exchange = this.#exchange;
    if (!exchange || !this.#socket || !this.#question) return;
    exchange.writtenUs = nowUs();
    this.#socket.write(this.#question.bytes);
  }

  #read(buffer: Buffer, bytes: number): void {
    const exchange = this.#exchange;
    if (!exchange) {
      this.destroy(); // an answer that nobody asked for
      return;
    }
    const { last } = this.endpoint;
    const isFirst = exchange.firstUs === 0;
    if (isFirst) {
      exchange.firstUs = nowUs();
      const known = last?.readerOf(buffer, bytes);
      exchange.reader = known ?? new ResponseReader(this.#question!.method, this.#question!.sought);
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
    if (!exchange) this.destroy();
    else if (exchange.firstUs > 0 && exchange.reader.end()) this.#finish(undefined);
    else this.#finish({ outcome: "reset", note: exchange.firstUs > 0 ? "closed within the answer" : "closed without an answer" });
  }

  #finish(failure: Failure | undefined): void {
    const exchange = this.#exchange;
    const done = this.#done;
    if (!exchange || !done) {
      if (failure) this.destroy();
      return;
    }
    this.#exchange = undefined;
    this.#done = undefined;
    exchange.endUs = nowUs();
    exchange.failure = failure && this.#named(failure);
    if (failure || !exchange.reader.reusable) this.destroy();
    else this.idle = true;
    done(exchange);
  }

  /** Where there is a proxy: whether it is its own failure, or one of the way through it. */
  #named({ outcome, note }: Failure): Failure {
    const { proxy } = this.endpoint;
    if (!proxy) return { outcome, note };
    return { outcome, note: this.#through ? `${note} (through the proxy ${proxy.name})` : `the proxy ${proxy.name}: ${note}` };
  }
}

const isName = (host: string): boolean => !/^[\d.]+$|:/.test(host);
