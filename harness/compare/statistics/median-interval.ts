/** Exact interval of a median from order statistics, by the sign test (Thompson, Ann. Math. Statist. 7, 1936). Without an end where n is too small. */
import { ascending, median } from "./descriptive.js";
import type { Estimate } from "./rmst-difference.js";

export function medianWithInterval(values: readonly number[], level = 0.95): Estimate {
  const sorted = ascending(values);
  const n = sorted.length;
  // P(fewer than k of n lie below the median), k as large as its tail allows.
  let k = 0;
  let mass = 0.5 ** n;
  let below = mass;
  while (below <= (1 - level) / 2 && k < n / 2) {
    k++;
    mass *= (n - k + 1) / k;
    below += mass;
  }
  return {
    value: median(values),
    lo: k === 0 ? Number.NEGATIVE_INFINITY : sorted[k - 1]!,
    hi: k === 0 ? Number.POSITIVE_INFINITY : sorted[n - k]!,
  };
}
