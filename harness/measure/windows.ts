/** Windows of a run that figures are taken over, and which samples count in them. Pure; µs relative to the run's zero. */
import type { Event, Plan, Sample } from "../core.js";

/** Half open: fromUs belongs to it, toUs does not. */
export interface Window {
  readonly fromUs: number;
  readonly toUs: number;
}

/** Says something about the target; the others were lost to the observer, or never asked because an earlier step failed. */
export const isMeasured = (sample: Sample): boolean => sample.outcome !== "observer" && sample.outcome !== "not-attempted";
/** `unknown` is bad: the user got no answer, whether or not the write happened. */
export const isBad = (sample: Sample): boolean => isMeasured(sample) && sample.outcome !== "ok";
export const isWithin = (window: Window, sample: Sample): boolean => sample.dueUs >= window.fromUs && sample.dueUs < window.toUs;

const phaseAt = (events: readonly Event[], phase: string): number | undefined => events.find((event) => event.kind === "phase" && event.phase === phase)?.atUs;

/**
 * From the start of turbulence to the end of the watch. Sampling ends with the watch; what is read back after it is no part of it.
 * A run that was cut ends with its last sample or event.
 */
export function runWindow(plan: Pick<Plan, "phases">, events: readonly Event[], samples: readonly Sample[]): Window {
  const last = Math.max(0, events.at(-1)?.atUs ?? 0, ...[samples.at(-1)?.dueUs ?? 0]);
  const watch = phaseAt(events, "watch");
  const end = phaseAt(events, "end");
  const toUs = watch !== undefined && end !== undefined ? Math.min(watch + plan.phases.watchS * 1e6, end) : last;
  return { fromUs: Math.min(phaseAt(events, "turbulence") ?? toUs, toUs), toUs };
}

/** Each time that the steady phase began. */
export const steadyBegins = (events: readonly Event[]): readonly number[] =>
  events.flatMap((event) => (event.kind === "phase" && event.phase === "steady" ? [event.atUs] : []));

/** The steady phase just before turbulence, the last one where it was begun again; undefined if either never came. */
export function steadyWindow(events: readonly Event[]): Window | undefined {
  const toUs = phaseAt(events, "turbulence");
  const fromUs = steadyBegins(events).at(-1);
  return fromUs === undefined || toUs === undefined || fromUs >= toUs ? undefined : { fromUs, toUs };
}

/** When the first injection of an act began; undefined: never. */
export function injectingUs(plan: Pick<Plan, "injections">, act: string, events: readonly Event[]): number | undefined {
  const mine = new Set(plan.injections.filter((injection) => injection.act === act).map((injection) => injection.id));
  return events.find((event) => event.kind === "injecting" && mine.has(event.injection))?.atUs;
}

/**
 * From an act's first injection to the next act's, or to the end of the watch. Acts that the plan starts at the same instant share a window:
 * else the first of them would own the microseconds until the second.
 */
export function actWindow(plan: Pick<Plan, "acts" | "injections">, act: string, events: readonly Event[], run: Window): Window | undefined {
  const fromUs = injectingUs(plan, act, events);
  if (fromUs === undefined) return undefined;
  const own = plan.acts.find(({ id }) => id === act);
  const later = plan.acts
    .filter((other) => other.id !== act && !(other.after === own?.after && (other.atS ?? 0) === (own?.atS ?? 0)))
    .map((other) => injectingUs(plan, other.id, events))
    .filter((us) => us !== undefined && us > fromUs) as number[];
  return { fromUs, toUs: Math.max(fromUs, Math.min(run.toUs, ...later)) };
}
