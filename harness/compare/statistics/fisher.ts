/** Fisher's exact test of two proportions, two-sided: all tables with the same margins that are no likelier (Fisher, 1935; as R's fisher.test). */
import { logGamma } from "./distributions.js";

const logChoose = (n: number, k: number): number => logGamma(n + 1) - logGamma(k + 1) - logGamma(n - k + 1);

export function fisherP(kA: number, nA: number, kB: number, nB: number): number {
  const k = kA + kB;
  const logOf = (x: number) => logChoose(nA, x) + logChoose(nB, k - x) - logChoose(nA + nB, k);
  const observed = logOf(kA);
  let p = 0;
  for (let x = Math.max(0, k - nB); x <= Math.min(k, nA); x++) if (logOf(x) <= observed + 1e-7) p += Math.exp(logOf(x));
  return Math.min(1, p);
}
