/** The guestbook as the harness sees it: a small system of two HTTP services and a store, as an example of a target of one's own (docs/targets.md). */
import type { TargetSystem } from "../../harness/core.js";
import { ailments, operator, recover, verbs } from "./operator.js";
import { plannedProbes, probes, routes } from "./probes.js";
import { policies, profiles, refreshMs, topology } from "./topology.js";
import { fingerprint, missing, prepare, tidy } from "./upkeep.js";

const guestbook: TargetSystem = {
  name: "guestbook",
  says: "two HTTP services and a store: the example of a target of one's own",
  profiles,
  policies,
  timeFactorOf: () => 10,
  defaultScenario: "closed-book",
  topology,
  // An engine supplies processes and links; nothing here has more to be broken.
  capabilities: () => [],
  adapters: () => ({}),
  facts(_, addresses) {
    const { host, port } = addresses.direct("web-1", "http");
    return { endpoints: { front: `http://${host}:${port}` }, user: "", password: "" };
  },
  tries: ({ id, endpoints }) => [
    { words: ["curl", "-s", `${endpoints.front}/`], says: "the book, at the front" },
    { words: ["flounder", "break", "process-kill", "--on", "store", "--for", "5", "-F", id], says: "a fault: everybody can read, and nobody can sign" },
    { words: ["flounder", "watch", "-F", id, "--for", "10"], says: "both planes, outside and inside" },
  ],
  prepare,
  tidy,
  fingerprint,
  missing,
  plannedProbes,
  probes,
  routes: async (whole, _call, addresses) => routes(whole, addresses),
  // What a service has is as old as its last look at the store.
  delayedDamageS: (timeFactor) => refreshMs(timeFactor) / 1000,
  shortestTimerMs: refreshMs,
  recover,
  ailments,
  verbs,
  console: operator,
};
export default guestbook;
