/** What somebody else does to the foundation while a run is under way: it is named, and is no deed of the scenario's. */
import type { Event, Plan } from "../core.js";

/** A sentence for an event that is not this run's doing; undefined for all others. `self` is who runs it, as the keeper names clients. */
export function foreignDeed(plan: Pick<Plan, "injections">, self: string, event: Event): string | undefined {
  if (event.kind === "injecting" && !plan.injections.some(({ id }) => id === event.injection))
    return `${event.fault && event.target ? `${event.fault} on ${event.target}` : event.injection} was injected by ${event.client ?? "somebody else"}, not by the plan`;
  if (event.kind !== "healing" || event.client === undefined || event.client === self) return undefined;
  const planned = plan.injections.find(({ id }) => id === event.injection);
  return planned && `${planned.fault} on ${planned.target} (act ${planned.act}) was healed by ${event.client}, not by the plan`;
}
