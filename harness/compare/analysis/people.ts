/** Game days beside the arms of a design: summarised by the same code, held against nobody. */
import { plural } from "../../words.js";
import type { Arm, Design, People, Trial } from "../shapes.js";
import { summarise } from "./arms.js";
import { blocksOf, type CountedBlock } from "./counted.js";
import { saySeconds } from "./figures.js";

/** Its name among arms. A playbook of this name cannot be compared beside it. */
export const peopleArm = "people";
/** What stands wherever it is shown. */
export const untested = "played by people: not randomised, so not tested";

export function peopleOf(design: Design, trials: readonly Trial[]): People {
  const arm: Arm = { name: peopleArm, playbook: peopleArm, role: "candidate", idle: false };
  // A game day belongs to no block: who plays when is not drawn.
  const each = trials
    .filter(({ invalid }) => !invalid)
    .map((trial, i): CountedBlock => ({ block: i + 1, trials: new Map([[peopleArm, trial]]), complete: true }));
  const { playbook: _p, role: _r, replaced: _x, clock: _c, steps: _s, endings: _e, ...summary } = summarise(design, arm, each, trials);
  const { plane, from } = design.outcome;
  return {
    says: sayPeople(design, summary, trials.length - summary.n),
    summary,
    trials: trials.map(({ results, seed, lostS, recovered, recoveryS, writes, harm, invalid }) => ({
      results,
      seed,
      block: blockOfSeed(design, seed),
      lostS: lostS[plane][from],
      recovered,
      recoveryS,
      lostWrites: writes.lost,
      harm,
      ...(invalid ? { invalid } : {}),
    })),
  };
}

function blockOfSeed(design: Design, seed: number): number | null {
  const index = design.order.slice(0, blocksOf(design)).findIndex((block) => block.seed === seed);
  return index < 0 ? null : index + 1;
}

function sayPeople({ capS }: Design, { n, lostS, pRecover, lostWrites }: People["summary"], invalid: number): string {
  const left = invalid > 0 ? ` ${plural(invalid, "game day")} did not count.` : "";
  if (!lostS) return `people: no game day counts (${untested}).${left}`;
  const writes = lostWrites > 0 ? `, ${plural(lostWrites, "acknowledged write")} lost` : "";
  return `people: median ${saySeconds(lostS.value)} lost in ${plural(n, "game day")}, recovered in ${pRecover.k} of ${pRecover.n} within ${capS} s${writes} (${untested}).${left}`;
}
