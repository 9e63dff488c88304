/**
 * 21 April 2011 at Amazon EC2, on Cloud Foundry's cabinets: traffic is moved onto a network too small for it. Everything else must follow: mirrors given up for
 * lost, a storm of new ones that goes on when the network is whole again, LUNs that take no writes, and so nobody who logs in.
 */
import linkBandwidth from "../../../faults/link-bandwidth.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "ebs-2011",
  says: "for ten seconds the cabinets have only a network too small for them, and then they never stop looking for room for new mirrors",
  foundation: { profile: "ebs", timeFactor: 20, policy: { preset: "2011" } },
  acts: [act(linkBandwidth, { of: "cabinet-*>cabinet-*", pick: "all" }, { id: "small-network", forS: 10, clock: "00:47" }, { rateKBps: 2 })],
  playbook: "stop-the-storm",
  must: [
    { plane: "control", from: "outside", lostS: { min: 8, max: 70 } }, // longer than what caused it: the storm does not end with its cause
    { plane: "control", from: "inside", lostS: { min: 8, max: 70 } },
    { plane: "data", from: "outside", lostS: { max: 1 } },
    { plane: "data", from: "inside", lostS: { max: 1 } },
  ],
  giveUpS: 150,
} satisfies Scenario;
