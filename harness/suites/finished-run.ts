/** What one run found, as suites ask it. */
import { join } from "node:path";
import type { Bounds, Plane, Result, Vantage, Verdict } from "../core.js";
import { files, readResults } from "../results/results.js";
import { recoveredS } from "./recovered.js";

export interface FinishedRun {
  readonly result: Result;
  readonly verdict: Verdict;
  /** The results folder: report.html, plan.json and junit.xml are in it. */
  readonly dir: string;
  /** Acknowledged writes that were gone afterwards. */
  readonly missingWrites: readonly string[];
  /** Runs before this one that were inconclusive, oldest first; see `retries`. */
  readonly earlier: readonly FinishedRun[];
  /** Seconds without service, as bounds, over the whole run from the injection on. */
  lost(plane: Plane, from: Vantage): { readonly loS: number; readonly hiS: number };
  /** What users of one plane saw from one vantage: what assertions are made on. */
  plane(plane: Plane, from: Vantage): PlaneOutcome;
}

export interface PlaneOutcome {
  readonly plane: Plane;
  readonly from: Vantage;
  readonly lostS: Bounds;
  /** From the last healing to the last answer that was lost; 0 if nothing was lost after it, Infinity if it stayed so. Undefined: no healing was seen. */
  recoveredS(): Bounds | undefined;
  readonly run: FinishedRun;
}

export function finishedRun(verdict: Verdict, dir: string, earlier: readonly FinishedRun[] = []): FinishedRun {
  const run: FinishedRun = {
    result: verdict.result,
    verdict,
    dir,
    missingWrites: verdict.ledger.missing,
    earlier,
    lost: (plane, from) => ({ loS: verdict.lostS[plane][from].lo, hiS: verdict.lostS[plane][from].hi }),
    plane: (plane, from) => ({ plane, from, lostS: verdict.lostS[plane][from], recoveredS: () => recoveredS(readResults(dir), verdict, plane, from), run }),
  };
  return run;
}

export const isFinishedRun = (value: unknown): value is FinishedRun =>
  typeof value === "object" && value !== null && "verdict" in value && "dir" in value && "plane" in value && typeof value.plane === "function";
export const isPlaneOutcome = (value: unknown): value is PlaneOutcome =>
  typeof value === "object" && value !== null && "lostS" in value && "run" in value && isFinishedRun(value.run);

export const reportOf = ({ dir }: FinishedRun): string => join(dir, files.html);
export const planOf = ({ dir }: FinishedRun): string => join(dir, files.plan);

/** Why it is not sound, or was ended: the first finding of that kind. */
export function whyOpen({ result, verdict }: FinishedRun): string | undefined {
  if (result !== "inconclusive" && result !== "aborted") return undefined;
  return verdict.findings.find((finding) => finding.result === result)?.says ?? result;
}
