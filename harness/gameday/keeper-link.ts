/** The page server's own line to the keeper: with it freeze and abort work whatever the runner does. It comes back by itself, and takes over where the keeper has died. */
import { nowUs } from "../clock.js";
import type { Event } from "../core.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import type { KeeperStatus } from "../keeper/socket/verbs.js";
import { connect, takeOver } from "../keeper/start.js";

const againMs = 500;

export class KeeperLink {
  #client: Promise<KeeperClient> | undefined;
  #ended = false;
  status: KeeperStatus | undefined;

  constructor(
    readonly foundation: string,
    /** What the keeper says happened, stamped by the host's monotonic clock; and that its status is another one. */
    readonly heard: { event(event: Event): void; status(): void },
  ) {
    void this.#keep();
  }
  /** A client that answers. `whatever`: becomes keeper where there is none, which heals what its journal has. */
  client(whatever = false): Promise<KeeperClient> {
    this.#client ??= this.#dial(whatever);
    return this.#client;
  }
  async #dial(whatever: boolean): Promise<KeeperClient> {
    try {
      const client = await (whatever ? takeOver(this.foundation) : connect(this.foundation));
      // What players do with the console is the scenario's, and not a stranger's.
      await client.assist();
      void this.#listen(client);
      return client;
    } catch (error) {
      this.#client = undefined;
      throw error;
    }
  }
  async #listen(client: KeeperClient): Promise<void> {
    try {
      for await (const event of client.events()) this.heard.event(event);
    } catch {
      // it has gone: whoever asks next dials again
    }
    this.#client = undefined;
    this.status = undefined;
    this.heard.status();
  }
  async #keep(): Promise<void> {
    let last = "";
    while (!this.#ended) {
      const startUs = nowUs();
      try {
        this.status = await (await this.client()).status();
      } catch {
        this.status = undefined;
      }
      const text = JSON.stringify([this.status?.stopped, this.status?.frozen, this.status?.injections.length]);
      if (text !== last) this.heard.status();
      last = text;
      await new Promise((resolve) => setTimeout(resolve, Math.max(50, againMs - (nowUs() - startUs) / 1000)).unref());
    }
  }
  async end(): Promise<void> {
    this.#ended = true;
    await (await this.#client?.catch(() => undefined))?.[Symbol.asyncDispose]().catch(() => {});
  }
}
