/** How often printed intervals hold the truth. */
import { seeded } from "../../random.js";
import { confidenceSequence } from "../statistics/e-process.js";
import { hodgesLehmann } from "../statistics/hodges-lehmann.js";
import { wilson } from "../statistics/proportion.js";
import { pairedRmstDifference } from "../statistics/rmst-difference.js";
import { differencesOf, drawBlocks, type World, worlds } from "./worlds.js";

export interface Coverage {
  readonly interval: string;
  readonly n: number;
  readonly tries: number;
  readonly share: number;
  readonly lo: number;
  readonly hi: number;
  readonly wanted: readonly [number, number];
}
export const sizes = [6, 8, 12, 20] as const;
const ratio = 0.6;
const effects = [ratio, 1];
const wanted: readonly [number, number] = [0.93, 0.97];

function count(interval: string, n: number, tries: number, wanted: readonly [number, number], holds: () => boolean): Coverage {
  let k = 0;
  for (let i = 0; i < tries; i++) if (holds()) k++;
  return { interval, n, tries, share: k / tries, ...wilson(k, tries), wanted };
}

export function ratioCoverage(world: World, n: number, tries: number, seed: number): Coverage {
  const random = seeded(seed);
  const truth = Math.log(ratio);
  return count(`ratio (Hodges-Lehmann), ${world.name}`, n, tries, wanted, () => {
    const { lo, hi } = hodgesLehmann(differencesOf(drawBlocks(world, n, effects, random))[0]!);
    return lo <= truth && truth <= hi;
  });
}

const recoveryCapS = 18;
const cut = (s: number): number => Math.min(s, recoveryCapS);
/** The true difference of restricted means, from so large a sample that its own error is below 0.01 s. */
const trueDifferenceS = once(() => {
  const many = drawBlocks(worlds.plain, 400_000, effects, seeded(1));
  return many.reduce((sum, [a, b]) => sum + cut(a!) - cut(b!), 0) / many.length;
});
function once<T>(make: () => T): () => T {
  let made: { readonly value: T } | undefined;
  return () => {
    made ??= { value: make() };
    return made.value;
  };
}
/** Recovery times are log-normal and cut at a cap. */
export function rmstCoverage(n: number, tries: number, seed: number): Coverage {
  const random = seeded(seed);
  const truth = trueDifferenceS();
  return count("difference of restricted means (Student)", n, tries, wanted, () => {
    const blocks = drawBlocks(worlds.plain, n, effects, random);
    const [a, b] = [blocks.map((block) => block[0]!), blocks.map((block) => block[1]!)];
    const { lo, hi } = pairedRmstDifference(a, b, recoveryCapS);
    return lo <= truth && truth <= hi;
  });
}

/** Held at every block from the first to the last: a stop may come at any. */
export function sequenceCoverage(world: World, blocks: number, tries: number, seed: number): Coverage {
  const random = seeded(seed);
  const truth = Math.log(ratio);
  return count(`confidence sequence, at all blocks at once, ${world.name}`, blocks, tries, [0.95, 1], () => {
    const differences = differencesOf(drawBlocks(world, blocks, effects, random))[0]!;
    return differences.every((_, i) => {
      const { lo, hi } = confidenceSequence(differences.slice(0, i + 1), 0.05);
      return lo <= truth && truth <= hi;
    });
  });
}
