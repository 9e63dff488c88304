/** What every form of the report is made from, and the words that they share. */
import type { Comparison, Design, Pair, TrialStrip } from "../shapes.js";

export interface Report {
  readonly design: Design;
  readonly comparison: Comparison;
  /** What trials looked like; without it the report has no strips. */
  readonly strips?: readonly TrialStrip[];
}

/** The whole in two words, and how reports colour it. */
export function outcomeOf({ exitCode, pairs, undoFailed, expectation }: Comparison): {
  readonly word: string;
  readonly kind: "pass" | "fail" | "inconclusive" | "aborted";
} {
  if (exitCode === 3) return { word: "aborted", kind: "aborted" };
  if (exitCode === 1) return { word: undoFailed.length > 0 ? "not undone" : expectation?.state === "refuted" ? "refuted" : "writes lost", kind: "fail" };
  if (exitCode === 0) return { word: "decided", kind: "pass" };
  const declared = pairs.filter((pair) => pair.declared);
  const decided = declared.filter(({ verdict }) => verdict !== "not decided").length;
  return { word: decided === 0 ? "not decided" : `${decided} of ${declared.length} decided`, kind: "inconclusive" };
}
/** Why the command ends with 1, in words. */
export function refusals({ undoFailed, expectation, pairs }: Comparison): string[] {
  return [
    ...undoFailed.map((where) => `Faults were not proved healed: ${where}.`),
    ...(expectation?.state === "refuted" ? [`--expect "${expectation.faster} < ${expectation.slower}" is refuted.`] : []),
    ...pairs.flatMap(({ declared, veto }) => (declared && veto && veto.lostWrites > 0 ? [`${veto.says}.`] : [])),
  ];
}
/** Warnings that refusals have not said already. */
export const furtherWarnings = (comparison: Comparison): Comparison["warnings"] => {
  const said = refusals(comparison);
  return comparison.warnings.filter(({ text }) => !said.includes(text));
};
/** Colours of verdicts are those of the run's report. */
export const kindOf = ({ verdict, veto }: Pair): "pass" | "fail" | "step" | "inconclusive" =>
  veto ? "fail" : verdict === "faster" ? "pass" : verdict === "slower" ? "fail" : verdict === "within margin" ? "step" : "inconclusive";
/** Where all are held against one, its name stands in the title. */
export const nameOf = ({ reference }: Pick<Comparison, "reference">, { a, b }: Pair): string => (b === reference ? a : `${a} against ${b}`);
