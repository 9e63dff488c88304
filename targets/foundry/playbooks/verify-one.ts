/** As on 25 April 2011, but each blob is hashed once, not once by each Cloud Controller. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "verify-one",
  says: "bets that one Cloud Controller's word is enough: all mount the same LUNs, so each blob is verified once",
  procedures: [
    {
      name: "storage is lost",
      detect: { alarm: "read-only" },
      steps: [
        { say: "find out that one supply of one cabinet is behind it", does: "decide", humanS: 6, limitS: 30 },
        { say: "restore the cabinet's power", does: "restore", run: (operator) => operator.restorePower(), limitS: 20 },
        { say: "verify every blob, by the mounts of one Cloud Controller", does: "verify", run: (operator) => operator.verify("one"), limitS: 60 },
        {
          say: "release: developers may log in again",
          does: "release",
          run: (operator) => operator.release("all blobs verified", "accept-loss"),
          until: { plane: "control", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
