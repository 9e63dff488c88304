/** 25 April 2011 alone. */
import powerLoss from "../../../faults/power-loss.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "day-1",
  says: "one supply of one cabinet flickers and goes: a LUN is lost, and every developer is locked out",
  foundation: { profile: "com", timeFactor: 20, policy: { preset: "2011" } },
  acts: [act(powerLoss, { of: "cabinet-a", pick: "all" }, { id: "day-1", forS: 75, endedBy: "playbook", clock: "05:45" }, { flickerS: 12 })],
  playbook: "as-it-was",
  must: [
    { plane: "control", from: "outside", lostS: { min: 10 } },
    { plane: "control", from: "inside", lostS: { min: 10 } },
    { plane: "data", from: "outside", lostS: { max: 1 } },
  ],
  giveUpS: 180,
} satisfies Scenario;
