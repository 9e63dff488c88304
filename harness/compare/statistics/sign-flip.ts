/**
 * Paired sign-flip permutation test of a mean difference, two-sided and exact (Fisher, The Design of Experiments, 1935, §21).
 * If the two arms of a block do not differ, chance alone gave each difference its sign: all 2^n signs are equally likely.
 * The sums of both halves of the differences are counted against each other (Horowitz and Sahni, J. ACM 21, 1974): 2 · 2^(n/2) sums stand for 2^n, so n = 40 is exact, too.
 */
import { type Random, seeded } from "../../random.js";
import { sum } from "./descriptive.js";

/** So many differences are counted exactly; more are drawn. */
export const exactUpTo = 40;

export function signFlipP(differences: readonly number[], draws = 100_000): number {
  // A zero stays a zero under either sign.
  const sizes = differences.filter((d) => d !== 0).map(Math.abs);
  if (sizes.length === 0) return 1;
  // Sums that are equal on paper differ by rounding.
  const observed = Math.abs(sum(differences)) - 1e-12 * sum(sizes);
  if (observed <= 0) return 1;
  if (sizes.length > exactUpTo) return drawn(sizes, observed, draws, seeded(sizes.length));
  const half = sizes.length >> 1;
  const left = allSums(sizes.slice(0, half));
  const right = allSums(sizes.slice(half));
  let above = 0;
  for (let i = 0, j = right.length; i < left.length; i++) {
    while (j > 0 && left[i]! + right[j - 1]! >= observed) j--;
    above += right.length - j;
  }
  return Math.min(1, (2 * above) / (left.length * right.length));
}

/** Of every choice of signs, in ascending order: merged, since each difference doubles a sorted list. */
function allSums(sizes: readonly number[]): Float64Array {
  let sums = new Float64Array([0]);
  for (const size of sizes) {
    const next = new Float64Array(2 * sums.length);
    for (let i = 0, low = 0, high = 0; i < next.length; i++) {
      const takesLow = low < sums.length && (high >= sums.length || sums[low]! - size <= sums[high]! + size);
      next[i] = takesLow ? sums[low++]! - size : sums[high++]! + size;
    }
    sums = next;
  }
  return sums;
}

function drawn(sizes: readonly number[], observed: number, draws: number, random: Random): number {
  let as = 0;
  for (let draw = 0; draw < draws; draw++) {
    let total = 0;
    for (const size of sizes) total += random() < 0.5 ? size : -size;
    if (Math.abs(total) >= observed) as++;
  }
  return (as + 1) / (draws + 1);
}
