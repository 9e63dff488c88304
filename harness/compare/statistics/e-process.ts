/**
 * Anytime-valid sign test: E = 2^n s! f! / (n + 1)! for s wins and f losses, the likelihood of the wins under a uniform prior against that under a fair coin.
 * Under the null it is a non-negative martingale that begins at 1, so by Ville's inequality it ever reaches 1/alpha with probability alpha at most
 * (Ville, 1939; Shafer et al., Statist. Sci. 26, 2011). Looking after every block costs nothing. Ties are dropped.
 */
import { ascending } from "./descriptive.js";
import { logGamma } from "./distributions.js";

export const eValue = (wins: number, losses: number): number =>
  Math.exp((wins + losses) * Math.LN2 + logGamma(wins + 1) + logGamma(losses + 1) - logGamma(wins + losses + 2));

/** Of the differences so far, in their order: E after each of them. */
export function eProcess(differences: readonly number[]): number[] {
  let [wins, losses] = [0, 0];
  return differences.map((d) => {
    if (d > 0) wins++;
    if (d < 0) losses++;
    return eValue(wins, losses);
  });
}

/**
 * Confidence sequence for the median difference: every shift that the e-process has not rejected (Howard and Ramdas, Bernoulli 28, 2022, for the idea).
 * It covers the median at all block counts at once with probability 1 - alpha at least, so it may be printed at an early stop.
 */
export function confidenceSequence(differences: readonly number[], alpha: number): { readonly lo: number; readonly hi: number } {
  const sorted = ascending(differences);
  const n = sorted.length;
  // A shift below the i + 1st smallest has i losses at the most; the largest rejected i counts.
  let rejected = -1;
  for (let i = 0; 2 * i < n && eValue(n - i, i) >= 1 / alpha; i++) rejected = i;
  return rejected < 0 ? { lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } : { lo: sorted[rejected]!, hi: sorted[n - 1 - rejected]! };
}
