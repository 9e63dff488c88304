/** The store first, then the book. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator.js";

export default {
  name: "reopen",
  says: "bets that the store comes back: as soon as every service reaches it, the book is opened again",
  procedures: [
    {
      name: "nobody can sign",
      detect: { plane: "control", from: "outside", is: "down", forS: 1 },
      steps: [
        { say: "ask the store through every service", does: "verify", humanS: 2, run: (operator) => operator.checkStore(), limitS: 30 },
        {
          say: "open the book again",
          does: "release",
          humanS: 1,
          run: (operator) => operator.reopen(),
          until: { plane: "control", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
