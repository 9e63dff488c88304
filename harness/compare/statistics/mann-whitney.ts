/**
 * Mann and Whitney's exact test of two unpaired arms (Ann. Math. Statist. 18, 1947), for values without ties: whether fresh machines differ,
 * say, where no block joins the trials. With ties: brunner-munzel.ts.
 */
import { ascending } from "./descriptive.js";

export interface MannWhitney {
  /** Pairs in which x is above y. */
  readonly w: number;
  readonly p: number;
  /** P(W >= w). */
  readonly greater: number;
  /** Hodges-Lehmann shift of x against y, with its exact interval. */
  readonly shift: number;
  readonly lo: number;
  readonly hi: number;
}
export function mannWhitney(x: readonly number[], y: readonly number[], level = 0.95): MannWhitney {
  const differences = ascending(x.flatMap((one) => y.map((other) => one - other)));
  const all = differences.length;
  const w = differences.filter((d) => d > 0).length;
  const mass = masses(x.length, y.length);
  const upTo = (v: number) => mass.slice(0, Math.max(0, v + 1)).reduce((sum, one) => sum + one, 0);
  const greater = 1 - upTo(w - 1);
  let k = 0;
  while (upTo(k) < (1 - level) / 2) k++;
  return {
    w,
    greater,
    p: Math.min(1, 2 * Math.min(greater, upTo(w))),
    shift: (differences[(all - 1) >> 1]! + differences[all >> 1]!) / 2,
    lo: k === 0 ? Number.NEGATIVE_INFINITY : differences[k - 1]!,
    hi: k === 0 ? Number.POSITIVE_INFINITY : differences[all - k]!,
  };
}
/** P(W = w), by the recursion over the largest value: it is an x, and above all n of y, or a y. */
function masses(m: number, n: number): Float64Array {
  const table = Array.from({ length: m + 1 }, () => Array.from({ length: n + 1 }, () => new Float64Array(m * n + 1)));
  for (let i = 0; i <= m; i++)
    for (let j = 0; j <= n; j++) {
      const here = table[i]![j]!;
      if (i === 0 || j === 0) here[0] = 1;
      else for (let w = 0; w <= i * j; w++) here[w] = ((w >= j ? table[i - 1]![j]![w - j]! * i : 0) + table[i]![j - 1]![w]! * j) / (i + j);
    }
  return table[m]![n]!;
}
