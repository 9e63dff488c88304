/** The bus carries everything but one subject; nobody's connection breaks, and nobody notices, until routes are too old. */
import natsMute from "../../../faults/nats-mute.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "quiet-nats",
  says: "nobody's registrations are heard any more: all is well until the routes are pruned",
  foundation: { profile: "org", timeFactor: 20, policy: { preset: "2011" } },
  acts: [act(natsMute, { of: "nats", pick: "all" }, { id: "quiet", forS: 12 }, { subjects: ["router.register"] })],
  must: [
    { plane: "data", from: "outside", lostS: { min: 2, max: 12 }, notBeforeS: 4 }, // not before the routes' TTL
    { plane: "control", from: "outside", lostS: { min: 1, max: 14 } }, // the API is a route like any other
    { plane: "data", from: "inside", lostS: { max: 0.5 } },
  ],
  giveUpS: 120,
} satisfies Scenario;
