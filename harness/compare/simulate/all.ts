/** Everything that `npm run simulate` tries, with how often: all of it, or a short form for the tests. */
import { type Coverage, ratioCoverage, rmstCoverage, sequenceCoverage, sizes } from "./coverage.js";
import { cases, type FalseDecisions, falseDecisions } from "./false-decisions.js";
import { worlds } from "./worlds.js";

export interface Tries {
  readonly comparisons: number;
  /** Of intervals: cheaper, and at n = 6 the exact level (96.9 %) is near the bound. */
  readonly intervals: number;
  readonly seed: number;
}
export const inFull: Tries = { comparisons: 2000, intervals: 100_000, seed: 2011 };

/** One result at a time, so that it can be said as it comes. */
export function* simulate({ comparisons, intervals, seed }: Tries): Generator<FalseDecisions | Coverage> {
  for (const [i, one] of cases.entries()) yield falseDecisions(one, comparisons, seed + i);
  for (const [w, world] of [worlds.plain, worlds.drift].entries())
    for (const n of sizes) yield ratioCoverage(world, n, Math.ceil(intervals / (n > 12 ? 4 : 1)), seed + 100 * (w + 1) + n);
  for (const n of sizes) yield rmstCoverage(n, Math.ceil(intervals / 5), seed + 300 + n);
  yield sequenceCoverage(worlds.plain, 30, comparisons, seed + 400);
  yield sequenceCoverage(worlds.drift, 30, comparisons, seed + 401);
}

export const isWithin = ({ share, wanted: [lo, hi] }: FalseDecisions | Coverage): boolean => share >= lo && share <= hi;
export const say = (one: FalseDecisions | Coverage): string => {
  const name = "path" in one ? one.path : `${one.interval}, n = ${one.n}`;
  const of = "path" in one ? `${one.wrong} of ${one.comparisons}` : `of ${one.tries}`;
  const kind = "path" in one ? "wrong" : "holds";
  return `| ${name} | ${kind} ${(100 * one.share).toFixed(1)} % (${of}) | ${one.wanted.map((share) => (100 * share).toFixed(1)).join(" to ")} % | ${isWithin(one) ? "yes" : "NO"} |`;
};
