/** Nothing is wrong but what the Health Manager believes. App users lose next to nothing by it: what must be seen is the storm itself, by a monitor that counts. */
import natsMute from "../../../faults/nats-mute.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "hm-mass-restart",
  says: "no heartbeat gets through: a Health Manager that trusts its own silence has every app started once more",
  foundation: { profile: "org", timeFactor: 20, policy: { preset: "2011", "monitor.thresholds": "consistent" } },
  acts: [act(natsMute, { of: "nats", pick: "all" }, { id: "deaf", forS: 10 }, { subjects: ["dea.heartbeat"] })],
  must: [
    { during: "deaf", alarm: "start-storm" }, // all six instances of the sample apps are asked for at once
    { plane: "data", from: "outside", lostS: { max: 1 } },
    { plane: "data", from: "inside", lostS: { max: 6 } }, // instances that are one too many are stopped again, and that may be the older ones
  ],
  giveUpS: 120,
} satisfies Scenario;
