/**
 * Whom a foundation's processes run as where its engine is root: a block of user ids of its own, which follows from its block of ports, so two foundations
 * never have one in common. Nobody else on the machine is one of them: not `nobody`, whom other services share, nor a person. Group ids are the same numbers.
 */
import type { Component, Topology } from "../core.js";
import { serverName } from "./fleet.js";
import type { Wiring } from "./wiring.js";

/**
 * Above what systemd, containers, people's sub-ids, FreeIPA and sssd give away (the last two up to 2,000,200,000), below 2³¹.
 * Source: systemd's UIDS-GIDS; sssd's ldap_idmap_range_max.
 */
export const uidsFrom = 2_100_000_000;

export interface Uids {
  /** The first of them: the foundation's own, for what belongs to no component (containers, templates). All are base … base + count - 1. */
  readonly base: number;
  readonly count: number;
  /** Of a component, or of a Toxiproxy server ("toxiproxy-bus"). */
  of(name: string): number;
  /** The component, or the Toxiproxy server, that has this one; undefined: nobody of this foundation. */
  nameOf(uid: number): string | undefined;
  /** Of each app slot of a component, in the slots' order; empty if it has none. */
  slots(component: string): readonly number[];
}

/**
 * Pure. Each component, each Toxiproxy server and each app slot has one; there are never more than ports. `shared`: whoever uses one of these volumes has one in common,
 * where mounts are links to their keepers' own folders. `from`: where blocks begin, if not at uidsFrom (a user namespace that maps less).
 */
export function uidsOf(topology: Topology, wiring: Wiring, portBase: number, { from = uidsFrom, shared = false } = {}): Uids {
  const base = from + portBase;
  let next = base + 1;
  const stored = new Set(topology.components.flatMap(({ mounts }) => Object.values(mounts).map(({ from }) => from)));
  const usesVolumes = ({ name, mounts }: Component) => stored.has(name) || Object.keys(mounts).length > 0;
  const common = shared ? next++ : 0;
  const own = new Map(topology.components.map((one) => [one.name, shared && usesVolumes(one) ? common : next++]));
  for (const of of wiring.servers.keys()) own.set(serverName(of), next++);
  const slots = new Map(topology.components.map(({ name }) => [name, (wiring.slots.get(name) ?? []).map(() => next++)]));
  const names = new Map([...own].map(([name, uid]) => [uid, name]));
  for (const [name, all] of slots) for (const uid of all) names.set(uid, name);
  return {
    base,
    count: next - base,
    of(name) {
      const uid = own.get(name);
      if (uid === undefined) throw new Error(`${name} is neither a component nor a Toxiproxy server: no user is kept for it`);
      return uid;
    },
    nameOf: (uid) => names.get(uid),
    slots: (component) => slots.get(component) ?? [],
  };
}
