/** The services lose the store for some seconds. Each closes its book, and a closed book stays closed when the store is back. */
import linkCut from "../../../faults/link-cut.js";
import { act, type Scenario } from "../../../harness/scenario.js";

export default {
  name: "closed-book",
  says: "the store is out of reach for some seconds: everybody can read, and nobody can sign until an operator opens the book again",
  foundation: { profile: "pair", timeFactor: 10, policy: { "entries.breaker": "manual" } },
  acts: [act(linkCut, { of: "entries-*>store-1", pick: "all" }, { id: "cut", forS: 4 }, { how: "swallow" })],
  playbook: "reopen",
  must: [
    { plane: "control", from: "outside", lostS: { min: 3 } },
    { plane: "data", from: "outside", lostS: { max: 0.5 } },
    { plane: "data", from: "inside", lostS: { max: 0.5 } },
  ],
  giveUpS: 90,
} satisfies Scenario;
