/** As on 25 April 2011 up to the repair; then developers are let in before anybody has looked at the blobs. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "release-first",
  says: "bets that nothing was lost: repair, let developers in at once, verify the blobs while they work",
  procedures: [
    {
      name: "storage is lost",
      detect: { alarm: "read-only" },
      steps: [
        { say: "find out that one supply of one cabinet is behind it", does: "decide", humanS: 6, limitS: 30 },
        { say: "restore the cabinet's power", does: "restore", run: (operator) => operator.restorePower(), limitS: 20 },
        {
          say: "release: developers may log in again",
          does: "release",
          run: (operator) => operator.releaseUnverified("developers come first"),
          until: { plane: "control", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
        { say: "verify every blob, by the mounts of each Cloud Controller", does: "verify", run: (operator) => operator.verify("each"), limitS: 60 },
      ],
    },
  ],
} satisfies Playbook<Operator>;
