/** The keeper's socket: the lock of the foundation, and the door for its clients. Each has to show the token; some hold a lease. */
import { timingSafeEqual } from "node:crypto";
import { createServer, type Server, type Socket } from "node:net";
import { z } from "zod";
import { nowUs } from "../clock.js";
import type { Event } from "../core.js";
import { FlounderError } from "../errors.js";
import { readToken, socketName } from "./folder.js";
import type { Keeper } from "./keep.js";
import { type Asker, answer } from "./verbs.js";
import { encode, lineSplitter, type Message, toWireError } from "./wire.js";

/** A runner that said nothing for so long is stopped or stuck: what it injected is healed. */
export const leaseMs = 3000;
const leaseCheckMs = 200;
/** A subscriber that reads nothing is let go before it fills the keeper's memory. */
const maxUnreadBytes = 16 * 1024 * 1024;

const requestSchema = z.object({ id: z.number(), verb: z.string(), args: z.unknown().optional() });
const helloSchema = z.strictObject({ token: z.string(), lease: z.boolean(), owner: z.boolean() });

/** What the server tells the keeper's process about those who come and go. */
export interface Comings {
  /** The client that started the foundation has said hello. */
  ownerCame(): void;
  /** A client is gone, or silent for longer than its lease. Resolves when all is done that follows from it. */
  lost(client: { readonly owner: boolean; readonly lease: boolean; readonly injected: ReadonlySet<string> }, why: string): Promise<void>;
  /** Down was asked for, and is done. */
  ended(): void;
}

/** Binds the socket; rejects with code "owned" if another keeper has it. */
export function bind(id: string): Promise<Server> {
  const server = createServer();
  return new Promise((resolve, reject) => {
    server.once("error", (cause: NodeJS.ErrnoException) =>
      reject(
        cause.code === "EADDRINUSE"
          ? new FlounderError("owned", `foundation ${id} has a keeper already`, `flounder status --foundation ${id}`, { cause })
          : new FlounderError("environment", `the keeper's socket cannot be bound: ${cause.message}`, "abstract Unix sockets need Linux", { cause }),
      ),
    );
    server.listen({ path: socketName(id) }, () => resolve(server));
  });
}

export function serve(server: Server, keeper: Keeper, comings: Comings): void {
  const token = readToken(keeper.dir);
  server.on("connection", (socket) => new Session(socket, keeper, comings, token));
}

class Session implements Asker {
  readonly injected = new Set<string>();
  #known: { readonly lease: boolean; readonly owner: boolean } | undefined;
  #heardUs = nowUs();
  #left: Promise<void> | undefined;
  #leaseCheck: NodeJS.Timeout | undefined;
  #onSay: ((line: string) => void) | undefined;
  #onEvent: ((event: Event) => void) | undefined;

  constructor(
    readonly socket: Socket,
    readonly keeper: Keeper,
    readonly comings: Comings,
    readonly token: string,
  ) {
    const split = lineSplitter((line) => void this.#line(line));
    socket.on("data", (chunk) => {
      this.#heardUs = nowUs();
      try {
        split(chunk);
      } catch (error) {
        this.#send({ id: null, error: toWireError(error) });
        socket.end();
      }
    });
    socket.on("error", () => {}); // its close follows
    socket.on("close", () => void this.#leave("its socket closed"));
  }

  subscribe(): void {
    this.#onEvent ??= (event) => this.#send({ push: "event", event });
    this.keeper.onEvent.add(this.#onEvent);
  }
  leave(): Promise<void> {
    return this.#leave("it left");
  }

  async #line(line: string): Promise<void> {
    let id: number | null = null;
    try {
      const said = parse(line);
      const request = requestSchema.safeParse(said);
      id = numberIn(said);
      if (!request.success) throw new FlounderError("usage", `not a request: ${line.slice(0, 80)}`, 'send one JSON object a line: {"id":1,"verb":"status"}');
      const { verb, args } = request.data;
      if (verb === "hello") return this.#send({ id, ok: this.#hello(args) });
      if (this.#left) throw new FlounderError("refused", "this client's lease has lapsed", "connect again");
      if (!this.#known) throw new FlounderError("refused", `${verb} before hello`, "say hello with the token of the foundation's folder first");
      const ok = await answer(this.keeper, verb, args, this);
      this.#send({ id, ok: ok ?? null });
      if (verb === "down") this.comings.ended();
    } catch (error) {
      if (!(error instanceof FlounderError)) console.error(error);
      this.#send({ id, error: toWireError(error) });
      if (!this.#known) this.socket.end();
    }
  }
  #hello(args: unknown): unknown {
    const asked = helloSchema.safeParse(args);
    if (!asked.success) throw new FlounderError("usage", "hello needs { token, lease, owner }", "see harness/keeper/server.ts");
    const [given, wanted] = [Buffer.from(asked.data.token), Buffer.from(this.token)];
    if (given.length !== wanted.length || !timingSafeEqual(given, wanted))
      throw new FlounderError("refused", "the token is wrong", "read it from the foundation's folder, as the same user");
    this.#known = asked.data;
    this.#onSay ??= (line) => this.#send({ push: "say", line });
    this.keeper.onSay.add(this.#onSay);
    if (asked.data.owner) this.comings.ownerCame();
    if (asked.data.lease) this.#leaseCheck ??= setInterval(() => this.#checkLease(), leaseCheckMs);
    return { id: this.keeper.spec.id, pid: process.pid };
  }
  #checkLease(): void {
    if (nowUs() - this.#heardUs < leaseMs * 1000) return;
    // If it was the keeper that could not run, what the client said meanwhile is read first.
    setImmediate(() =>
      setImmediate(() => {
        if (nowUs() - this.#heardUs >= leaseMs * 1000) void this.#leave(`it was silent for ${leaseMs} ms`).finally(() => this.socket.destroy());
      }),
    );
  }
  #leave(why: string): Promise<void> {
    clearInterval(this.#leaseCheck);
    if (this.#onSay) this.keeper.onSay.delete(this.#onSay);
    if (this.#onEvent) this.keeper.onEvent.delete(this.#onEvent);
    if (!this.#known) return Promise.resolve();
    this.#left ??= this.comings.lost({ ...this.#known, injected: this.injected }, why);
    return this.#left;
  }
  #send(message: Message): void {
    if (this.socket.destroyed || this.socket.writableEnded) return;
    this.socket.write(encode(message));
    if (this.socket.writableLength > maxUnreadBytes) this.socket.destroy();
  }
}

/** The id of what may not be a whole request, so that even then its sender gets the answer. */
const numberIn = (said: unknown): number | null => {
  const id = typeof said === "object" && said !== null && "id" in said ? said.id : null;
  return typeof id === "number" ? id : null;
};

function parse(line: string): unknown {
  try {
    return JSON.parse(line);
  } catch {
    return undefined;
  }
}
