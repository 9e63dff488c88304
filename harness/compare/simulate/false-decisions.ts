/** How often a comparison finds a difference where there is none: thousands of made-up comparisons, decided by the very code that decides real ones. */
import { seeded } from "../../random.js";
import { decideFamily, type Rules } from "../analysis/decide.js";
import { wilson } from "../statistics/proportion.js";
import { differencesOf, drawBlocks, type World, worlds } from "./worlds.js";

export interface FalseDecisions {
  readonly path: string;
  readonly comparisons: number;
  readonly wrong: number;
  readonly share: number;
  /** 95 % interval of the share (Wilson). */
  readonly lo: number;
  readonly hi: number;
  /** What the share must lie in. */
  readonly wanted: readonly [number, number];
}
interface Case {
  readonly path: string;
  readonly world: World;
  readonly rules: Rules;
  readonly blocks: number;
  /** Of each arm; the last is the reference. */
  readonly effects: readonly number[];
  readonly wrong: (verdicts: readonly string[]) => boolean;
  readonly wanted: readonly [number, number];
}
const alpha = 0.05;
const fixed: Rules = { path: "fixed", alpha, matters: 1.25 };
const sequential: Rules = { path: "sequential", alpha, matters: 1.25 };
const finds = (verdicts: readonly string[]) => verdicts.some((word) => word === "faster" || word === "slower");
const exact: readonly [number, number] = [0.035, 0.065];
const atMost: readonly [number, number] = [0, 0.05];
const pair = [1, 1];
const five = [1, 1, 1, 1, 1];

export const cases: readonly Case[] = [
  ...[worlds.plain, worlds.drift, worlds.censored, worlds.ties].map((world) => ({
    path: `fixed, 12 blocks, one pair, ${world.name}`,
    world,
    rules: fixed,
    blocks: 12,
    effects: pair,
    wrong: finds,
    wanted: exact,
  })),
  { path: "fixed, 12 blocks, four pairs (Holm), plain", world: worlds.plain, rules: fixed, blocks: 12, effects: five, wrong: finds, wanted: [0, 0.065] },
  {
    path: "fixed, 12 blocks, four pairs (Holm), drift of + 80 %",
    world: worlds.drift,
    rules: fixed,
    blocks: 12,
    effects: five,
    wrong: finds,
    wanted: [0, 0.065],
  },
  ...[worlds.plain, worlds.drift, worlds.censored, worlds.ties].map((world) => ({
    path: `sequential, looked at after each of 30 blocks, one pair, ${world.name}`,
    world,
    rules: sequential,
    blocks: 30,
    effects: pair,
    wrong: finds,
    wanted: atMost,
  })),
  { path: "sequential, 30 blocks, four pairs, plain", world: worlds.plain, rules: sequential, blocks: 30, effects: five, wrong: finds, wanted: atMost },
  {
    path: "fixed, 20 blocks, “within margin” where the ratio is the margin itself",
    world: { ...worlds.plain, spread: 0.12 },
    rules: fixed,
    blocks: 20,
    effects: [1.25, 1],
    wrong: (verdicts) => verdicts.includes("within margin"),
    wanted: [0, 0.04],
  },
];

export function falseDecisions({ path, world, rules, blocks, effects, wrong, wanted }: Case, comparisons: number, seed: number): FalseDecisions {
  const random = seeded(seed);
  let count = 0;
  for (let i = 0; i < comparisons; i++) {
    const family = differencesOf(drawBlocks(world, blocks, effects, random));
    if (wrong(decideFamily(rules, family, true).map(({ verdict }) => verdict))) count++;
  }
  return { path, comparisons, wrong: count, share: count / comparisons, ...wilson(count, comparisons), wanted };
}
