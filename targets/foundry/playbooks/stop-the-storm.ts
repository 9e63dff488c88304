/** How EC2's storm of 21 April 2011 was ended: nobody may copy, then there is room for all, then everybody may. Human seconds are measured seconds of a run. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "stop-the-storm",
  says: "bets on room, as EC2 did: block the re-mirroring, add capacity, let it go on, verify, release",
  procedures: [
    {
      name: "LUNs are stuck",
      detect: { alarm: "read-only" },
      steps: [
        { say: "see that the network is whole again, and that what it moves is re-mirroring", does: "decide", humanS: 7, limitS: 30 },
        { say: "block the re-mirroring: clients get the bandwidth back", does: "restore", run: (operator) => operator.blockMirroring(true), limitS: 20 },
        { say: "add room for mirrors to every cabinet", does: "restore", humanS: 3, run: (operator) => operator.addCapacity(4), limitS: 20 },
        { say: "let the re-mirroring go on", does: "restore", run: (operator) => operator.blockMirroring(false), limitS: 20 },
        { say: "wait until every LUN has its mirror", does: "restore", run: (operator) => operator.checkMirrors(), limitS: 60 },
        { say: "verify every blob", does: "verify", run: (operator) => operator.verify(), limitS: 60 },
        {
          say: "release: developers may log in again",
          does: "release",
          run: (operator) => operator.release("every LUN has its mirror, all blobs verified", "accept-loss"),
          until: { plane: "control", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
