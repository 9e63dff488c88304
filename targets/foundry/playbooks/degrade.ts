/** Another design, compared like a playbook: Cloud Controllers refuse what needs the lost LUN, and nothing else. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "degrade",
  says: "bets on the design: without the latch a lost LUN refuses only what needs it, and there is nothing to be released",
  policy: { "cc.onLunLoss": "degrade" },
  procedures: [
    {
      name: "developers are refused",
      detect: { alarm: "lun-silent" },
      steps: [
        { say: "find out that one supply of one cabinet is behind it", does: "decide", humanS: 6, limitS: 30 },
        { say: "restore the cabinet's power", does: "restore", run: (operator) => operator.restorePower(), limitS: 20 },
        { say: "verify every blob, by the mounts of each Cloud Controller", does: "verify", run: (operator) => operator.verify("each"), limitS: 60 },
      ],
    },
  ],
} satisfies Playbook<Operator>;
