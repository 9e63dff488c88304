/** The keeper's end of its socket. It proves itself to each client and each client to it, before anything is said; some hold a lease. */
import { createServer, type Server, type Socket } from "node:net";
import { nowUs } from "../../clock.js";
import type { Event } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { proof, proves, question } from "../injections/proof.js";
import type { Keeper } from "../keep.js";
import { openDoor } from "./door.js";
import { type Asker, answer } from "./verbs.js";
import { nameOf } from "./who.js";
import {
  type Challenge,
  encode,
  type Hello,
  helloSchema,
  lineSplitter,
  type Message,
  maxLineBytes,
  maxStrangerLineBytes,
  proveSchema,
  requestSchema,
  toWireError,
} from "./wire.js";

/** A runner that said nothing for so long is stopped or stuck: what it injected is healed. */
export const leaseMs = 3000;
const leaseCheckMs = 200;
/** A subscriber that reads nothing is let go before it fills the keeper's memory. */
const maxUnreadBytes = 16 * 1024 * 1024;

/** Whoever has not proved itself by then is hung up on; of more than so many at once, the oldest. */
const strangerMs = 5000;
const maxStrangers = 16;
const maxClients = 512;
/** Questions of one client that wait for their answers. */
const maxPending = 1024;

/** What the server tells the keeper's process about those who come and go. */
export interface Comings {
  /** The client that started the foundation has said hello. */
  ownerCame(): void;
  /** A client is gone, or silent for longer than its lease. Resolves when all is done that follows from it. */
  lost(client: { readonly owner: boolean; readonly lease: boolean; readonly injected: ReadonlySet<string> }, why: string): Promise<void>;
  /** Down was asked for, and is done. */
  ended(): void;
}

/** Opens the door of the folder, for whoever has its lock. */
export async function bind(dir: string): Promise<Server> {
  const server = createServer();
  server.maxConnections = maxClients;
  await openDoor(dir, server);
  return server;
}

export function serve(server: Server, keeper: Keeper, comings: Comings, token: string): void {
  const strangers = new Set<Session>();
  server.on("connection", (socket) => {
    const session: Session = new Session(socket, keeper, comings, token, () => strangers.delete(session));
    strangers.add(session);
    const [oldest] = strangers;
    if (strangers.size > maxStrangers) oldest!.socket.destroy();
  });
}

class Session implements Asker {
  readonly injected = new Set<string>();
  name = "a client that did not say who it is";
  pid = 0;
  get lease(): boolean {
    return this.#known?.lease ?? false;
  }
  /** Both questions, once hello was said. */
  #asked: { readonly keepers: string; readonly clients: string } | undefined;
  #pending = 0;
  readonly #stranger: NodeJS.Timeout;
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
    private readonly token: string,
    /** It has proved itself, or has gone. */
    private readonly noStranger: () => void,
  ) {
    this.#stranger = setTimeout(() => socket.destroy(), strangerMs);
    const split = lineSplitter(
      (line) => void this.#line(line),
      () => (this.#known ? maxLineBytes : maxStrangerLineBytes),
    );
    socket.on("data", (chunk) => {
      this.#heardUs = nowUs();
      try {
        split(chunk);
      } catch (error) {
        this.#refuse({ id: null, error: toWireError(error) });
      }
    });
    socket.on("error", () => {}); // its close follows
    socket.on("close", () => {
      this.#settled();
      void this.#leave("its socket closed");
    });
  }

  subscribe(): void {
    this.#onEvent ??= (event) => this.#send({ push: "event", event });
    this.keeper.onEvent.add(this.#onEvent);
  }
  leave(): Promise<void> {
    return this.#leave("it left");
  }

  #settled(): void {
    clearTimeout(this.#stranger);
    this.noStranger();
  }
  /** The last word: nothing is read after it. */
  #refuse(message: Message): void {
    this.socket.pause();
    this.#send(message);
    this.socket.end(() => this.socket.destroy());
  }

  async #line(line: string): Promise<void> {
    let id: number | null = null;
    if (this.socket.isPaused() || this.socket.destroyed) return;
    if (this.#pending >= maxPending)
      return this.#refuse({ id: null, error: toWireError(new FlounderError("refused", "too many questions wait for their answers", "wait for some")) });
    this.#pending++;
    try {
      const said = parse(line);
      const request = requestSchema.safeParse(said);
      id = numberIn(said);
      if (!request.success) throw new FlounderError("usage", `not a request: ${line.slice(0, 80)}`, 'send one JSON object a line: {"id":1,"verb":"status"}');
      const { verb, args } = request.data;
      if (verb === "hello") return this.#send({ id, ok: this.#hello(args) });
      if (verb === "prove") return this.#send({ id, ok: this.#prove(args) });
      if (this.#left) throw new FlounderError("refused", "this client's lease has lapsed", "connect again");
      if (!this.#known)
        throw new FlounderError("refused", `${verb} before hello`, "say hello and prove that you know the token of the foundation's folder first");
      const ok = await answer(this.keeper, verb, args, this);
      this.#send({ id, ok: ok ?? null });
      if (verb === "down") this.comings.ended();
    } catch (error) {
      if (!(error instanceof FlounderError)) console.error(error);
      if (this.#known) this.#send({ id, error: toWireError(error) });
      else this.#refuse({ id, error: toWireError(error) });
    } finally {
      this.#pending--;
    }
  }
  #hello(args: unknown): Challenge {
    const said = helloSchema.safeParse(args);
    if (!said.success || this.#asked) throw new FlounderError("usage", "hello needs a question, once", "see harness/keeper/injections/proof.ts");
    this.#asked = { keepers: question(), clients: said.data.question };
    return { question: this.#asked.keepers, proof: this.#proof("keeper") };
  }
  #proof(role: "keeper" | "client"): string {
    const { keepers, clients } = this.#asked!;
    return proof(this.token, role, this.keeper.spec.id, keepers, clients);
  }
  #prove(args: unknown): Hello {
    const asked = proveSchema.safeParse(args);
    if (!asked.success || !this.#asked || this.#known)
      throw new FlounderError("usage", "prove needs { proof, lease, owner }, once, after hello", "see harness/keeper/injections/proof.ts");
    if (!proves(asked.data.proof, this.#proof("client")))
      throw new FlounderError("refused", "the token is wrong", "read it from the foundation's folder, as the same user");
    this.#known = { lease: asked.data.lease, owner: asked.data.owner };
    if (asked.data.who) [this.name, this.pid] = [nameOf(asked.data.who), asked.data.who.pid];
    this.keeper.clients.add(this);
    this.#settled();
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
    this.keeper.clients.delete(this);
    if (this.#onSay) this.keeper.onSay.delete(this.#onSay);
    if (this.#onEvent) this.keeper.onEvent.delete(this.#onEvent);
    if (!this.#known) return Promise.resolve();
    this.keeper.claims.drop(this);
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
