/** 26 April 2011 alone, on the small foundation: it takes no more than one of each. */
import edgeWipe from "../../../faults/edge-wipe.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "day-2",
  says: "one keystroke wipes balancers, routers, firewall and part of the DNS: every app runs, and nobody outside can reach one",
  foundation: { profile: "org", timeFactor: 20, policy: { preset: "2011" } },
  acts: [
    act(edgeWipe, { of: "{lb,router,firewall}-*", pick: "all" }, { id: "day-2", forS: 45, endedBy: "playbook", clock: "10:15" }),
    act(edgeWipe, { of: "dns-*", pick: "minority" }, { id: "day-2-dns", forS: 45, endedBy: "playbook", clock: "10:15" }),
  ],
  playbook: "as-it-was",
  must: [
    { plane: "data", from: "outside", lostS: { min: 5 } },
    { plane: "control", from: "outside", lostS: { min: 5 } },
    { plane: "data", from: "inside", lostS: { max: 0.5 } },
  ],
  giveUpS: 120,
} satisfies Scenario;
