/** A node dies with all its apps; the Health Manager has them started elsewhere. */
import deaKill from "../../../faults/dea-kill.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "dea-node-loss",
  says: "two of three DEA nodes die and stay dead: their instances are missed, and started on the one that is left",
  foundation: { profile: "org", timeFactor: 20, policy: { preset: "2011" } },
  acts: [act(deaKill, { of: "dea", pick: 2 }, { id: "node", forS: 12 }, { scope: "node" })],
  must: [
    { plane: "data", from: "inside", lostS: { min: 0.5, max: 12 } }, // until heartbeats are missed and the instances run elsewhere
    { plane: "data", from: "outside", lostS: { max: 10 } }, // what the routers try in vain, they try elsewhere
  ],
  giveUpS: 120,
} satisfies Scenario;
