/** 26 April 2011: everything that was touched is restored at the same time. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "all-at-once",
  says: "bets that the saved configs are good: the whole front end is restored at the same time, and nobody looks in between",
  procedures: [
    {
      name: "nobody gets in",
      detect: { plane: "data", from: "outside", is: "down", forS: 2 },
      steps: [
        {
          say: "restore the whole front end from the saved configs at once",
          does: "restore",
          humanS: 6,
          run: (operator) => operator.restoreEdgeAtOnce(),
          until: { plane: "data", from: "outside", is: "up", forS: 1 },
          limitS: 40,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
