/** For tests: a lab with a bus that can end and come back, and an ear on it that hears all that is said and can say something itself. */

import { connect, type NatsConnection } from "nats";
import type { TimersMs } from "../../../contract/timers.js";
import { busOwner, Lab, type NatsServer, type Part, type PartOptions } from "./lab.js";

export interface Heard {
  readonly subject: string;
  /** performance.now() */
  readonly atMs: number;
  readonly payload: Readonly<Record<string, unknown>>;
}

export class BusLab extends Lab {
  readonly heard: Heard[] = [];
  #server!: NatsServer;
  #bus!: NatsConnection;

  private constructor(readonly timersOf: Partial<TimersMs>) {
    super();
  }

  /** `timers`: the bus' own. */
  static async open(timers: Partial<TimersMs> = {}): Promise<BusLab> {
    const lab = new BusLab(timers);
    try {
      lab.#server = await lab.nats(timers);
      const servers = `127.0.0.1:${lab.#server.client}`;
      lab.#bus = await connect({ servers, ...busOwner, reconnectTimeWait: 20, reconnectJitter: 0, maxReconnectAttempts: -1 });
      lab.#bus.subscribe(">", { callback: (_, { subject, data }) => lab.#hear(subject, Buffer.from(data).toString()) });
      return lab;
    } catch (error) {
      await lab.close();
      throw error;
    }
  }
  /** The test's own connection: it comes back by itself. */
  get bus(): NatsConnection {
    return this.#bus;
  }
  get server(): NatsServer {
    return this.#server;
  }
  async killBus(): Promise<void> {
    this.#server.signal("SIGKILL");
    await this.#server.ended;
  }
  /** At the same port as before. */
  async startBus(): Promise<void> {
    this.#server = await this.nats(this.timersOf, this.#server.client);
  }

  #hear(subject: string, text: string): void {
    if (subject.startsWith("_INBOX")) return;
    let payload: Record<string, unknown> = {};
    try {
      payload = JSON.parse(text) as Record<string, unknown>;
    } catch {
      // Empty, or the junk of a test.
    }
    this.heard.push({ subject, atMs: performance.now(), payload });
  }
  /** All that was heard on a subject since `sinceMs`. */
  on(subject: string, sinceMs = 0): readonly Heard[] {
    return this.heard.filter((one) => one.subject === subject && one.atMs >= sinceMs);
  }
  say(subject: string, payload: object): void {
    this.#bus.publish(subject, JSON.stringify(payload));
  }

  /** With a link to the bus. */
  override start(name: string, role: string, options: PartOptions): Promise<Part> {
    return super.start(name, role, { ...options, links: { nats: this.#server.client, ...options.links } });
  }
  override async close(): Promise<void> {
    await this.#bus?.close();
    await super.close();
  }
}
