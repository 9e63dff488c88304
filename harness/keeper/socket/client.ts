/** The client's end of the keeper's socket: requests with answers, events, and the heartbeat that holds a lease. */
import { once } from "node:events";
import type { Socket } from "node:net";
import { within } from "../../clock.js";
import { shaped } from "../../core/shape.js";
import type { Ailment, Call, Client, Event, FoundationFacts, HealReport, Injection, Route, SaidDifference, TargetInfo, Topology } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { readToken } from "../folder.js";
import { proof, proves, question } from "../injections/proof.js";
import { dialKeeper } from "./door.js";
import type { KeeperStatus } from "./verbs.js";
import { self } from "./who.js";
import {
  challengeSchema,
  decode,
  encode,
  fromWireError,
  type Hello,
  lineSplitter,
  type Message,
  maxLineBytes,
  maxStrangerLineBytes,
  welcomeSchema,
} from "./wire.js";

const beatMs = 500;
/** Its own answers (fingerprints, targets) may be long. */
const maxAnswerBytes = 8 * maxLineBytes;
/** A keeper that says nothing for so long is stopped or stuck. */
const greetMs = 10_000;

interface Pending {
  readonly resolve: (ok: unknown) => void;
  readonly reject: (error: Error) => void;
}
export interface Introduction {
  /** What this client injects is healed when it goes or falls silent; what it started is ended as well. */
  readonly lease: boolean;
  /** This client started the foundation. */
  readonly owner: boolean;
  readonly say?: (line: string) => void;
}

/** There is a keeper, and it cannot be talked to: it is stopped or stuck, or the foundation's token is gone. */
export class DeafKeeper extends FlounderError {
  constructor(id: string, why: string, cause?: unknown) {
    super("unreachable", `the keeper of ${id} cannot be talked to: ${why}`, `flounder heal --foundation ${id} ends it and takes over`, { cause });
  }
}

/** Dials the keeper of a foundation; rejects with "unreachable" if there is none, or it is deaf; "refused" if the token is wrong. The keeper proves itself first. */
export async function introduce(id: string, dir: string, how: Introduction): Promise<KeeperClient> {
  const socket = dialKeeper(dir);
  try {
    await within(greetMs, "its socket", once(socket, "connect"));
  } catch (cause) {
    socket.destroy();
    if ((cause as NodeJS.ErrnoException).code === undefined || (cause as NodeJS.ErrnoException).code === "EAGAIN")
      throw new DeafKeeper(id, `it does not answer within ${greetMs} ms`, cause);
    throw new FlounderError(
      "unreachable",
      `foundation ${id} has no keeper`,
      `flounder heal --foundation ${id} takes over; flounder down --foundation ${id} ends it`,
      { cause },
    );
  }
  const client = new KeeperClient(id, socket, how);
  try {
    await client.greet(dir);
    client.beat();
    return client;
  } catch (error) {
    client.hangUp();
    throw error;
  }
}

export class KeeperClient implements Client {
  keeper: Hello = { id: "", pid: 0 };
  readonly owned: boolean;
  readonly #pending = new Map<number, Pending>();
  readonly #closed: Promise<void>;
  readonly #listeners = new Set<{ event(event: Event): void; end(): void }>();
  #beats: NodeJS.Timeout | undefined;
  #nextId = 1;
  #hungUp = false;
  #greeted = false;

