/** Past runs as text, a line each. Pure. */
import { lanesInOrder } from "../report/charts/strips.js";
import { figure, middle, who } from "../words.js";
import type { StoredRun } from "./stored-runs.js";

/** "2026-04-25 12:45  pass  four-cuts seed 7  developers 3.1 · app users 0.0 | inside 0.0 · 0.0" */
export function historyLine({ startedIso, plan, verdict, name }: StoredRun): string {
  const at = `${startedIso.slice(0, 10)} ${startedIso.slice(11, 16)}`;
  const what = `${plan.name} seed ${plan.seed}, ${plan.foundation.profile} on ${plan.engine}`;
  const lost = verdict
    ? `lost s: ${lanesInOrder.map(({ plane, from }) => `${who(plane)} ${from} ${figure(middle(verdict.lostS[plane][from]))}`).join(", ")}`
    : "not judged: flounder judge makes up for it";
  return `${at}  ${(verdict?.result ?? "-").padEnd(12)}  ${what}  ${lost}  ${name}`;
}
