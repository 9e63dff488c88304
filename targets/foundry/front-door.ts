/** How outside clients come in: which component's port they dial, and what the facts of a foundation say of it. */
import type { Addresses, FoundationFacts, Topology } from "../../harness/core.js";

/** The firewall where there is one; else the first balancer. */
export function frontDoor({ components }: Topology): { readonly component: string; readonly port: "front" } {
  const door = components.find(({ role }) => role === "firewall") ?? components.find(({ role }) => role === "lb");
  if (!door) throw new Error("the topology has neither firewall nor balancer");
  return { component: door.name, port: "front" };
}

/** The endpoints of a foundation. */
export type Entrances = {
  /** Base URL of the API, host by name: resolve at `dns`. */
  readonly api: string;
  /** URL of the front door by address. */
  readonly router: string;
  /** host:port of the DNS servers. */
  readonly dns: readonly string[];
};

export function entrances(topology: Topology, addresses: Addresses): Entrances {
  const { domain, components } = topology;
  const at = (component: string, port: string) => {
    const { host, port: number } = addresses.direct(component, port);
    return `${host}:${number}`;
  };
  const door = frontDoor(topology);
  const front = at(door.component, door.port);
  return {
    api: `http://api.${domain}:${front.split(":").at(-1)}`,
    router: `http://${front}`,
    dns: components.filter((component) => component.role === "dns").map((component) => at(component.name, "dns")),
  };
}

/** What entrances() told the harness. */
export const entrancesOf = ({ endpoints }: Pick<FoundationFacts, "endpoints">): Entrances => endpoints as Entrances;
