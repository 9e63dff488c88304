/** The component's connection to NATS: JSON objects, at most once, reconnecting for ever. Source of the rules: vcap's protocol, 2011. */

import { connect, createInbox, type Msg, type NatsConnection } from "nats";
import { canaryHeader } from "../../contract/canary.js";
import { busLabel } from "../../contract/secrets.js";
import { answersTo } from "../nats/rights.js";
import { config } from "./config.js";
import { identity } from "./identity.js";
import { knock } from "./knock.js";
import { log } from "./log.js";
import { sleep } from "./until.js";

/** Payloads are JSON objects of other components: check them before use. */
export type Payload = Readonly<Record<string, unknown>>;
export type Reply = (object: object) => void;
/** `reply` is absent if nobody waits for one. What it throws or rejects with is logged. */
export type Hear = (payload: Payload, reply?: Reply) => void | Promise<void>;

export interface Until {
  readonly timeoutMs: number;
  /** Called after each reply. */
  readonly enough?: (replies: readonly Payload[]) => boolean;
}
export interface Bus {
  /** False from the moment a loss is noticed until the next connection is made. */
  readonly connected: boolean;
  /** Dropped, not kept, while the bus is away: nothing old is sent after a reconnect. */
  publish(subject: string, object: object): void;
  /** A payload that is no JSON object is logged and ignored; an empty one counts as {}. */
  subscribe(subject: string, options: { readonly queue?: string }, hear: Hear): void;
  /** The first reply. Rejects when the bus is away, when nobody listens, and after timeoutMs. */
  request(subject: string, object: object, timeoutMs: number): Promise<Payload>;
  /** Every reply until timeoutMs, or until those that came are `enough`; empty when the bus is away or nobody listens. */
  requestMany(subject: string, object: object, until: Until): Promise<readonly Payload[]>;
  /** Called after each reconnect, when the subscriptions are back. */
  onReconnect(act: () => void): void;
}

/** Given up after so long: through a link that swallows, an attempt would otherwise hang on after healing. */
const connectTimeoutMs = 2000;
const encoder = new TextEncoder();
const encode = (object: object) => encoder.encode(JSON.stringify(object));

/** Undefined for junk. */
function decode(message: Msg): Payload | undefined {
  try {
    const value: unknown = message.data.length === 0 ? {} : message.json();
    if (typeof value === "object" && value !== null && !Array.isArray(value)) return value as Payload;
  } catch {
    // Logged below, as everything else that is no object.
  }
  log.warn({ subject: message.subject, bytes: message.data.length }, "payload is not a JSON object; ignored");
  return undefined;
}
/** The server's own "nobody subscribes to this". */
const nobody = (message: Msg) => message.headers?.code === 503;

class NatsBus implements Bus {
  #nats: NatsConnection | undefined;
  readonly #heard: { readonly subject: string; readonly queue: string | undefined; readonly hear: Hear }[] = [];
  readonly #reconnected: (() => void)[] = [];

  get connected(): boolean {
    return this.#nats?.isClosed() === false;
  }

  /**
   * One fresh client per connection. The client's own reconnect is off: after a server that froze and went on, it takes the end of an
   * attempt it had abandoned for the end of the connection it has.
   */
  async connect(): Promise<NatsConnection> {
    const { host, port } = config().link("nats");
    const { natsPing, natsReconnectWait } = config().timers;
    for (;;) {
      try {
        await knock(host, port, "INFO ", connectTimeoutMs);
        const nats = await connect({
          servers: `${host}:${port}`,
          name: config().name,
          user: config().name,
          pass: config().secret(busLabel(config().name)),
          reconnect: false,
          timeout: connectTimeoutMs,
          pingInterval: Math.min(natsPing, 1000),
          maxPingOut: 2,
          noAsyncTraces: true,
        });
        this.#nats = nats;
        for (const { subject, queue, hear } of this.#heard) this.#listen(nats, subject, queue, hear);
        return nats;
      } catch (error) {
        log.debug({ err: error }, "no bus yet");
        await sleep(natsReconnectWait);
      }
    }
  }

  async keep(nats: NatsConnection): Promise<never> {
    for (let current = nats; ; ) {
      await current.closed();
      log.warn("bus lost");
      current = await this.connect();
      log.info("bus back");
      for (const act of this.#reconnected) {
        try {
          act();
        } catch (error) {
          log.error({ err: error }, "after a reconnect");
        }
      }
    }
  }

  publish(subject: string, object: object): void {
    if (this.connected) this.#nats?.publish(subject, encode(object));
  }

  subscribe(subject: string, { queue }: { readonly queue?: string }, hear: Hear): void {
    this.#heard.push({ subject, queue, hear });
    if (this.#nats && this.connected) this.#listen(this.#nats, subject, queue, hear);
  }

  #listen(nats: NatsConnection, subject: string, queue: string | undefined, hear: Hear): void {
    nats.subscribe(subject, {
      ...(queue === undefined ? {} : { queue }),
      callback: (error, message) => {
        if (error) return log.error({ err: error, subject }, "subscription");
        // A witness that asks whether the subject carries; it is meant for nobody.
        if (message.headers?.has(canaryHeader)) return;
        const payload = decode(message);
        if (!payload) return;
        const { reply } = message;
        Promise.resolve()
          .then(() => hear(payload, reply ? (object) => this.publish(reply, object) : undefined))
          .catch((failure: unknown) => log.error({ err: failure, subject }, "handler failed"));
      },
    });
  }

  async request(subject: string, object: object, timeoutMs: number): Promise<Payload> {
    const [first] = await this.requestMany(subject, object, { timeoutMs, enough: () => true });
    if (!first) throw new Error(`no reply to ${subject} within ${timeoutMs} ms${this.connected ? "" : ": the bus is away"}`);
    return first;
  }

  requestMany(subject: string, object: object, { timeoutMs, enough = () => false }: Until): Promise<readonly Payload[]> {
    const nats = this.#nats;
    if (!nats || !this.connected) return Promise.resolve([]);
    return new Promise((resolve) => {
      const replies: Payload[] = [];
      const end = () => {
        clearTimeout(timer);
        if (!nats.isClosed()) subscription.unsubscribe();
        resolve(replies);
      };
      const timer = setTimeout(end, timeoutMs);
      const inbox = createInbox(answersTo(config().name, subject));
      const subscription = nats.subscribe(inbox, {
        callback: (error, message) => {
          if (error || nobody(message)) return end();
          const payload = decode(message);
          if (payload) replies.push(payload);
          if (enough(replies)) end();
        },
      });
      nats.publish(subject, encode(object), { reply: inbox });
    });
  }

  onReconnect(act: () => void): void {
    this.#reconnected.push(act);
  }
}

/**
 * Connects over link "nats", waiting for it as long as it takes, and answers vcap.component.discover from then on.
 * A dead or hanging connection is noticed within three pings of at most 1 s, and given up for a new one.
 */
export async function connectBus(): Promise<Bus> {
  const bus = new NatsBus();
  bus.subscribe("vcap.component.discover", {}, (_, reply) => reply?.(identity()));
  const nats = await bus.connect();
  bus.publish("vcap.component.announce", identity());
  void bus.keep(nats);
  return bus;
}
