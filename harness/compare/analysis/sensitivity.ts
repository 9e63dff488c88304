/**
 * The ranking if people were twice as quick, and half as quick: their delays are a model, so a ranking that hangs on them is none.
 * Re-run trials are taken where there are some; else lost seconds are re-simulated: what was lost while a person was waited for stretches with the delay.
 * That is right only where nothing else happened meanwhile, so trials say whether it may be done (lostWhileHumanS).
 */

import type { Comparison, Design, Pair, Trial } from "../shapes.js";
import { median } from "../statistics/descriptive.js";
import { hodgesLehmann } from "../statistics/hodges-lehmann.js";
import { type CountedBlock, inFamily, primaryS } from "./counted.js";

type Sensitivity = Comparison["sensitivity"][number];
const factors = [0.5, 2];

export function sensitivityOf(design: Design, blocks: readonly CountedBlock[], trials: readonly Trial[], pairs: readonly Omit<Pair, "says">[]): Sensitivity[] {
  return factors.flatMap((delays) => {
    const rerun = lostByArm(design, (arm) =>
      trials.flatMap((trial) => (trial.delays === delays && trial.arm === arm && !trial.invalid ? [[trial.block, primaryS(design, trial)] as const] : [])),
    );
    if (rerun) return [rank(design, pairs, delays, "re-run", rerun)];
    const main = blocks.flatMap(({ trials }) => [...trials.values()]);
    if (main.some(({ clock }) => clock.lostWhileHumanS === null)) return [];
    const simulated = lostByArm(design, (arm) =>
      main.flatMap((trial) => (trial.arm === arm ? [[trial.block, stretched(design, trial, delays)] as const] : [])),
    );
    return simulated ? [rank(design, pairs, delays, "re-simulated", simulated)] : [];
  });
}
const stretched = (design: Design, trial: Trial, delays: number): number =>
  Math.max(0, Math.min(design.capS, primaryS(design, trial) + (delays - 1) * trial.clock.lostWhileHumanS!));

type ByArm = ReadonlyMap<string, ReadonlyMap<number, number>>;
/** Lost seconds by arm and block; undefined if an arm of the family has none. */
function lostByArm(design: Design, of: (arm: string) => readonly (readonly [number, number])[]): ByArm | undefined {
  const all = new Map(design.arms.filter(inFamily).map(({ name }) => [name, new Map(of(name))]));
  return [...all.values()].every((lost) => lost.size > 0) ? all : undefined;
}

function rank(design: Design, pairs: readonly Omit<Pair, "says">[], delays: number, how: Sensitivity["how"], lost: ByArm): Sensitivity {
  const middle = (arm: string) => median([...lost.get(arm)!.values()]);
  return {
    delays,
    how,
    order: [...lost.keys()].sort((a, b) => middle(a) - middle(b)),
    pairs: pairs.flatMap(({ a, b, ratio, declared }) => {
      const [inA, inB] = [lost.get(a), lost.get(b)];
      if (!declared || !inA || !inB || ratio === null) return [];
      const differences = [...inA].flatMap(([block, s]) => (inB.has(block) ? [Math.log((s + design.shiftS) / (inB.get(block)! + design.shiftS))] : []));
      if (differences.length === 0) return [];
      const now = Math.exp(hodgesLehmann(differences).estimate);
      return [{ a, b, ratio: now, holds: Math.sign(Math.log(now)) === Math.sign(Math.log(ratio)) }];
    }),
  };
}
