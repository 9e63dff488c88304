/** Wilcoxon's signed-rank statistic V and its exact distribution (Wilcoxon, Biometrics Bulletin 1, 1945), by the recursion over ranks. */
import { ranks, sum } from "./descriptive.js";

const known = new Map<number, Float64Array>();
/** P(V = v) for v = 0 … n(n+1)/2, without ties. */
function masses(n: number): Float64Array {
  const before = known.get(n);
  if (before) return before;
  const top = (n * (n + 1)) / 2;
  const mass = new Float64Array(top + 1);
  mass[0] = 1;
  for (let rank = 1; rank <= n; rank++) for (let v = (rank * (rank + 1)) / 2; v >= 0; v--) mass[v] = (mass[v]! + (v >= rank ? mass[v - rank]! : 0)) / 2;
  known.set(n, mass);
  return mass;
}
/** P(V <= v). */
export function signedRankCdf(v: number, n: number): number {
  const mass = masses(n);
  let below = 0;
  for (let i = 0; i <= Math.min(v, mass.length - 1); i++) below += mass[i]!;
  return below;
}
/** The smallest v with P(V <= v) >= p. */
export function signedRankQuantile(p: number, n: number): number {
  const mass = masses(n);
  let below = 0;
  for (let v = 0; v < mass.length; v++) {
    below += mass[v]!;
    if (below >= p) return v;
  }
  return mass.length - 1;
}

/** Sum of the ranks of positive differences; zeros are dropped. */
export function signedRank(differences: readonly number[]): { readonly v: number; readonly n: number } {
  const kept = differences.filter((d) => d !== 0);
  const rank = ranks(kept.map(Math.abs));
  return { v: sum(rank.filter((_, i) => kept[i]! > 0)), n: kept.length };
}
