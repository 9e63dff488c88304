/** What was done on 25 and 26 April 2011, as far as the operator told it. Human seconds are measured seconds of a run, not hours of 2011. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "as-it-was",
  says: "bets on certainty, as on 25 and 26 April 2011: repair after the loss, verify for long, release; restore the front end from what was saved",
  procedures: [
    {
      // The Health Manager's alerts came all at once, when everything was read-only already.
      name: "storage is lost",
      detect: { alarm: "read-only" },
      steps: [
        { say: "find out that one supply of one cabinet is behind it", does: "decide", humanS: 6, limitS: 30 },
        { say: "restore the cabinet's power", does: "restore", run: (operator) => operator.restorePower(), limitS: 20 },
        { say: "verify every blob, by the mounts of each Cloud Controller", does: "verify", run: (operator) => operator.verify("each"), limitS: 60 },
        { say: "verify that the cabinet works reliably", does: "verify", run: (operator) => operator.watchPower(10), limitS: 60 },
        {
          say: "release: developers may log in again",
          does: "release",
          run: (operator) => operator.release("all blobs verified, the cabinet works", "accept-loss"),
          until: { plane: "control", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
    {
      name: "nobody gets in",
      detect: { plane: "data", from: "outside", is: "down", forS: 2 },
      steps: [
        { say: "understand that it is the network, and who touched it", does: "decide", humanS: 6, limitS: 30 },
        {
          say: "restore the front end from the saved configs",
          does: "restore",
          run: (operator) => operator.restoreEdge(),
          until: { plane: "data", from: "outside", is: "up", forS: 1 },
          limitS: 40,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
