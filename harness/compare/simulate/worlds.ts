/**
 * Made-up platforms with known truth, in which comparisons are tried: what a block's trials lost, drawn from a seed. Lost seconds are log-normal, as outage
 * durations are; a block has its own weather, which its trials share.
 */
import type { Random } from "../../random.js";

export interface World {
  readonly name: string;
  /** Spread of a trial's log lost seconds, and of the weather that a block's trials share. */
  readonly spread: number;
  readonly weather: number;
  /** The machine becomes slower by this factor from the first trial to the last. */
  readonly drift: number;
  /** Not recovered by then: kept at it. */
  readonly capS: number;
  /** Share of trials that lose nothing, and the step that seconds are rounded to. */
  readonly zeros: number;
  readonly stepS: number;
}
const still: World = { name: "plain", spread: 0.4, weather: 0.4, drift: 1, capS: Number.POSITIVE_INFINITY, zeros: 0, stepS: 0 };
export const worlds = {
  plain: still,
  drift: { ...still, name: "drift of + 80 %", drift: 1.8 },
  censored: { ...still, name: "one of six not recovered", capS: 18 },
  ties: { ...still, name: "ties and zeros", zeros: 0.15, stepS: 2 },
} satisfies Record<string, World>;
export const medianS = 10;
/** Added to lost seconds before the logarithm, as a design does. */
export const shiftS = 0.1;

/** Box and Muller's transform. */
export const gaussian = (random: Random): number => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());

/** Lost seconds per block and arm; arm i loses effects[i] × as much as without. Arms run in an order that chance gives, one after the other. */
export function drawBlocks(world: World, blocks: number, effects: readonly number[], random: Random): number[][] {
  return Array.from({ length: blocks }, (_, block) => {
    const weather = world.weather * gaussian(random);
    const order = effects.map((_, arm) => ({ arm, key: random() })).sort((a, b) => a.key - b.key);
    const lost = new Array<number>(effects.length);
    order.forEach(({ arm }, position) => {
      const progress = (block * effects.length + position) / Math.max(1, blocks * effects.length - 1);
      const s = medianS * effects[arm]! * world.drift ** progress * Math.exp(weather + world.spread * gaussian(random));
      const stepped = world.stepS > 0 ? Math.round(s / world.stepS) * world.stepS : s;
      lost[arm] = random() < world.zeros ? 0 : Math.min(world.capS, stepped);
    });
    return lost;
  });
}
/** log(U_arm / U_last) per block, for every arm but the last, which is the reference. */
export const differencesOf = (blocks: readonly (readonly number[])[]): number[][] =>
  blocks[0]!.slice(0, -1).map((_, arm) => blocks.map((block) => Math.log(block[arm]! + shiftS) - Math.log(block.at(-1)! + shiftS)));
