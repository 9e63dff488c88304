/** Whom the local engine's processes run as: users of the foundation's own if we are root and may be somebody else, else ourselves. */
import { readFileSync } from "node:fs";
import { uidsFrom } from "../uids.js";

/** Capabilities by their bits in /proc/self/status: to give files and processes to other users, to end those, and to look at them. Source: capabilities(7). */
const needed = { CHOWN: 0, DAC_OVERRIDE: 1, FOWNER: 3, KILL: 5, SETGID: 6, SETUID: 7 };
const admin = 21;

export interface Who {
  /** Where blocks of users begin (see uids.ts); undefined: components run as we do. */
  readonly from: number | undefined;
  /** We may mount: a user can be given a name that nobody else sees. */
  readonly names: boolean;
  /** In a person's words. */
  readonly says: string;
}
export interface Rights {
  readonly uid: number;
  /** Capabilities in effect. */
  readonly effective: bigint;
  /** Ids that exist here, users' and groups': [first, how many]. */
  readonly uids: readonly (readonly [number, number])[];
  readonly gids: readonly (readonly [number, number])[];
}

const ranges = (kind: "uid" | "gid") =>
  readFileSync(`/proc/self/${kind}_map`, "utf8")
    .trim()
    .split("\n")
    .map((line) => line.trim().split(/\s+/).map(Number))
    .map(([inside = 0, , count = 0]) => [inside, count] as const);

export const ownRights = (): Rights => ({
  uid: process.geteuid?.() ?? 0,
  effective: BigInt(`0x${/^CapEff:\s*(\w+)/m.exec(readFileSync("/proc/self/status", "utf8"))?.[1] ?? "0"}`),
  uids: ranges("uid"),
  gids: ranges("gid"),
});

/** Ports end before this: what a block can need above `from`. */
const most = 65_536;

/** Pure. Within a user namespace that maps fewer ids a block begins at the port's own number, if that is mapped. */
export function whoFor({ uid, effective, uids, gids }: Rights): Who {
  const has = (bit: number) => ((effective >> BigInt(bit)) & 1n) === 1n;
  if (uid !== 0) return { from: undefined, names: false, says: `you (uid ${uid}): only root can give each a user of its own` };
  const lacking = Object.entries(needed).flatMap(([name, bit]) => (has(bit) ? [] : [name]));
  if (lacking.length > 0)
    return { from: undefined, names: false, says: `root: this root lacks ${lacking.join(", ")}, so it cannot start them as anybody else` };
  const names = has(admin);
  const exist = (from: number, count: number) => [uids, gids].every((all) => all.some(([first, size]) => first <= from && from + count <= first + size));
  if (exist(uidsFrom, most)) return { from: uidsFrom, names, says: `each its own, from uid ${uidsFrom} + the first port on` };
  // Ports of a foundation lie below the ephemeral range.
  const low = 40_000;
  if (exist(0, low)) return { from: 0, names, says: "each its own, from uid 0 + the first port on: this user namespace has no higher ones" };
  return {
    from: undefined,
    names: false,
    says: `root: this user namespace has only the users ${uids.map(([first, size]) => `${first} to ${first + size - 1}`).join(", ")}`,
  };
}
