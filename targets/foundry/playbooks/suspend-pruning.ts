/** Another design, compared like a playbook: routers keep the routes that they have while the bus is silent. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator.js";

export default {
  name: "suspend-pruning",
  says: "bets on the design: a stale route is better than none, so nobody needs to hurry; the bus is restarted only if users are lost all the same",
  policy: { "router.onNatsLoss": "suspend" },
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
