/**
 * Log-rank test of two curves (Mantel, 1966; Peto and Peto, J. R. Statist. Soc. A 135, 1972), with Fleming and Harrington's weight S^rho.
 * Paired trials: the statistic O - E is a sum of scores, one per trial, so exchanging the arms of a block flips the sign of its score difference,
 * and the sign-flip test of these is the exact permutation version. The asymptotic one has 6.9 % false positives at 10 + 10 with a common cap.
 */
import { chiSquaredUpper } from "./distributions.js";
import { kaplanMeier, type Observed } from "./kaplan-meier.js";
import { signFlipP } from "./sign-flip.js";

export interface LogRank {
  readonly observed: readonly [number, number];
  readonly expected: readonly [number, number];
  readonly variance: number;
  readonly chiSquared: number;
  readonly p: number;
}
export function logRank(a: readonly Observed[], b: readonly Observed[], rho = 0): LogRank {
  const observed: [number, number] = [0, 0];
  const expected: [number, number] = [0, 0];
  let variance = 0;
  let before = 1;
  for (const { atS, events, atRisk, survival } of kaplanMeier([...a, ...b])) {
    const weight = before ** rho;
    before = survival;
    const riskA = a.filter((one) => one.atS >= atS).length;
    const eventsA = a.filter((one) => one.event && one.atS === atS).length;
    observed[0] += weight * eventsA;
    observed[1] += weight * (events - eventsA);
    expected[0] += (weight * events * riskA) / atRisk;
    expected[1] += (weight * events * (atRisk - riskA)) / atRisk;
    if (atRisk > 1) variance += (weight ** 2 * events * riskA * (atRisk - riskA) * (atRisk - events)) / (atRisk ** 2 * (atRisk - 1));
  }
  const chiSquared = variance > 0 ? (observed[0] - expected[0]) ** 2 / variance : 0;
  return { observed, expected, variance, chiSquared, p: chiSquaredUpper(chiSquared, 1) };
}

/** By permutation within blocks; a[i] and b[i] are of one block. */
export function pairedLogRankP(a: readonly Observed[], b: readonly Observed[]): number {
  const curve = kaplanMeier([...a, ...b]);
  /** Events seen less events expected of a trial that was at risk so long. */
  const score = ({ atS, event }: Observed): number =>
    (event ? 1 : 0) - curve.filter((step) => step.atS <= atS).reduce((all, step) => all + step.events / step.atRisk, 0);
  return signFlipP(a.map((one, i) => score(one) - score(b[i]!)));
}
