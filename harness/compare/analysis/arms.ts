/** One arm by itself: how much it lost, how often and how soon it recovered, what people and machines took, what it did wrong. */
import { type Arm, type ArmSummary, type Design, type Estimate, endings, type Trial } from "../shapes.js";
import { mean, median } from "../statistics/descriptive.js";
import { kaplanMeier, medianTime, type Observed } from "../statistics/kaplan-meier.js";
import { medianWithInterval } from "../statistics/median-interval.js";
import { clopperPearson } from "../statistics/proportion.js";
import { meanWithInterval } from "../statistics/rmst-difference.js";
import { type CountedBlock, isMain, middleS, primaryS } from "./counted.js";

/** Non-recoveries are censored at the cap. */
export const observedOf = ({ capS }: Design, { recovered, recoveryS }: Trial): Observed => ({
  atS: Math.min(recoveryS, capS),
  event: recovered && recoveryS <= capS,
});
const finite = (value: number): number | null => (Number.isFinite(value) ? value : null);
export const estimateOf = ({ value, lo, hi }: { value: number; lo: number; hi: number }): Estimate => ({ value, lo: finite(lo), hi: finite(hi) });

export function proportionOf(k: number, n: number, alpha: number): ArmSummary["pRecover"] {
  return n === 0 ? { k, n, share: 0, lo: 0, hi: 1 } : { k, n, share: k / n, ...clopperPearson(k, n, 1 - alpha) };
}
export const recoveredIn = (design: Design, trials: readonly Trial[]): number => trials.filter((trial) => observedOf(design, trial).event).length;

export function summarise(design: Design, arm: Arm, blocks: readonly CountedBlock[], all: readonly Trial[]): ArmSummary {
  const trials = blocks.flatMap(({ trials }) => trials.get(arm.name) ?? []);
  const observed = trials.map((trial) => observedOf(design, trial));
  const curve = kaplanMeier(observed);
  const level = 1 - design.alpha;
  const total = (of: (trial: Trial) => number) => trials.reduce((sum, trial) => sum + of(trial), 0);
  const medianOf = (of: (trial: Trial) => number) => (trials.length > 0 ? median(trials.map(of)) : 0);
  const meanOf = (values: readonly number[]) => (values.length > 0 ? mean(values) : 0);
  const detected = trials.flatMap((trial) => trial.clock.detectS ?? []);
  const lost = (plane: "control" | "data", from: "outside" | "inside") => medianOf((trial) => middleS(trial.lostS[plane][from]));
  return {
    arm: arm.name,
    playbook: arm.playbook,
    role: arm.role,
    n: trials.length,
    replaced: all.filter((trial) => isMain(trial) && trial.arm === arm.name && trial.invalid).length,
    lostS:
      trials.length > 0
        ? estimateOf(
            medianWithInterval(
              trials.map((trial) => primaryS(design, trial)),
              level,
            ),
          )
        : null,
    medianLostS: {
      control: { outside: lost("control", "outside"), inside: lost("control", "inside") },
      data: { outside: lost("data", "outside"), inside: lost("data", "inside") },
    },
    pRecover: proportionOf(recoveredIn(design, trials), trials.length, design.alpha),
    rmstS:
      trials.length > 0
        ? estimateOf(
            meanWithInterval(
              observed.map((one) => one.atS),
              level,
            ),
          )
        : null,
    medianRecoveryS: medianTime(curve),
    curve: curve.map(({ atS, survival, atRisk }) => ({ atS, notRecovered: survival, atRisk })),
    clock: {
      detectS: detected.length > 0 ? mean(detected) : null,
      humanS: meanOf(trials.map((trial) => trial.clock.humanS)),
      machineS: meanOf(trials.map((trial) => trial.clock.machineS)),
    },
    steps: {
      done: total(({ steps }) => steps.done),
      refused: total(({ steps }) => steps.refused),
      repeated: total(({ steps }) => steps.repeated),
      wrong: total(({ steps }) => steps.wrong),
    },
    lostWrites: total(({ writes }) => writes.lost),
    trialsWithLostWrites: trials.filter(({ writes }) => writes.lost > 0).length,
    harmed: trials.filter(({ harm }) => harm !== "").length,
    endings: Object.fromEntries(endings.map((ending) => [ending, trials.filter((trial) => trial.ending === ending).length])) as ArmSummary["endings"],
  };
}
