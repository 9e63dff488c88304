/**
 * Hodges-Lehmann estimate of a median difference, and its exact interval: Walsh averages between the quantiles of the signed-rank statistic
 * (Hodges and Lehmann, Ann. Math. Statist. 34, 1963; Bauer, JASA 67, 1972). As R's wilcox.test(conf.int = TRUE, exact = TRUE),
 * but without an end where R falls back to the largest attainable level: n = 5 cannot give 95 %.
 */
import { ascending } from "./descriptive.js";
import { signedRankQuantile } from "./signed-rank.js";

export interface HodgesLehmann {
  readonly estimate: number;
  readonly lo: number;
  readonly hi: number;
}
export function hodgesLehmann(differences: readonly number[], level = 0.95): HodgesLehmann {
  const walsh = walshAverages(differences);
  const all = walsh.length;
  const estimate = (walsh[(all - 1) >> 1]! + walsh[all >> 1]!) / 2;
  const k = signedRankQuantile((1 - level) / 2, differences.length);
  return k === 0 ? { estimate, lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY } : { estimate, lo: walsh[k - 1]!, hi: walsh[all - k]! };
}

/** Means of all pairs, each value with itself as well, in ascending order. */
function walshAverages(values: readonly number[]): Float64Array {
  const sorted = ascending(values);
  const walsh = new Float64Array((values.length * (values.length + 1)) / 2);
  let at = 0;
  for (let i = 0; i < sorted.length; i++) for (let j = i; j < sorted.length; j++) walsh[at++] = (sorted[i]! + sorted[j]!) / 2;
  return walsh.sort();
}
