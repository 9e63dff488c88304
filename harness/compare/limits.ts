/** The fewest blocks that can decide at all, however clear the difference: to be refused before anything is started, not excused afterwards. */
import { eValue } from "./statistics/e-process.js";

/** fixed: a sweep's sign-flip p, 2/2^n, times the pairs of Holm's first step. sequential: a sweep's E has to reach pairs/alpha. */
export function fewestBlocks(alpha: number, path: "fixed" | "sequential", pairs: number): number {
  let n = 1;
  while (path === "fixed" ? (pairs * 2) / 2 ** n > alpha : eValue(n, 0) < pairs / alpha) n++;
  return n;
}
