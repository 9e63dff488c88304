/**
 * Runs what a design declares: block by block, in the order that chance gave, each trial in a laboratory of its own. After every trial all that is known is on the
 * disk; whoever begins again finds the trials that were over, and runs the others.
 */

import { FlounderError } from "../errors.js";
import { analyse } from "./analysis/analyse.js";
import { untimed } from "./analysis/sensitivity.js";
import type { ComparisonFolder } from "./folder.js";
import { brokenTrial, type Slot } from "./measured.js";
import type { Comparison, Design, Trial, TrialStrip } from "./shapes.js";

/** Where one trial is run. Rejects where it was cut off, or could not be run: then nothing of it counts. */
export type Laboratory = (slot: Slot, signal: AbortSignal) => Promise<{ readonly trial: Trial; readonly strip: TrialStrip | undefined }>;

export interface Shard {
  /** Counted from 1. */
  readonly index: number;
  readonly of: number;
}
export interface Running {
  readonly design: Design;
  readonly folder: ComparisonFolder;
  readonly laboratory: Laboratory;
  readonly signal: AbortSignal;
  readonly shard?: Shard | undefined;
  /** When all is over, so many blocks are run again at other human delays, of playbooks whose trials cannot be re-simulated. Default: none. */
  readonly delaysBlocks?: number | undefined;
  /** Game days that stand beside it. */
  readonly people?: readonly Trial[] | undefined;
  /** A trial begins. */
  begins(slot: Slot, done: Comparison): void;
  /** A trial is over, and on the disk. */
  ended(trial: Trial, comparison: Comparison): void;
}

/** So many trials in a row that could not be run end the comparison. */
const brokenInRow = 3;

/** Resolves when nothing is left to be run, or the signal aborts. */
export async function runTrials(running: Running): Promise<Comparison> {
  const { design, folder, laboratory, signal } = running;
  const state = (aborted?: string) =>
    analyse(design, folder.trials, { digest: folder.digest, people: running.people, ...(aborted === undefined ? {} : { aborted }) });
  let comparison = state();
  let broken = 0;
  /** Until it counts, or its attempts are spent. False where the signal was aborted. */
  const untilItCounts = async (block: number, arm: string, delays: number): Promise<boolean> => {
    for (;;) {
      const slot = nextAttempt(design, folder.trials, block, arm, delays);
      if (!slot) return true;
      if (signal.aborted) return false;
      running.begins(slot, comparison);
      const startedIso = new Date().toISOString();
      try {
        const { trial, strip } = await laboratory(slot, signal);
        folder.add(trial, strip);
        broken = 0;
      } catch (error) {
        if (signal.aborted) return false;
        // A machine has its hiccups; what goes wrong again and again is more than that, and so is a defect.
        if (!(error instanceof FlounderError) || ++broken === brokenInRow) throw error;
        folder.add(brokenTrial(slot, error.message, startedIso, design), undefined);
      }
      comparison = state();
      running.ended(folder.trials.at(-1)!, comparison);
    }
  };
  const aborted = () => state(String(signal.reason?.message ?? signal.reason));
  for (const block of blocksOf(design, running.shard)) {
    // Looked at between blocks alone: a block that is cut short would not be complete.
    if (comparison.finished) break;
    for (const arm of design.order[block - 1]!.arms) if (!(await untilItCounts(block, arm, 1))) return aborted();
  }
  if (!comparison.finished) return comparison;
  const again = untimed(design, folder.trials);
  for (let block = 1; block <= Math.min(running.delaysBlocks ?? 0, design.maxBlocks); block++)
    for (const { delays, arm } of again) if (!(await untilItCounts(block, arm, delays))) return aborted();
  return comparison;
}

/** Blocks of a shard, counted from 1: every so manieth, so that each shard is spread over the whole of the time. */
export const blocksOf = ({ order }: Pick<Design, "order">, shard: Shard = { index: 1, of: 1 }): readonly number[] =>
  order.flatMap((_, i) => (i % shard.of === shard.index - 1 ? [i + 1] : []));

/** Undefined: there is a valid trial, or there were as many attempts as the design allows. */
export function nextAttempt(design: Design, trials: readonly Trial[], block: number, name: string, delays = 1): Slot | undefined {
  const mine = trials.filter((trial) => trial.block === block && trial.arm === name && trial.delays === delays);
  if (mine.some(({ invalid }) => invalid === null) || mine.length >= design.attempts) return undefined;
  const { seed, arms } = design.order[block - 1]!;
  const { playbook, idle } = design.arms.find((arm) => arm.name === name)!;
  return { block, seed, arm: name, playbook, idle, attempt: mine.length + 1, position: arms.indexOf(name) + 1, delays };
}

/** How many trials are still to come at most; a sequential design may stop before. */
export const trialsLeft = (design: Design, trials: readonly Trial[], shard?: Shard): number =>
  blocksOf(design, shard)
    .slice(0, design.path === "fixed" ? undefined : design.blocks)
    .flatMap((block) => design.order[block - 1]!.arms.filter((arm) => nextAttempt(design, trials, block, arm) !== undefined)).length;
