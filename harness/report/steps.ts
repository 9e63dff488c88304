/** Steps of playbooks and of recover, as every report numbers and says them. */
import type { Event, Plan } from "../core.js";

export type StepEvent = Extract<Event, { kind: "step" }>;

/** The instants that get a flag: a playbook's step when it is begun, or when it is refused before that; one of recover when it is done. */
export const flags = (events: readonly Event[]): readonly StepEvent[] =>
  events.filter((event, i): event is StepEvent => {
    if (event.kind !== "step" || event.state === "due") return false;
    if (event.procedure === undefined || event.state === "acting") return true;
    const before = events.slice(0, i).findLast((one) => one.kind === "step" && one.procedure === event.procedure && one.step === event.step);
    return before?.kind === "step" && before.state === "due";
  });

/** "storage is lost 2/5: restore the cabinet's power", or what recover said. */
export function sayStep(plan: Plan, event: StepEvent): string {
  const steps = plan.procedures?.find(({ name }) => name === event.procedure)?.steps;
  if (!steps) return event.says;
  return `${event.procedure} ${event.step}/${steps.length}: ${event.says}`;
}
/** " (model: 6.2 s to decide)" where somebody took his time. */
export function sayDelay(plan: Plan, event: StepEvent): string {
  const humanS = plan.procedures?.find(({ name }) => name === event.procedure)?.steps[event.step - 1]?.humanS ?? 0;
  return humanS > 0 ? ` (${event.by}: ${humanS.toFixed(1)} s before it)` : "";
}
