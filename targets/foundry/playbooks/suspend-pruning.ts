/** Another design, compared like a playbook: routers keep the routes that they have while the bus is silent. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";
import restartNats from "./restart-nats.js";

export default {
  name: "suspend-pruning",
  says: "bets on the design: a stale route is better than none, so nobody needs to hurry; the bus is restarted only if users are lost all the same",
  policy: { "router.onNatsLoss": "suspend" },
  // Whoever is lost all the same is helped as under the other one: the two differ in the policy alone.
  procedures: restartNats.procedures,
} satisfies Playbook<Operator>;
