/** What came of a session: values alone, so that whoever asked decides what it means. */
import type { About, Finding, Plan, Verdict } from "../core.js";

export interface Outcome {
  readonly verdict: Verdict;
  readonly plan: Plan;
  /** The results folder, absolute. */
  readonly folder: string;
  /** The foundation, versions, and the command that does it again. */
  readonly about: About;
  /** Why the run was ended before its end, by a person or by its time limit. */
  readonly aborted?: string;
  /** Why the run could not go on: nobody wanted that. */
  readonly brokenOff?: string;
  /** What was thrown that is no operating error: a defect of Flounder. */
  readonly defect?: unknown;
  /** Why the run is no evidence about the foundation, a sentence each; empty for pass and fail. */
  readonly invalid: readonly string[];
}

/** The findings that make a verdict inconclusive or aborted; none where it passed or failed. */
export function invalidReasons({ result, findings }: { readonly result: Verdict["result"]; readonly findings: readonly Finding[] }): readonly string[] {
  if (result === "pass" || result === "fail") return [];
  return findings.filter((finding) => finding.result === "inconclusive" || finding.result === "aborted").map(({ says }) => says);
}
