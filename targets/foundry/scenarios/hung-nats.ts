/** The bus hangs: its port stays open, connections stay up, and nothing gets through. What ages, ages: routes first. */
import processPause from "../../../faults/process-pause.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "hung-nats",
  says: "the message bus hangs: nobody hears of anybody any more, and when the routes are too old nobody outside reaches an app",
  foundation: { profile: "org", timeFactor: 20, policy: { preset: "2011" } },
  acts: [act(processPause, { of: "nats", pick: "all" }, { id: "hang", forS: 45, endedBy: "playbook" })],
  playbook: "restart-nats",
  must: [
    { plane: "data", from: "outside", lostS: { min: 2 }, notBeforeS: 4 }, // not before the routes' TTL
    { plane: "control", from: "outside", lostS: { min: 2 } },
    { plane: "data", from: "inside", lostS: { max: 0.5 } },
  ],
  giveUpS: 120,
} satisfies Scenario;
