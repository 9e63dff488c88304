/** How the command ends: 0 every declared pair is decided or shown within the margin · 1 refuted, writes lost by a winner, an undo failed · 2 otherwise · 3 aborted. */
import type { Comparison, Design } from "../shapes.js";

/** Held: the verdict says so. Refuted: it says the contrary, or that no difference matters. */
export function expectationOf({ expect }: Design, pairs: Comparison["pairs"]): Comparison["expectation"] {
  if (!expect) return null;
  const { faster, slower } = expect;
  const pair = pairs.find(({ a, b, declared }) => declared && ((a === faster && b === slower) || (a === slower && b === faster)));
  const wanted = pair?.a === faster ? "faster" : "slower";
  const state = !pair || pair.verdict === "not decided" ? "not shown" : pair.verdict === wanted ? "held" : "refuted";
  return { faster, slower, state };
}

export function exitCodeOf(found: Pick<Comparison, "pairs" | "aborted" | "undoFailed" | "expectation">): number {
  const declared = found.pairs.filter((pair) => pair.declared);
  // What is still broken outranks all else.
  if (found.undoFailed.length > 0) return 1;
  if (found.aborted !== null) return 3;
  const lostByWinner = declared.some(({ veto }) => veto !== null && veto.lostWrites > 0);
  if (lostByWinner || found.expectation?.state === "refuted") return 1;
  if (found.expectation?.state === "not shown") return 2;
  return declared.every(({ verdict }) => verdict !== "not decided") ? 0 : 2;
}
