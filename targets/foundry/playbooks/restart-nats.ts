/** The bus hangs, or seems to: it alone is started anew. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "restart-nats",
  says: "bets that the bus alone is broken: whoever was connected comes back by itself, and says again where it is",
  procedures: [
    {
      name: "nobody gets in",
      detect: { plane: "data", from: "outside", is: "down", forS: 2 },
      steps: [
        {
          say: "restart the bus",
          does: "restore",
          humanS: 3,
          run: (operator) => operator.restart("nats", 1),
          until: { plane: "data", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
