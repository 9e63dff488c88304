/** 25 April 2011 alone. */
import powerLoss from "../../../faults/power-loss.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "day-1",
  says: "one supply of one cabinet flickers and goes: a LUN is lost, and every developer is locked out",
  // Half the usual factor: 29 components on two cores need the air, and a LUN is not declared lost because a core was busy for two seconds.
  foundation: { profile: "com", timeFactor: 10, policy: { preset: "2011" } },
  acts: [act(powerLoss, { of: "cabinet-a", pick: "all" }, { id: "day-1", forS: 90, endedBy: "playbook", clock: "05:45" }, { flickerS: 16 })],
  playbook: "as-it-was",
  must: [
    { plane: "control", from: "outside", lostS: { min: 10 } },
    { plane: "control", from: "inside", lostS: { min: 10 } },
    { plane: "data", from: "outside", lostS: { max: 1 } },
  ],
  giveUpS: 180,
} satisfies Scenario;
