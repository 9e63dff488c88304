/** Which attempts count: the last valid one of each arm in each block. Those that do not are kept with their reasons, never dropped in silence. */
import type { Arm, Design, Trial } from "../shapes.js";

export interface CountedBlock {
  readonly block: number;
  /** By arm. */
  readonly trials: ReadonlyMap<string, Trial>;
  /** Nothing of it is to be run any more: each arm has a valid trial, or has spent its attempts. */
  readonly complete: boolean;
}
export const isMain = (trial: Trial): boolean => trial.delays === 1;
export const middleS = ({ lo, hi }: { readonly lo: number; readonly hi: number }): number => (lo + hi) / 2;
/** The primary outcome of a trial, in seconds. */
export const primaryS = ({ outcome, capS }: Design, trial: Trial): number => Math.min(middleS(trial.lostS[outcome.plane][outcome.from]), capS);
/** Lost seconds may be 0: log(U + T). */
export const logLost = (design: Design, trial: Trial): number => Math.log(primaryS(design, trial) + design.shiftS);

export const inFamily = ({ role }: Arm): boolean => role === "reference" || role === "candidate";

/** How many blocks this design can have. */
export const blocksOf = (design: Design): number => (design.path === "fixed" ? design.blocks : design.maxBlocks);

export function countedBlocks(design: Design, trials: readonly Trial[]): CountedBlock[] {
  const main = trials.filter(isMain);
  return design.order.slice(0, blocksOf(design)).map(({ arms }, i) => {
    const block = i + 1;
    const counted = new Map<string, Trial>();
    let complete = true;
    for (const arm of arms) {
      const attempts = main.filter((trial) => trial.block === block && trial.arm === arm).sort((a, b) => a.attempt - b.attempt);
      const valid = attempts.filter((trial) => !trial.invalid).at(-1);
      if (valid) counted.set(arm, valid);
      else if (attempts.length < design.attempts) complete = false;
    }
    return { block, trials: counted, complete };
  });
}

export interface Matched {
  readonly block: number;
  readonly a: Trial;
  readonly b: Trial;
}
/** Blocks in which both have a valid trial, in the order of blocks. */
export const matched = (blocks: readonly CountedBlock[], a: string, b: string): Matched[] =>
  blocks.flatMap(({ block, trials }) => {
    const [one, other] = [trials.get(a), trials.get(b)];
    return one && other ? [{ block, a: one, b: other }] : [];
  });
/** log(U_a / U_b) per block: below 0, a lost less. */
export const logRatios = (design: Design, pairs: readonly Matched[]): number[] => pairs.map(({ a, b }) => logLost(design, a) - logLost(design, b));
