/**
 * Difference of restricted mean recovery times within blocks: every trial is watched until the cap, so min(T, cap) is known for each,
 * and the paired mean has Student's interval (Student, Biometrika 6, 1908). It covers better than BCa at 12 blocks.
 */
import { mean, variance } from "./descriptive.js";
import { studentQuantile } from "./distributions.js";

export interface Estimate {
  readonly value: number;
  readonly lo: number;
  readonly hi: number;
}
/** Mean with Student's interval; without one when there are fewer than two. */
export function meanWithInterval(values: readonly number[], level = 0.95): Estimate {
  const value = mean(values);
  if (values.length < 2) return { value, lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY };
  const half = studentQuantile(0.5 + level / 2, values.length - 1) * Math.sqrt(variance(values) / values.length);
  return { value, lo: value - half, hi: value + half };
}
export const pairedRmstDifference = (a: readonly number[], b: readonly number[], capS: number, level = 0.95): Estimate =>
  meanWithInterval(
    a.map((time, i) => Math.min(time, capS) - Math.min(b[i]!, capS)),
    level,
  );
