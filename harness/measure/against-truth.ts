/** Holds reported outages against the true ones. Pure. */
import type { CalibrationRow } from "./calibration.js";
import type { Interval, Outage } from "./outages.js";

/** A true outage: instants between which it began, and ended. */
export interface TrueOutage {
  readonly mode: string;
  readonly startUs: Interval;
  readonly endUs: Interval;
}
/** One true outage and what was reported of it. */
export interface Match {
  readonly mode: string;
  readonly truth: TrueOutage;
  /** None: it was missed. Several: it was cut into pieces. */
  readonly found: readonly Outage[];
}

const touches = (a: Interval, b: Interval): boolean => a.lo <= b.hi && b.lo <= a.hi;
const middle = ({ lo, hi }: Interval): number => (lo + hi) / 2;
const spanOf = (one: { readonly startUs: Interval; readonly endUs: Interval }): Interval => ({ lo: one.startUs.lo, hi: one.endUs.hi });

export function matches(
  truths: readonly TrueOutage[],
  outages: readonly Outage[],
): { readonly matched: readonly Match[]; readonly falseAlarms: readonly Outage[] } {
  const matched = truths.map((truth) => ({ mode: truth.mode, truth, found: outages.filter((one) => touches(spanOf(one), spanOf(truth))) }));
  return { matched, falseAlarms: outages.filter((one) => !matched.some(({ found }) => found.includes(one))) };
}

/** Reported length − true length, ms; undefined if it was missed. */
export function errorMs({ truth, found }: Match): number | undefined {
  const first = found[0];
  if (!first) return undefined;
  return (middle(found.at(-1)!.endUs) - middle(first.startUs) - (middle(truth.endUs) - middle(truth.startUs))) / 1000;
}

/** The bounds of both edges hold the truth. */
export const isCovered = ({ truth, found }: Match): boolean =>
  found.length > 0 && touches(found[0]!.startUs, truth.startUs) && touches(found.at(-1)!.endUs, truth.endUs);

/** A row of figures over matches of one mode, connection and rate. */
export function rowOf(all: readonly Match[], of: Pick<CalibrationRow, "mode" | "connection" | "rateHz">): CalibrationRow {
  const seen = all.filter((one) => one.found.length > 0);
  const errors = seen.map((one) => errorMs(one)!);
  const mean = (values: readonly number[]) => (values.length === 0 ? 0 : values.reduce((sum, value) => sum + value, 0) / values.length);
  const edges = seen.flatMap(({ found }) => [found[0]!.startUs, found.at(-1)!.endUs]).map(({ lo, hi }) => (hi - lo) / 1000);
  return {
    ...of,
    windows: all.length,
    missed: all.length - seen.length,
    cut: seen.filter((one) => one.found.length > 1).length,
    biasMs: mean(errors),
    rmsMs: Math.sqrt(mean(errors.map((error) => error ** 2))),
    theoryMs: 1000 / of.rateHz / Math.sqrt(6),
    coverage: mean(all.map((one) => (isCovered(one) ? 1 : 0))),
    edgeMs: median(edges),
    delayMs: median(seen.map(({ truth, found }) => (found[0]!.knownUs - middle(truth.startUs)) / 1000)),
  };
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
