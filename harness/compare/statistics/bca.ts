/**
 * Bias-corrected and accelerated bootstrap interval (Efron, JASA 82, 1987). Blocks are drawn whole: what is passed in are indexes of blocks.
 * For statistics that have no exact interval, as the correlation within blocks; a mean has a better one (rmst-difference.ts).
 */
import { seeded } from "../../random.js";
import { ascending, mean, sum } from "./descriptive.js";
import { normalCdf, normalQuantile } from "./distributions.js";

export interface Bca {
  readonly lo: number;
  readonly hi: number;
  readonly bias: number;
  readonly acceleration: number;
  readonly jackknifeSe: number;
}
export function bca(n: number, statistic: (blocks: readonly number[]) => number, level = 0.95, draws = 2000, seed = 1): Bca {
  const all = Array.from({ length: n }, (_, i) => i);
  const value = statistic(all);
  const left = all.map((out) => statistic(all.filter((i) => i !== out)));
  const lean = left.map((one) => mean(left) - one);
  const squares = sum(lean.map((d) => d * d));
  const acceleration = squares > 0 ? sum(lean.map((d) => d ** 3)) / (6 * squares ** 1.5) : 0;
  const random = seeded(seed);
  const drawn = ascending(Array.from({ length: draws }, () => statistic(all.map(() => Math.floor(random() * n)))));
  const below = drawn.filter((one) => one < value).length + drawn.filter((one) => one === value).length / 2;
  const bias = normalQuantile(Math.min(1 - 0.5 / draws, Math.max(0.5 / draws, below / draws)));
  const at = (p: number) => {
    const z = normalQuantile(p);
    const share = normalCdf(bias + (bias + z) / (1 - acceleration * (bias + z)));
    return drawn[Math.min(draws - 1, Math.max(0, Math.round(share * (draws + 1)) - 1))]!;
  };
  return { lo: at((1 - level) / 2), hi: at((1 + level) / 2), bias, acceleration, jackknifeSe: Math.sqrt(((n - 1) / n) * squares) };
}
