/**
 * What pairing bought: the correlation of two arms' log lost seconds within blocks, and the variance of an unpaired difference over that of the paired one
 * (Cochran and Cox, Experimental Designs, 1957, on the efficiency of blocking). At or below 0 and 1 it bought nothing.
 */
import { bca } from "./bca.js";
import { correlation, variance } from "./descriptive.js";

export interface PairingGain {
  readonly r: number;
  readonly lo: number;
  readonly hi: number;
  readonly variance: number;
}
export function pairingGain(a: readonly number[], b: readonly number[], level = 0.95): PairingGain {
  const paired = variance(a.map((value, i) => value - b[i]!));
  const { lo, hi } = bca(
    a.length,
    (blocks) =>
      correlation(
        blocks.map((i) => a[i]!),
        blocks.map((i) => b[i]!),
      ),
    level,
  );
  return { r: correlation(a, b), lo, hi, variance: paired > 0 ? (variance(a) + variance(b)) / paired : 1 };
}
