/** Friedman's test over more than two arms in complete blocks, with the correction for ties (Friedman, JASA 32, 1937). blocks[i][j]: arm j in block i. */
import { ranks, tieSizes } from "./descriptive.js";
import { chiSquaredUpper } from "./distributions.js";

export function friedman(blocks: readonly (readonly number[])[]): { readonly chiSquared: number; readonly df: number; readonly p: number } {
  const n = blocks.length;
  const k = blocks[0]!.length;
  const sums = new Array<number>(k).fill(0);
  let ties = 0;
  for (const block of blocks) {
    ranks(block).forEach((rank, j) => {
      sums[j]! += rank;
    });
    ties += tieSizes(block).reduce((all, size) => all + size ** 3 - size, 0);
  }
  const spread = sums.reduce((all, total) => all + (total - (n * (k + 1)) / 2) ** 2, 0);
  const scale = n * k * (k + 1) - ties / (k - 1);
  const chiSquared = scale > 0 ? (12 * spread) / scale : 0;
  return { chiSquared, df: k - 1, p: chiSquaredUpper(chiSquared, k - 1) };
}
