/** For tests: firewalls as processes, enforcing their rules in either way. */

import { Namespace, whyNoNamespace } from "../../base/namespace.js";
import type { Lab, Part } from "../../base/testing/lab.js";

export interface Way {
  readonly name: string;
  readonly packets: boolean;
  /** Why it cannot be had here. */
  whyNot(): string | undefined;
}
export const ways: readonly Way[] = [
  { name: "a process that forwards", packets: false, whyNot: () => undefined },
  { name: "packet rules", packets: true, whyNot: () => whyNoNamespace("nft") },
];

export class Forts {
  readonly #places = new Map<string, Namespace>();
  /** Where balancers have to listen, to be reached from the firewalls. */
  readonly bindHost: string;

  constructor(
    private readonly lab: Lab,
    private readonly way: Way,
  ) {
    this.bindHost = way.packets ? "0.0.0.0" : "127.0.0.1";
  }

  /** Before balancers on these ports of this machine; packet rules have a namespace for each name. */
  async start(name: string, balancers: Readonly<Record<string, number>>, front?: number): Promise<Part> {
    const at = front === undefined ? {} : { at: { front } };
    if (!this.way.packets) return this.lab.start(name, "firewall", { ports: ["front"], ...at, links: balancers });
    const place = this.place(name);
    const links = Object.entries(balancers).map(([lb, port]) => [`LINK_${lb.toUpperCase().replaceAll("-", "_")}`, `${place.inside.here}:${port}`]);
    return this.startIn(place, name, Object.fromEntries(links), front);
  }
  /** With these variables that say where its balancers are. */
  startIn(place: Namespace, name: string, links: Readonly<Record<string, string>>, front?: number): Promise<Part> {
    return this.lab.start(name, "firewall", {
      ports: ["front"],
      ...(front === undefined ? {} : { at: { front } }),
      env: { FIREWALL: "nft", BIND_HOST: this.bindHost, ...links },
      host: place.outside.there,
      through: place.through,
    });
  }
  place(name: string): Namespace {
    const place = this.#places.get(name) ?? new Namespace();
    this.#places.set(name, place);
    return place;
  }
  /** After the processes have ended. */
  close(): void {
    for (const place of this.#places.values()) place.close();
  }
}
