/** What every form of the report is made from, and the words that they share. */
import { middleS } from "../analysis/counted.js";
import { saySeconds } from "../analysis/figures.js";
import { sayInvalid } from "../analysis/footnotes.js";
import type { ArmSummary, Comparison, Design, Pair, People, TrialStrip } from "../shapes.js";

export interface Report {
  readonly design: Design;
  readonly comparison: Comparison;
  /** What trials looked like; without it the report has no strips. */
  readonly strips?: readonly TrialStrip[];
}

/** An arm as pictures and tables show it; `label`: its name, marked where it is not tested; `path`: where its figures are in comparison.json. */
export type Shown = (ArmSummary | People["summary"]) & { readonly label: string; readonly path: string };
/** The arms of the design, then people, where game days were given. */
export const shownArms = ({ arms, people }: Comparison): readonly Shown[] => [
  ...arms.map((arm, i) => ({ ...arm, label: arm.arm, path: `arms.${i}` })),
  ...(people ? [{ ...people.summary, label: `${people.summary.arm} (not tested)`, path: "people.summary" }] : []),
];

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
/** A line per game day. */
export const gameDays = ({ trials }: People): string[] =>
  trials.map(({ results, seed, block, lostS, recovered, recoveryS, harm, invalid }) => {
    const of = `${results} (seed ${seed}${block === null ? "" : `, that of block ${block}`})`;
    if (invalid) return `${of} does not count: ${sayInvalid(invalid.code)}: ${invalid.says}`;
    const back = recovered ? `recovered after ${saySeconds(recoveryS)}` : "not recovered";
    return `${of}: ${saySeconds(middleS(lostS))} lost, ${back}${harm === "" ? "" : `; damage: ${harm}`}`;
  });
