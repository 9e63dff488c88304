/** 26 April 2011: one layer after the other, from the door inwards, each looked at before the next. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "ordered",
  says: "bets on care: name servers, firewall, balancers, routers, each looked at before the next one is touched",
  procedures: [
    {
      name: "nobody gets in",
      detect: { plane: "data", from: "outside", is: "down", forS: 2 },
      steps: [
        { say: "restore the name servers, and look", does: "restore", humanS: 6, run: (operator) => operator.restoreEdge("dns"), limitS: 20 },
        { say: "restore the firewall, and look", does: "restore", humanS: 2, run: (operator) => operator.restoreEdge("firewall"), limitS: 20 },
        { say: "restore the balancers, and look", does: "restore", humanS: 2, run: (operator) => operator.restoreEdge("lb"), limitS: 20 },
        {
          say: "restore the routers, and look",
          does: "restore",
          humanS: 2,
          run: (operator) => operator.restoreEdge("router"),
          until: { plane: "data", from: "outside", is: "up", forS: 1 },
          limitS: 40,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
