/**
 * UDP sockets to name servers. A new one costs more than a question, so they are used again, for a second at most: each with a port of its own that nobody can
 * guess (RFC 5452 §9.2), for one question at a time, and never again when one went wrong. So an error or a late answer is always this question's.
 */
import { createSocket, type Socket } from "node:dgram";
import { nowUs } from "../../clock.js";

/** A firewall that lets no new flow through would be seen so much later. */
const lifeUs = 1e6;
const idleMax = 64;

export interface Waiting {
  /** False: it was none; the answer is still waited for. Throws for what cannot be read. */
  message(bytes: Buffer): boolean;
  fail(error: Error): void;
}

export class NameSocket {
  readonly #socket: Socket;
  readonly #bornUs = nowUs();
  #connected = false;
  #waiting: Waiting | undefined;
  #sending: Buffer | undefined;
  #closed = false;

  constructor(readonly server: NameServer) {
    const { host, port } = server;
    // Whoever waits has a timer; a socket that nobody waits for keeps no process alive.
    this.#socket = createSocket(host.includes(":") ? "udp6" : "udp4").unref();
    this.#socket.on("error", (error) => this.#fail(error));
    this.#socket.on("message", (bytes) => this.#message(bytes));
    // Connected: a port that nobody listens on answers at once, by ICMP.
    this.#socket.connect(port, host, () => {
      this.#connected = true;
      if (this.#sending && !this.#closed) this.#socket.send(this.#sending);
    });
  }

  /** `bytes` are not changed before the question is over. */
  ask(bytes: Buffer, waiting: Waiting): void {
    this.#waiting = waiting;
    this.#sending = bytes;
    if (this.#connected) this.#socket.send(bytes);
  }
  /** The question is given up. */
  close(): void {
    this.#waiting = undefined;
    this.#sending = undefined;
    if (!this.#closed) this.#socket.close();
    this.#closed = true;
  }
  get fresh(): boolean {
    return nowUs() - this.#bornUs < lifeUs;
  }

  #message(bytes: Buffer): void {
    try {
      if (!this.#waiting?.message(bytes)) return;
    } catch (error) {
      this.#fail(error as Error);
      return;
    }
    this.#waiting = undefined;
    this.#sending = undefined;
    this.server.back(this);
  }
  #fail(error: Error): void {
    const waiting = this.#waiting;
    if (waiting) {
      this.close();
      waiting.fail(error);
    } else this.server.drop(this);
  }
}

export class NameServer {
  #idle: NameSocket[] = [];
  #sweep: NodeJS.Timeout | undefined;

  constructor(
    readonly host: string,
    readonly port: number,
  ) {}

  take(): NameSocket {
    for (let socket = this.#idle.pop(); socket; socket = this.#idle.pop()) {
      if (socket.fresh) return socket;
      socket.close();
    }
    return new NameSocket(this);
  }
  back(socket: NameSocket): void {
    if (this.#idle.length >= idleMax) {
      socket.close();
      return;
    }
    this.#idle.push(socket);
    this.#sweep ??= setInterval(() => this.#closeOld(), lifeUs / 1000).unref();
  }
  drop(socket: NameSocket): void {
    const at = this.#idle.indexOf(socket);
    if (at >= 0) this.#idle.splice(at, 1);
    socket.close();
  }

  #closeOld(): void {
    for (const socket of this.#idle.filter((one) => !one.fresh)) this.drop(socket);
    if (this.#idle.length > 0) return;
    clearInterval(this.#sweep);
    this.#sweep = undefined;
  }
}
