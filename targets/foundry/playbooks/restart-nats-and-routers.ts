/** The bus hangs, or seems to: it is started anew, and so are all who keep what they heard on it. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "restart-nats-and-routers",
  says: "bets on a clean start: routers are restarted after the bus, so that none goes on with what it heard before",
  procedures: [
    {
      name: "nobody gets in",
      detect: { plane: "data", from: "outside", is: "down", forS: 2 },
      steps: [
        { say: "restart the bus", does: "restore", humanS: 3, run: (operator) => operator.restart("nats", 1), limitS: 30 },
        {
          say: "restart the routers, all at once",
          does: "restore",
          humanS: 1,
          run: (operator) => operator.restart("router", 2),
          until: { plane: "data", from: "outside", is: "up", forS: 1 },
          limitS: 30,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
