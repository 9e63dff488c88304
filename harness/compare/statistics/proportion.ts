/** Intervals of a proportion: exact (Clopper and Pearson, Biometrika 26, 1934), and Wilson's score interval (JASA 22, 1927). */
import { betaQuantile, normalQuantile } from "./distributions.js";

export interface ShareInterval {
  readonly lo: number;
  readonly hi: number;
}
export function clopperPearson(k: number, n: number, level = 0.95): ShareInterval {
  const tail = (1 - level) / 2;
  return { lo: k === 0 ? 0 : betaQuantile(tail, k, n - k + 1), hi: k === n ? 1 : betaQuantile(1 - tail, k + 1, n - k) };
}
/** Nearer to its level on average, below it at some shares: for the false-alarm rate, where thousands are counted. */
export function wilson(k: number, n: number, level = 0.95): ShareInterval {
  const z = normalQuantile(0.5 + level / 2);
  const middle = (k + (z * z) / 2) / (n + z * z);
  const half = (z / (n + z * z)) * Math.sqrt((k * (n - k)) / n + (z * z) / 4);
  return { lo: Math.max(0, middle - half), hi: Math.min(1, middle + half) };
}
