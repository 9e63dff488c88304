/**
 * A server whose outages are known exactly: it makes them itself, by a schedule, and stamps on the monotonic clock between which two instants each began and
 * ended. What calibrations and benchmarks hold a prober against. Started as a process: argv[2] is a TruthPlan as JSON; one JSON line per fact on stdout.
 */
import { realpathSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { createServer, type Server, type Socket } from "node:net";
import { fileURLToPath } from "node:url";
import { nowUs } from "../clock.js";
import { raisePriority } from "../probes/schedule/priority.js";
import { type Random, seeded } from "../random.js";
import { FileFace, Http2Face, NameFace } from "./truth-faces.js";
import type { TruthMode } from "./truth-modes.js";

export interface TruthWindow {
  readonly mode: TruthMode;
  /** After the line "go" came in. */
  readonly atMs: number;
  readonly forMs: number;
}
export interface TruthPlan {
  readonly windows: readonly TruthWindow[];
  /** Fails so many of the answers of a brown-out, 0 to 1; which ones follows from the seed. */
  readonly brownOutShare: number;
  readonly slowMs: number;
  readonly seed: number;
  /** A name server on the same port, which has the same outages, or none. */
  readonly names?: "follow" | "stay up";
  /** Holds the mode, for commands to read. */
  readonly file?: string;
  /** Speaks HTTP/2 as well, on a port of its own, with key.pem and cert.pem of this folder. */
  readonly http2?: string;
}
/** One outage as it was. */
export interface Truth {
  readonly mode: TruthMode;
  readonly startUs: { readonly lo: number; readonly hi: number };
  readonly endUs: { readonly lo: number; readonly hi: number };
}

const good = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 5\r\n\r\nwell\n");
const wrong = Buffer.from("HTTP/1.1 200 OK\r\ncontent-length: 6\r\n\r\nbroken");
const down = Buffer.from("HTTP/1.1 503 Service Unavailable\r\ncontent-length: 5\r\n\r\ndown\n");
const endOfHead = Buffer.from("\r\n\r\n");

export class TruthServer {
  mode: TruthMode | "up" = "up";
  #server: Server;
  #port = 0;
  readonly #sockets = new Set<Socket>();
  #waiting = new Set<Socket>();
  readonly #random: Random;
  /** When each request came in, monotonic µs, if asked to keep that. */
  arrivals: number[] | undefined;
  #names: NameFace | undefined;
  #file: FileFace | undefined;
  #http2: Http2Face | undefined;

  constructor(readonly plan: Omit<TruthPlan, "windows">) {
    this.#random = seeded(plan.seed);
    this.#server = this.#make();
  }

  async listen(): Promise<number> {
    await new Promise<void>((resolve) => this.#server.listen({ port: this.#port, host: "127.0.0.1", backlog: 4096 }, resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
    return this.#port;
  }
  /** What it shows beside its port. */
  async openFaces(): Promise<void> {
    const { names, file, http2 } = this.plan;
    if (http2 !== undefined) {
      this.#http2 = new Http2Face(http2);
      await this.#http2.open();
    }
    if (names !== undefined) {
      this.#names = new NameFace(this.#port);
      await this.#names.open();
    }
    if (file !== undefined) this.#file = new FileFace(file);
    this.#file?.become("up");
  }

  get http2Port(): number | undefined {
    return this.#http2?.port;
  }

  /** Changes what it does; resolves with the instants between which that happened. */
  async become(mode: TruthMode | "up"): Promise<{ lo: number; hi: number }> {
    const before = this.mode;
    const lo = nowUs();
    this.mode = mode;
    this.#file?.become(mode);
    if (this.plan.names === "follow") await this.#names?.become(mode);
    await this.#http2?.become(mode);
    if (mode === "refuse") {
      this.#server.close();
      for (const socket of this.#sockets) socket.resetAndDestroy();
    }
    if (before === "refuse" && mode === "up") {
      this.#server = this.#make();
      await this.listen();
    }
    const waiting = this.#waiting;
    this.#waiting = new Set();
    let hi = 0; // a stall is over when the first is answered, however many follow
    for (const socket of waiting) {
      if (before === "stall") socket.write(good);
      else if (before === "hang-dropped") socket.resetAndDestroy();
      else this.#forgotten.add(socket); // hang-kept: they stay unanswered
      hi ||= nowUs();
    }
    return { lo, hi: hi || nowUs() };
  }
  readonly #forgotten = new WeakSet<Socket>();

  close(): void {
    this.#names?.close();
    this.#http2?.close();
    this.#server.close();
    for (const socket of this.#sockets) socket.destroy();
  }

  #make(): Server {
    return createServer({ noDelay: true }, (socket) => {
      this.#sockets.add(socket);
      socket.on("close", () => {
        this.#sockets.delete(socket);
        this.#waiting.delete(socket);
      });
      socket.on("error", () => {}); // whoever asked is gone
      socket.on("data", (data: Buffer) => {
        if (data.includes(endOfHead)) this.#answer(socket);
      });
    });
  }

  #answer(socket: Socket): void {
    this.arrivals?.push(nowUs());
    if (this.#forgotten.has(socket)) return;
    const { mode } = this;
    if (mode === "up") socket.write(good);
    else if (mode === "503") socket.write(down);
    else if (mode === "wrong") socket.write(wrong);
    else if (mode === "slow") setTimeout(() => socket.destroyed || socket.write(good), this.plan.slowMs);
    else if (mode === "brown-out") socket.write(this.#random() < this.plan.brownOutShare ? down : good);
    else if (mode === "reset" || mode === "refuse") socket.resetAndDestroy();
    else this.#waiting.add(socket);
  }
}

async function main(): Promise<void> {
  raisePriority(); // what it is late by would be taken for the prober's error
  const say = (fact: object) => void process.stdout.write(`${JSON.stringify(fact)}\n`);
  const plan = JSON.parse(process.argv[2] ?? "{}") as TruthPlan & { readonly arrivals?: boolean };
  const server = new TruthServer(plan);
  if (plan.arrivals) server.arrivals = [];
  const port = await server.listen();
  await server.openFaces();
  say({ kind: "port", port, http2Port: server.http2Port });
  process.stdin.on("end", () => {
    if (server.arrivals) say({ kind: "arrivals", arrivals: server.arrivals });
    server.close();
    process.stdout.write("", () => process.exit(0));
  });
  process.stdin.once("data", () => {
    for (const { mode, atMs, forMs } of plan.windows) {
      let start: Promise<Truth["startUs"]>;
      setTimeout(() => {
        start = server.become(mode);
      }, atMs);
      setTimeout(async () => say({ kind: "truth", truth: { mode, startUs: await start, endUs: await server.become("up") } }), atMs + forMs);
    }
  });
}
if (process.argv[1] !== undefined && realpathSync(process.argv[1]) === fileURLToPath(import.meta.url)) await main();
