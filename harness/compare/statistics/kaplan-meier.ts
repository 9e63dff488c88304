/**
 * Kaplan-Meier's product-limit estimate of the share not yet recovered (Kaplan and Meier, JASA 53, 1958), Greenwood's standard error,
 * and the restricted mean survival time up to a cap with its standard error (Irwin, 1949; Royston and Parmar, BMC Med. Res. Methodol. 13, 2013).
 * A time without an event is censored: known only to be longer.
 */
import { ascending } from "./descriptive.js";

export interface Observed {
  readonly atS: number;
  /** False: censored at this instant. */
  readonly event: boolean;
}
export interface Step {
  readonly atS: number;
  readonly events: number;
  readonly atRisk: number;
  /** Share without an event after this instant. */
  readonly survival: number;
  readonly se: number;
}
export function kaplanMeier(observed: readonly Observed[]): Step[] {
  const times = ascending([...new Set(observed.filter((one) => one.event).map((one) => one.atS))]);
  let survival = 1;
  let greenwood = 0;
  return times.map((atS) => {
    const atRisk = observed.filter((one) => one.atS >= atS).length;
    const events = observed.filter((one) => one.event && one.atS === atS).length;
    survival *= 1 - events / atRisk;
    greenwood += events / (atRisk * (atRisk - events));
    return { atS, events, atRisk, survival, se: survival === 0 ? 0 : survival * Math.sqrt(greenwood) };
  });
}
/** The first instant by which half had their event; null: fewer did. */
export const medianTime = (curve: readonly Step[]): number | null => curve.find((step) => step.survival <= 0.5 + 1e-12)?.atS ?? null;

export function restrictedMean(observed: readonly Observed[], capS: number): { readonly mean: number; readonly se: number } {
  const curve = kaplanMeier(observed).filter((step) => step.atS < capS);
  const edges = [...curve.map((step) => step.atS), capS];
  // Areas to the right of each step, up to the cap.
  const areas = curve.map((step, i) => step.survival * (edges[i + 1]! - step.atS));
  const mean = (edges[0] ?? capS) + areas.reduce((all, area) => all + area, 0);
  let right = 0;
  let squared = 0;
  for (let i = curve.length - 1; i >= 0; i--) {
    const { events, atRisk } = curve[i]!;
    right += areas[i]!;
    if (atRisk > events) squared += (right * right * events) / (atRisk * (atRisk - events));
  }
  return { mean, se: Math.sqrt(squared) };
}
