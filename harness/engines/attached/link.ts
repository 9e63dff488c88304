/**
 * What goes from one container to another, cut where it arrives: rules in the network namespace of whoever is dialled, for the addresses of whoever dials.
 * Seen from the namespace of whoever dials.
 */
import type { Capabilities, CutLink } from "../../core.js";
import { FlounderError } from "../../errors.js";
import type { Deed, Deeds } from "./deeds.js";
import { type Ends, linkName } from "./ends.js";
import type { Eyes } from "./eyes.js";
import { addressBetween, type Members } from "./members.js";
import { dropTable, putTable, tableOf } from "./netns.js";
import { addressesOf } from "./project.js";
import type { Shaper } from "./shaper.js";

export interface LinkParts {
  readonly foundation: string;
  readonly members: Members;
  readonly deeds: Deeds;
  readonly eyes: Eyes;
  readonly shaper: Shaper;
}

const chain = (name: string, type: string, rules: readonly string[]): string => `chain ${name} {\n type ${type}; policy accept;\n${rules.join("\n")}\n}`;
/** Before anybody else's filter. */
export const inbound = (rules: readonly string[]) => chain("arrives", "filter hook input priority -5", rules);
export const outbound = (rules: readonly string[]) => chain("leaves", "filter hook output priority -5", rules);

/** "ip saddr 10.0.0.2": one match per address. */
export const fromOrTo = (side: "saddr" | "daddr", addresses: readonly string[]): readonly string[] =>
  addresses.map((address) => `${address.includes(":") ? "ip6" : "ip"} ${side} ${address}`);

/** What becomes of packets that arrive. A reset leaves the first packets alone: a connection comes to stand, and is torn down with the next one. */
export const verdicts: Readonly<Record<CutLink, readonly string[]>> = {
  refuse: ["meta l4proto tcp reject with tcp reset", "reject"],
  reset: ["tcp flags & syn == 0 reject with tcp reset"],
  swallow: ["drop"],
};

/** The port by which it is looked at: one that can be asked for an answer, if there is any. */
export function mainPort({ members }: Pick<LinkParts, "members">, to: string) {
  const ports = Object.entries(members.of(to).ports);
  const [port, protocol] = ports.find(([, kind]) => kind !== "tcp") ?? ports[0]!;
  return { port: Number(port), protocol };
}

export function linkOf(ends: Ends, parts: LinkParts): Capabilities["link"] {
  const { foundation, members, deeds, shaper } = parts;
  const target = linkName(ends);
  const table = tableOf(foundation, target);
  const deed: Deed = { kind: "table", on: ends.to, target, capability: "link", table };
  const rtt = () => lookFrom(ends, parts, "rtt", 1);
  return {
    async cut(how) {
      const [from, to] = await Promise.all([members.there(ends.from), members.there(ends.to)]);
      deeds.add(deed);
      const peers = fromOrTo("saddr", addressesOf(from));
      await putTable(to.State.Pid, table, [inbound(peers.flatMap((peer) => verdicts[how].map((verdict) => `${peer} ${verdict}`)))]);
    },
    async shape(to) {
      const { port, protocol } = mainPort(parts, ends.to);
      if (protocol === "tcp")
        throw new FlounderError(
          "refused",
          `${ends.to} cannot be asked for an answer at port ${port}: nobody could see that it comes late`,
          "docs/attach.md says which links can be shaped; any link can be cut",
        );
      await shaper.shape(ends, to);
    },
    async mend() {
      await Promise.all([shaper.mend(ends), dropTable(await members.pid(ends.to), table)]);
      deeds.strike(deed);
    },
    carries: async () => Number.isFinite(await rtt()),
    rttMs: rtt,
    throughputKBps: (bytes) => lookFrom(ends, parts, "throughput", bytes),
  };
}

/** From whoever dials. Infinity (throughput: 0): no answer, or one of both does not run. */
export async function lookFrom({ from, to }: Ends, { members, eyes }: LinkParts, what: "rtt" | "throughput" | "arrive", count: number): Promise<number> {
  const nothing = what === "rtt" ? Number.POSITIVE_INFINITY : 0;
  const [dialler, dialled] = await Promise.all([members.now(from), members.now(to)]);
  const host = addressBetween(dialler, dialled);
  const pid = dialler?.State.Pid ?? 0;
  if (host === undefined || pid === 0) return nothing;
  return eyes.look(from, pid, { what, host, count, ...mainPort({ members }, to) });
}
