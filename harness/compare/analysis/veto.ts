/** What bars an arm from winning, however soon it was: lost acknowledged writes, damage that it did itself, trials in which it did not run to its end. */

import { plural } from "../../words.js";
import type { Arm, ArmSummary } from "../shapes.js";

const endingWords = { threw: "ended with an error", hung: "hung", "did-nothing": "did nothing", frozen: "was stopped by a freeze" } as const;

/** In words that follow the arm's name; undefined: nothing does. Doing nothing is what an idle playbook does. */
export function vetoOf(arm: Arm, summary: ArmSummary): string | undefined {
  const inTrials = (k: number) => `in ${k} of ${plural(summary.n, "trial")}`;
  const reasons = [
    ...(summary.lostWrites > 0 ? [`lost ${plural(summary.lostWrites, "acknowledged write")} ${inTrials(summary.trialsWithLostWrites)}`] : []),
    ...(summary.harmed > 0 ? [`did damage ${inTrials(summary.harmed)}`] : []),
    ...Object.entries(endingWords).flatMap(([ending, says]) => {
      const k = summary.endings[ending as keyof typeof endingWords];
      return k > 0 && !(arm.idle && ending === "did-nothing") ? [`${says} ${inTrials(k)}`] : [];
    }),
  ];
  return reasons.length > 0 ? reasons.join(", ") : undefined;
}
