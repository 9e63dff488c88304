/** From a topology and its first port: who listens where, and which proxy stands before whom. Pure, so a later keeper comes to the same numbers. */
import type { Component, PortProtocol, TargetName, Topology } from "../core.js";
import { frontName, linkOf, mountClass, mountName, slotClass, slotName } from "./target-list.js";

/** How an engine calls the places where components and proxies listen. */
export interface Hosts {
  /** What components listen on. */
  readonly bind: string;
  /** By which host the proxies of a class of links are dialled. */
  proxyOf(linkClass: string): string;
}

export interface Proxied {
  /** The link's or the mount's name. */
  readonly target: TargetName;
  /** "*" for everybody's. */
  readonly from: string;
  readonly to: string;
  readonly class: string;
  readonly protocol: PortProtocol;
  readonly listen: number;
  readonly upstream: number;
  /** An app slot: apps outlive the agent, so this proxy goes down with the node alone. */
  readonly slot: boolean;
}
export interface Wiring {
  /** One Toxiproxy per class of link: its API port. */
  readonly servers: ReadonlyMap<string, number>;
  readonly ports: ReadonlyMap<string, Readonly<Record<string, number>>>;
  readonly slots: ReadonlyMap<string, readonly { readonly listen: number; readonly advertised: number }[]>;
  readonly proxies: ReadonlyMap<TargetName, Proxied>;
  /** How many ports in all. */
  readonly count: number;
}

function classes(topology: Topology): string[] {
  const all = topology.components.flatMap((component) => [
    ...Object.values(component.links).map((link) => link.class),
    ...Object.values(component.fronts ?? {}),
    ...(component.slots ? [slotClass] : []),
    ...(Object.keys(component.mounts).length > 0 ? [mountClass] : []),
  ]);
  return [...new Set(all)].sort();
}

export function wire(topology: Topology, base: number): Wiring {
  let next = base;
  const servers = new Map(classes(topology).map((of) => [of, next++]));
  const byName = new Map(topology.components.map((component) => [component.name, component]));
  const ports = new Map(topology.components.map(({ name, ports: own }) => [name, Object.fromEntries(Object.keys(own).map((port) => [port, next++]))]));
  const slots = new Map(
    topology.components.map(({ name, slots: count }) => [name, Array.from({ length: count ?? 0 }, () => ({ listen: next++, advertised: next++ }))]),
  );
  const proxies = new Map<TargetName, Proxied>();
  const upstreamOf = (owner: Component, to: string, port: string) => {
    const upstream = ports.get(to)?.[port];
    const protocol = byName.get(to)?.ports[port];
    if (upstream === undefined || protocol === undefined) throw new Error(`${owner.name} is wired to ${to}, port ${port}, which the topology does not have`);
    return { to, upstream, protocol, listen: next++ };
  };
  const add = (proxy: Proxied) => {
    if (proxies.has(proxy.target)) throw new Error(`the topology has two links named ${proxy.target}`);
    proxies.set(proxy.target, proxy);
  };
  for (const component of topology.components) {
    const { name } = component;
    for (const [key, { to, port, class: of, from }] of Object.entries(component.links))
      add({ target: linkOf(component, key), from: from === undefined ? name : "*", class: of, slot: false, ...upstreamOf(component, to, port) });
    for (const [port, of] of Object.entries(component.fronts ?? {}))
      add({ target: frontName(name), from: "*", class: of, slot: false, ...upstreamOf(component, name, port) });
    for (const [volume, { from, port }] of Object.entries(component.mounts))
      add({ target: mountName(name, volume), from: name, class: mountClass, slot: false, ...upstreamOf(component, from, port) });
    for (const [i, { listen, advertised }] of (slots.get(name) ?? []).entries())
      add({ target: slotName(name, i + 1), from: "*", to: name, class: slotClass, protocol: "http", listen: advertised, upstream: listen, slot: true });
  }
  return { servers, ports, slots, proxies, count: next - base };
}

/** Name of a proxy in its server: what is safe in a URL. */
export const proxyName = (target: TargetName) => target.replace("*", "any").replace(">", "..").replace(":", ".");

const variable = (prefix: string, name: string) => `${prefix}_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;

/** The variables that tell a component where it listens and whom it dials. */
export function wiringEnv(component: Component, wiring: Wiring, hosts: Hosts, mountPath: (volume: string) => string): Record<string, string> {
  const { name } = component;
  const own = wiring.ports.get(name)!;
  const dialled = (target: TargetName) => {
    const { class: of, listen } = wiring.proxies.get(target)!;
    return `${hosts.proxyOf(of)}:${listen}`;
  };
  const slots = wiring.slots.get(name)!;
  return {
    BIND_HOST: hosts.bind,
    ...Object.fromEntries(Object.entries(own).map(([port, number]) => [variable("PORT", port), String(number)])),
    ...Object.fromEntries(Object.keys(component.fronts ?? {}).map((port) => [variable("ADVERTISE", port), dialled(frontName(name))])),
    ...Object.fromEntries(Object.keys(component.links).map((key) => [variable("LINK", key), dialled(linkOf(component, key))])),
    ...Object.fromEntries(Object.keys(component.mounts).map((volume) => [variable("MOUNT", volume), mountPath(volume)])),
    ...(slots.length > 0 ? { SLOTS: slots.map((slot) => `${slot.listen}:${hosts.proxyOf(slotClass)}:${slot.advertised}`).join(",") } : {}),
  };
}
