/** Instead of verifying what is there, back to what was known to be good. Quick, and what was acknowledged since is lost. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "restore-backup",
  says: "bets that nobody misses what was done since last night: the CCDB goes back to its backup, and nothing is verified",
  before: (operator) => operator.backUp(),
  procedures: [
    {
      name: "storage is lost",
      detect: { alarm: "read-only" },
      steps: [
        { say: "find out that one supply of one cabinet is behind it", does: "decide", humanS: 6, limitS: 30 },
        { say: "restore the cabinet's power", does: "restore", run: (operator) => operator.restorePower(), limitS: 20 },
        { say: "restore last night's backup of the CCDB", does: "restore", run: (operator) => operator.restoreBackup(), limitS: 30 },
        {
          say: "release: developers may log in again",
          does: "release",
          run: (operator) => operator.releaseUnverified("the CCDB is as it was last night"),
          until: { plane: "control", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
