/**
 * Did the machine drift while blocks were run? Mann and Kendall's test of a monotonic trend (Mann, Econometrica 13, 1945; Kendall, 1975),
 * exact without ties, else normal with the correction for ties; and the slope by Theil and Sen (JASA 63, 1968).
 */
import { median, tieSizes } from "./descriptive.js";
import { normalCdf } from "./distributions.js";

export interface Trend {
  readonly tau: number;
  readonly p: number;
  /** Per step. */
  readonly slope: number;
}
export function trend(values: readonly number[]): Trend {
  const n = values.length;
  let s = 0;
  const slopes: number[] = [];
  for (let i = 0; i < n; i++)
    for (let j = i + 1; j < n; j++) {
      s += Math.sign(values[j]! - values[i]!);
      slopes.push((values[j]! - values[i]!) / (j - i));
    }
  const pairs = (n * (n - 1)) / 2;
  const ties = tieSizes(values);
  const p = ties.length === n ? exactP(s, n) : normalP(s, n, ties);
  return { tau: s / pairs, p, slope: median(slopes) };
}
/** Number of permutations by their inversions, as probabilities. */
function exactP(s: number, n: number): number {
  const pairs = (n * (n - 1)) / 2;
  let mass = new Float64Array(pairs + 1);
  mass[0] = 1;
  for (let k = 2; k <= n; k++) {
    const next = new Float64Array(pairs + 1);
    for (let i = 0; i <= (k * (k - 1)) / 2; i++) for (let j = 0; j < k && j <= i; j++) next[i]! += mass[i - j]! / k;
    mass = next;
  }
  // |S| or more: so few inversions, or so many.
  let tail = 0;
  for (let i = 0; i <= (pairs - Math.abs(s)) / 2; i++) tail += mass[i]!;
  return Math.min(1, 2 * tail);
}
function normalP(s: number, n: number, ties: readonly number[]): number {
  const cubic = (m: number) => m * (m - 1) * (2 * m + 5);
  const variance = (cubic(n) - ties.reduce((all, size) => all + cubic(size), 0)) / 18;
  if (variance <= 0 || s === 0) return 1;
  return Math.min(1, 2 * normalCdf(-(Math.abs(s) - 1) / Math.sqrt(variance)));
}
