/** A container that is cut off from everybody: rules in its own network namespace for all that is not itself. */
import type { Capabilities, CutLink } from "../../core.js";
import { knock } from "../knock.js";
import type { Deed } from "./deeds.js";
import { type Ends, linkName } from "./ends.js";
import { inbound, type LinkParts, lookFrom, mainPort, outbound, verdicts } from "./link.js";
import { dropTable, putTable, tableOf } from "./netns.js";
import { addressesOf } from "./project.js";

/** More looks at once would be a load of their own. */
const looksMost = 6;

/** Our own refusals must get out: they pass the rules for what leaves as all else does. */
const refusals = ["tcp flags & rst == rst accept", "icmp type destination-unreachable accept", "icmpv6 type destination-unreachable accept"];
const leaving: Readonly<Record<CutLink, readonly string[]>> = {
  refuse: [...refusals, ...verdicts.refuse],
  reset: [...refusals, ...verdicts.reset],
  swallow: verdicts.swallow,
};

export function allLinksOf(name: string, ends: readonly Ends[], parts: LinkParts): Capabilities["links"] {
  const { foundation, members, deeds } = parts;
  const table = tableOf(foundation, `all of ${name}`);
  const deed: Deed = { kind: "table", on: name, target: name, capability: "links", table };
  const reached = async () => {
    const now = await members.now(name);
    const [host] = now ? addressesOf(now) : [];
    if (host === undefined || !now?.State.Running) return false;
    const { port, protocol } = mainPort(parts, name);
    return Number.isFinite(await knock({ host, port }, protocol));
  };
  return {
    async cut(how) {
      const { State } = await members.there(name);
      deeds.add(deed);
      const others = (side: "iifname" | "oifname", list: readonly string[]) => list.map((verdict) => `${side} != "lo" ${verdict}`);
      await putTable(State.Pid, table, [inbound(others("iifname", verdicts[how])), outbound(others("oifname", leaving[how]))]);
    },
    async mend() {
      await dropTable(await members.pid(name), table);
      deeds.strike(deed);
    },
    async carry() {
      const own = ends.slice(0, looksMost).map((one) => lookFrom(one, parts, "rtt", 1).then(Number.isFinite));
      const listens = Object.keys(members.of(name).ports).length > 0;
      const seen = await Promise.all([...own, ...(listens ? [reached()] : [])]);
      return seen.every(Boolean) ? "all" : seen.some(Boolean) ? "some" : "none";
    },
  };
}

/** In the order of their names, those that it is part of. */
export const endsOf = (name: string, all: readonly Ends[]): readonly Ends[] =>
  all.filter(({ from, to }) => from === name || to === name).sort((a, b) => (linkName(a) < linkName(b) ? -1 : 1));
