/** Two causes are injected; everything else must follow from the platform. */
import edgeWipe from "../../../faults/edge-wipe.js";
import powerLoss from "../../../faults/power-loss.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "april-2011",
  says: "one power supply locks every developer out; next morning one keystroke hides every app",
  // Half the usual factor: 29 components on two cores need the air, and a LUN is not declared lost because a core was busy for two seconds.
  foundation: { profile: "com", timeFactor: 10, policy: { preset: "2011" } },
  acts: [
    act(powerLoss, { of: "cabinet-a", pick: "all" }, { id: "day-1", forS: 90, endedBy: "playbook", clock: "05:45" }, { flickerS: 16 }),
    act(edgeWipe, { of: "{lb,router,firewall}-*", pick: "all" }, { id: "day-2", after: "day-1", atS: 2, forS: 45, endedBy: "playbook", clock: "10:15" }),
    act(edgeWipe, { of: "dns-*", pick: "minority" }, { id: "day-2-dns", after: "day-1", atS: 2, forS: 45, endedBy: "playbook", clock: "10:15" }),
  ],
  playbook: "as-it-was",
  must: [
    { during: "day-1", plane: "control", from: "outside", lostS: { min: 10 } }, // no outage, no proof
    { during: "day-1", plane: "control", from: "inside", lostS: { min: 10 } },
    { during: "day-1", plane: "data", from: "outside", lostS: { max: 1 } },
    { during: "day-2", plane: "data", from: "outside", lostS: { min: 5 } },
    { during: "day-2", plane: "control", from: "outside", lostS: { min: 5 } },
    { during: "day-2", plane: "data", from: "inside", lostS: { max: 0.5 } }, // the cell that nobody measured in 2011
  ],
  giveUpS: 220,
} satisfies Scenario;
