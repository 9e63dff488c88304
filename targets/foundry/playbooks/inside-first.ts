/** 26 April 2011: who asks from inside knows at once that it is the way in, not the apps. */
import type { Playbook } from "../../../harness/core.js";
import type { Operator } from "../operator/operator.js";

export default {
  name: "inside-first",
  says: "bets on the view from inside: every app answers there, so it is the way in; tell users first, then restore it without looking further",
  procedures: [
    {
      name: "nobody gets in",
      detect: { plane: "data", from: "outside", is: "down", forS: 2 },
      steps: [
        {
          say: "see from inside that every app answers, and tell users that nothing of theirs is lost",
          does: "decide",
          humanS: 2,
          guard: { plane: "data", from: "inside", is: "up", forS: 2 },
          limitS: 20,
        },
        {
          say: "restore the front end from the saved configs, from the door inwards",
          does: "restore",
          humanS: 1,
          run: (operator) => operator.restoreEdge(),
          until: { plane: "data", from: "outside", is: "up", forS: 1 },
          limitS: 40,
        },
      ],
    },
  ],
} satisfies Playbook<Operator>;
