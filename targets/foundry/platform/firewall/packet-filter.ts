/**
 * The rules enforced by the kernel's packet filter. It needs no process once they are loaded: this one loads them anew when the config, a balancer's health or a
 * balancer's address changes. While nobody is behind it listens at the doors itself, and hangs up on whom the rules let in.
 */
import { createServer } from "node:net";
import { join } from "node:path";
import type { Address, Config } from "../base/config.js";
import { Doors } from "../base/doors.js";
import type { HostNames } from "../base/host-names.js";
import type { KeptConfig } from "../base/kept-config.js";
import { log } from "../base/log.js";
import type { Pool } from "../base/pool.js";
import { writeAtomically } from "../base/saved.js";
import { hangUp } from "./hang-up.js";
import { forwards, listed, load } from "./nft.js";
import type { Rules } from "./rules.js";
import { ruleset } from "./ruleset.js";
import type { Wall } from "./wall.js";

export class PacketFilter implements Wall {
  readonly #doors = new Doors(() =>
    createServer({ allowHalfOpen: true }, (client) => {
      client.on("error", () => client.destroy());
      hangUp(client);
    }),
  );
  readonly #file: string;
  #loaded: string | undefined;
  /** The kernel's own words for it, read back at once. */
  #kernels: string | undefined;
  #last: Promise<unknown> = Promise.resolve();

  constructor(
    private readonly own: Config,
    private readonly kept: KeptConfig<Rules>,
    private readonly pool: Pool,
    private readonly names: HostNames,
  ) {
    if (!forwards()) throw new Error("net.ipv4.ip_forward is 0 in the network namespace of the firewall: give it the sysctl net.ipv4.ip_forward=1");
    this.#file = join(own.dataDir, "firewall.nft");
  }

  /** Loads the rules even if they were loaded: whoever has a shell here may have changed them. */
  async apply(): Promise<void> {
    this.#loaded = undefined;
    await this.#load();
  }

  /** Between two loads, never within one. */
  enforced(): Promise<boolean> {
    const asked = this.#last.then(async () => this.#loaded !== undefined && (await listed()) === this.#kernels);
    this.#last = asked.catch(() => {});
    return asked;
  }

  /** After each round of checks: whom they lead to may have changed. What fails is tried again in the next one. */
  follow(): Promise<void> {
    return this.#load().catch((error: unknown) => log.error({ err: error }, "packet rules are not loaded"));
  }

  /** One after the other. */
  #load(): Promise<void> {
    const done = this.#last.then(() => this.#loadNow());
    this.#last = done.catch(() => {});
    return done;
  }

  async #loadNow(): Promise<void> {
    const balancers = await this.#living();
    const text = ruleset(this.kept.running, (door) => this.own.port(door), balancers);
    // In this order nobody is refused in between.
    if (balancers.length === 0) await this.#doors.set(this.kept.running.listeners);
    if (text !== this.#loaded) {
      writeAtomically(this.#file, text);
      await load(this.#file);
      this.#kernels = await listed();
      this.#loaded = text;
      log.info({ ...this.kept.facts(), balancers }, "packet rules loaded");
    }
    if (balancers.length > 0) await this.#doors.set([]);
  }

  async #living(): Promise<Address[]> {
    const found = await Promise.all(
      this.pool.backends
        .filter(({ healthy }) => healthy)
        .map(async ({ to: { host, port } }) => (await this.names.addresses(host)).slice(0, 1).map((address) => ({ host: address, port }))),
    );
    return found.flat();
  }
}