  constructor(
    readonly id: string,
    readonly socket: Socket,
    readonly how: Introduction,
  ) {
    this.owned = how.owner;
    this.#closed = new Promise((resolve) => socket.once("close", () => resolve()));
    const split = lineSplitter(
      (line) => this.#take(decode(line)),
      () => (this.#greeted ? maxAnswerBytes : maxStrangerLineBytes),
    );
    socket.on("data", (chunk) => {
      try {
        split(chunk);
      } catch {
        socket.destroy(); // whoever sends what is no answer is no keeper
      }
    });
    socket.on("error", () => {}); // its close follows
    socket.on("close", () => this.#end());
  }

  ask(verb: string, args?: unknown): Promise<unknown> {
    if (this.socket.destroyed || !this.socket.writable) return Promise.reject(this.#gone());
    const id = this.#nextId++;
    return new Promise((resolve, reject) => {
      this.#pending.set(id, { resolve, reject });
      this.#hold();
      this.socket.write(encode({ id, verb, args }));
    });
  }
  /** Nothing is told to whoever cannot show that it knows the token; and the token itself to nobody. */
  async greet(dir: string): Promise<void> {
    const { id, how } = this;
    let token: string;
    try {
      token = readToken(dir);
    } catch (cause) {
      throw new DeafKeeper(id, `${dir}/token is no good: ${(cause as Error).message}`, cause);
    }
    const clients = question();
    const ask = (verb: string, args: unknown) =>
      within(greetMs, verb, this.ask(verb, args)).catch((error: unknown) => {
        throw error instanceof FlounderError ? error : new DeafKeeper(id, `it does not answer within ${greetMs} ms`, error);
      });
    const challenge = challengeSchema.safeParse(await ask("hello", { question: clients })).data;
    const keepers = challenge?.question ?? "";
    if (!challenge || !proves(challenge.proof, proof(token, "keeper", id, keepers, clients)))
      throw new DeafKeeper(id, "it does not know the foundation's token");
    this.#greeted = true;
    const proved = ask("prove", { proof: proof(token, "client", id, keepers, clients), lease: how.lease, owner: how.owner, who: self() });
    const welcome = await proved.catch((error: unknown) => {
      // The token was right, and yet it does not take what we say.
      if (error instanceof FlounderError && error.code === "usage") throw new DeafKeeper(id, "it is of another version of Flounder", error);
      throw error;
    });
    this.keeper = shaped(welcomeSchema, welcome);
  }
  /** Starts the heartbeat of a lease. */
  beat(): void {
    if (this.how.lease) this.#beats ??= setInterval(() => void this.ask("beat").catch(() => {}), beatMs).unref();
    this.#hold();
  }
  /** The keeper has gone, and this client did not ask for it. */
  get lost(): boolean {
    return this.socket.destroyed && !this.#hungUp;
  }
  hangUp(): void {
    this.#hungUp = true;
    this.socket.destroy();
  }
  /** Waits until the foundation is up; progress lines go to `say` meanwhile. */
  async booted(): Promise<this> {
    await this.ask("boot");
    return this;
  }

  facts = async () => (await this.ask("facts")) as FoundationFacts;
  targets = async () => (await this.ask("targets")) as readonly TargetInfo[];
  routes = async () => (await this.ask("routes")) as readonly Route[];
  status = async () => (await this.ask("status")) as KeeperStatus;
  topology = async () => (await this.ask("topology")) as Topology;
  ailments = async () => (await this.ask("ailments")) as readonly Ailment[];
  fingerprint = async () => (await this.ask("fingerprint")) as Readonly<Record<string, string>>;
  heal = async (id?: string, why?: "asked" | "playbook") => (await this.ask("heal", { id, why })) as readonly HealReport[];
  differences = async () => (await this.ask("differences")) as readonly SaidDifference[];
  call: Call = (component, path, body, timeoutMs) => this.ask("call", { component, path, body, timeoutMs });
  async inject(injection: Injection): Promise<void> {
    await this.ask("inject", injection);
  }
  async claim(command: string): Promise<void> {
    try {
      await this.ask("claim", { command });
    } catch (error) {
      if (!(error instanceof FlounderError) || !error.message.startsWith('verb "claim" is unknown')) throw error;
      throw new FlounderError(
        "unsupported",
        `${command} is refused: the foundation ${this.id} was brought up by an older Flounder, which cannot keep others from it`,
        `flounder down --foundation ${this.id}, then flounder up again`,
        { cause: error },
      );
    }
  }
  /** From now on what this client does is done for whoever has the foundation, and no news to them. */
  async assist(): Promise<void> {
    await this.ask("assist");
  }
  async unclaim(): Promise<void> {
    await this.ask("unclaim");
  }
  async stop(reason: string): Promise<void> {
    await this.ask("stop", { reason });
  }
  async release(reason: string): Promise<void> {
    await this.ask("release", { reason });
  }
  async freeze(untilIso: string, reason: string): Promise<void> {
    await this.ask("freeze", { untilIso, reason });
  }
  async unfreeze(reason: string): Promise<void> {
    await this.ask("unfreeze", { reason });
  }
  /** Resolves when nothing is left and the keeper is gone. */
  async down(): Promise<void> {
    if (this.#hungUp) return;
    this.#hungUp = true;
    try {
      await this.ask("down");
    } catch (error) {
      this.#hungUp = false;
      this.#hold();
      throw error;
    }
    await this.#closed;
  }

  /** Events from this call on. Ends when the client hangs up or the signal aborts; throws "unreachable" when the keeper is lost. */
  events(signal?: AbortSignal): AsyncIterable<Event> {
    const queue: Event[] = [];
    let wake = () => {};
    let over = false;
    const listener = {
      event: (event: Event) => {
        queue.push(event);
        wake();
      },
      end: () => {
        over = true;
        wake();
      },
    };
    this.#listeners.add(listener);
    signal?.addEventListener("abort", listener.end, { once: true });
    this.ask("subscribe").catch(() => listener.end());
    const client = this;
    return (async function* () {
      try {
        for (;;) {
          while (queue.length > 0) yield queue.shift()!;
          if (over) break;
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
        }
        if (!client.#hungUp && !signal?.aborted) throw client.#gone();
      } finally {
        client.#listeners.delete(listener);
        client.#hold();
      }
    })();
  }

  /** Leaves in good order: what a lease was held for is healed, what this client's run started is ended. */
  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#hungUp || this.socket.destroyed) return;
    if (this.owned && this.how.lease) return this.down();
    await this.ask("bye");
    this.hangUp();
    await this.#closed;
  }

  #take(message: Message): void {
    if ("push" in message) {
      if (message.push === "say") this.how.say?.(message.line);
      else for (const listener of this.#listeners) listener.event(message.event);
      return;
    }
    const pending = message.id === null ? undefined : this.#pending.get(message.id);
    if (!pending) return;
    this.#pending.delete(message.id!);
    this.#hold();
    if ("error" in message) pending.reject(fromWireError(message.error));
    else pending.resolve(message.ok);
  }
  #end(): void {
    clearInterval(this.#beats);
    for (const { reject } of this.#pending.values()) reject(this.#gone());
    this.#pending.clear();
    for (const listener of this.#listeners) listener.end();
  }
  #gone(): FlounderError {
    return new FlounderError("unreachable", `the keeper of ${this.id} is gone`, `flounder heal --foundation ${this.id} takes over and heals from its journal`);
  }
  /** An idle client does not keep its process alive; one that waits for an answer, an event or the keeper's end does. */
  #hold(): void {
    if (this.#pending.size > 0 || this.#listeners.size > 0 || this.#hungUp) this.socket.ref();
    else this.socket.unref();
  }
}
