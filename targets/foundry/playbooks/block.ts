/** EC2's storm of 21 April 2011 is stopped, and no room is added: LUNs serve without mirrors. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "block",
  says: "bets that one copy is enough for today: block the re-mirroring for good, verify, release, and see to the mirrors another day",
  procedures: [
    {
      name: "LUNs are stuck",
      detect: { alarm: "read-only" },
      steps: [
        { say: "see that the network is whole again, and that what it moves is re-mirroring", does: "decide", humanS: 7, limitS: 30 },
        { say: "block the re-mirroring: clients get the bandwidth back", does: "restore", run: (operator) => operator.blockMirroring(true), limitS: 20 },
        { say: "verify every blob", does: "verify", run: (operator) => operator.verify(), limitS: 60 },
        {
          say: "release: developers may log in again",
          does: "release",
          run: (operator) => operator.release("all blobs verified; no LUN has a mirror that is in step", "accept-loss"),
          until: { plane: "control", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
