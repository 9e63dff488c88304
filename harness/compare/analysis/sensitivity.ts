/**
 * The ranking if people were twice as quick, and half as quick: their delays are a model, so a ranking that hangs on them is none.
 * Re-run trials are taken where there are some; else lost seconds are re-simulated: what was lost while a person was waited for stretches with the delay.
 * That is right only where nothing else happened meanwhile, so trials say whether it may be done (lostWhileHumanS).
 */

import type { Comparison, Design, Pair, Trial } from "../shapes.js";
import { median } from "../statistics/descriptive.js";
import { hodgesLehmann } from "../statistics/hodges-lehmann.js";
import { type CountedBlock, countedBlocks, inFamily, primaryS } from "./counted.js";

type Sensitivity = Comparison["sensitivity"][number];
const factors = [0.5, 2];

export function sensitivityOf(design: Design, blocks: readonly CountedBlock[], trials: readonly Trial[], pairs: readonly Omit<Pair, "says">[]): Sensitivity[] {
  return factors.flatMap((delays) => {
    const lost = new Map<string, ReadonlyMap<number, number>>();
    const hows = new Set<"re-simulated" | "re-run">();
    for (const { name } of design.arms.filter(inFamily)) {
      const again = new Map(
        trials.flatMap((trial) => (trial.delays === delays && trial.arm === name && !trial.invalid ? [[trial.block, primaryS(design, trial)] as const] : [])),
      );
      const found = again.size > 0 ? again : reSimulated(design, blocks, name, delays);
      if (found.size === 0) return [];
      lost.set(name, found);
      hows.add(again.size > 0 ? "re-run" : "re-simulated");
    }
    return [rank(design, pairs, delays, hows.size > 1 ? "re-run in part" : [...hows][0]!, lost)];
  });
}

/** What must be run again to know the ranking at other delays: arms of the family of which a trial cannot be re-simulated. */
export function untimed(design: Design, trials: readonly Trial[]): readonly { readonly delays: number; readonly arm: string }[] {
  const blocks = countedBlocks(design, trials);
  const arms = design.arms.filter((arm) => inFamily(arm) && reSimulated(design, blocks, arm.name, 1).size === 0);
  return factors.flatMap((delays) => arms.map(({ name }) => ({ delays, arm: name })));
}

/** Lost seconds by block; empty where the timing of one trial does not allow it: the others would be those that went well. */
function reSimulated(design: Design, blocks: readonly CountedBlock[], arm: string, delays: number): ReadonlyMap<number, number> {
  const mine = blocks.flatMap(({ block, trials }) => {
    const trial = trials.get(arm);
    return trial ? [{ block, trial, s: trial.clock.lostWhileHumanS }] : [];
  });
  if (mine.some(({ s }) => s === null)) return new Map();
  return new Map(mine.map(({ block, trial, s }) => [block, Math.max(0, Math.min(design.capS, primaryS(design, trial) + (delays - 1) * s!))]));
}

function rank(
  design: Design,
  pairs: readonly Omit<Pair, "says">[],
  delays: number,
  how: Sensitivity["how"],
  lost: ReadonlyMap<string, ReadonlyMap<number, number>>,
): Sensitivity {
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
