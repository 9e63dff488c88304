/**
 * Is one new run worse than stored ones? Each lane's lost seconds against the interval in which one more run of the same would fall: a prediction interval,
 * mean ± t·s·√(1 + 1/n), since an interval for the mean would call half of all good runs worse. Pure.
 */

import { studentQuantile } from "../compare/statistics/distributions.js";
import type { Plane, Vantage, Verdict } from "../core.js";
import { lanesInOrder } from "../report/charts/strips.js";
import { figure, laneName, middle } from "../words.js";

/** A run of before, as a baseline file keeps it. */
export interface BaselineRun {
  readonly scenario: string;
  readonly engine: string;
  readonly profile: string;
  readonly timeFactor: number;
  readonly machine: string | null;
  readonly lostS: Verdict["lostS"];
}
/** Of the four lanes together, so often a run that is no worse is called so by its first run; the confirming one squares it. */
const level = 0.95;
/** Fewer say nothing of how much runs differ. */
export const fewest = 3;
/** Runs that all lost the same still differ by what sampling leaves open. */
const leastSpreadS = 0.05;

export interface Worse {
  readonly plane: Plane;
  readonly from: Vantage;
  readonly lostS: number;
  readonly limitS: number;
  readonly says: string;
}

/** Of a baseline, what this run may be held against: the same scenario, engine, profile and factor, on the same machine. */
export const comparable = (runs: readonly BaselineRun[], of: Omit<BaselineRun, "lostS">): readonly BaselineRun[] =>
  runs.filter(
    (run) =>
      run.scenario === of.scenario &&
      run.engine === of.engine &&
      run.profile === of.profile &&
      run.timeFactor === of.timeFactor &&
      run.machine !== null &&
      run.machine === of.machine,
  );

/** The largest value that one more run may have; `lanes` are looked at together. */
export function predictionLimit(values: readonly number[], lanes = lanesInOrder.length): number {
  const n = values.length;
  const mean = values.reduce((sum, value) => sum + value, 0) / n;
  const variance = values.reduce((sum, value) => sum + (value - mean) ** 2, 0) / (n - 1);
  const spread = Math.max(leastSpreadS, Math.sqrt(variance));
  return mean + studentQuantile(1 - (1 - level) / lanes, n - 1) * spread * Math.sqrt(1 + 1 / n);
}

/** Lanes in which the run lost more than the baseline lets expect. Its lower bound decides: what sampling leaves open is no regression. */
export function worseLanes(runs: readonly BaselineRun[], lostS: Verdict["lostS"]): readonly Worse[] {
  return lanesInOrder.flatMap(({ plane, from }) => {
    const limitS = predictionLimit(runs.map((run) => middle(run.lostS[plane][from])));
    const lost = lostS[plane][from];
    if (lost.lo <= limitS) return [];
    const says = `${laneName(plane, from)} lost ${figure(middle(lost))} s; of ${runs.length} runs before, at most ${figure(limitS)} s was to be expected`;
    return [{ plane, from, lostS: middle(lost), limitS, says }];
  });
}
