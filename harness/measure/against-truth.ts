/** Holds reported outages against the true ones. Pure. */
import type { CalibrationRow } from "./calibration.js";
import type { Interval, Outage } from "./outages.js";
import type { Lengths } from "./visible.js";

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
type Edges = { readonly startUs: Interval; readonly endUs: Interval };
const spanOf = ({ startUs, endUs }: Edges): Interval => ({ lo: startUs.lo, hi: endUs.hi });
/** From where it had surely begun to where it surely had not ended: the bounds of a brown-out reach far, also into its neighbours. */
const coreOf = ({ startUs, endUs }: Edges): Interval => ({ lo: Math.min(startUs.hi, endUs.lo), hi: Math.max(startUs.hi, endUs.lo) });

export function matches(
  truths: readonly TrueOutage[],
  outages: readonly Outage[],
): { readonly matched: readonly Match[]; readonly falseAlarms: readonly Outage[] } {
  const owners = outages.map((one) => {
    const owns = (interval: Interval) => truths.filter((truth) => touches(interval, spanOf(truth)));
    const sure = owns(coreOf(one));
    return sure.length > 0 ? sure : owns(spanOf(one));
  });
  const matched = truths.map((truth) => ({ mode: truth.mode, truth, found: outages.filter((_, i) => owners[i]!.includes(truth)) }));
  return { matched, falseAlarms: outages.filter((_, i) => owners[i]!.length === 0) };
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
export function rowOf(all: readonly Match[], of: Pick<CalibrationRow, "mode" | "connection" | "rateHz" | "asker">): CalibrationRow {
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
    ...lengthsOf(all),
  };
}
function lengthsOf(all: readonly Match[]): Lengths {
  if (all.length === 0) return {};
  const lengthMs = ({ truth }: Match) => Math.round((middle(truth.endUs) - middle(truth.startUs)) / 1000);
  return {
    shortestMs: Math.min(...all.map(lengthMs)),
    longestMissedMs: Math.max(0, ...all.filter((one) => one.found.length === 0).map(lengthMs)),
  };
}

/** A row of a table: of one connection, or of all. */
export type TableRow = Omit<CalibrationRow, "connection"> & { readonly connection: string };

/** The rows, and one more per asker and rate over all of them: rms and bias over all windows, the median of medians for what is a median. Without brown-outs: no ruler is sharp there. */
export function withPooled(rows: readonly CalibrationRow[]): readonly TableRow[] {
  const groups = [...new Map(rows.map(({ asker, rateHz }) => [`${asker} ${rateHz}`, { asker, rateHz }])).values()];
  return [...rows, ...groups.flatMap((one) => pooled(rows.filter((row) => row.rateHz === one.rateHz && row.asker === one.asker && row.mode !== "brown-out")))];
}

function pooled(all: readonly CalibrationRow[]): TableRow[] {
  const [first] = all;
  if (!first) return [];
  const sum = (of: (row: CalibrationRow) => number) => all.reduce((total, row) => total + of(row), 0);
  const found = sum((row) => row.windows - row.missed);
  const one: TableRow = {
    ...(first.asker === undefined ? {} : { asker: first.asker }),
    mode: "all of these",
    connection: "",
    rateHz: first.rateHz,
    windows: sum((row) => row.windows),
    missed: sum((row) => row.missed),
    cut: sum((row) => row.cut),
    biasMs: sum((row) => row.biasMs * (row.windows - row.missed)) / Math.max(1, found),
    rmsMs: Math.sqrt(sum((row) => row.rmsMs ** 2 * (row.windows - row.missed)) / Math.max(1, found)),
    theoryMs: first.theoryMs,
    coverage: sum((row) => row.coverage * row.windows) / sum((row) => row.windows),
    edgeMs: median(all.map((row) => row.edgeMs)),
    delayMs: median(all.map((row) => row.delayMs)),
  };
  return [one];
}

export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b);
  const half = sorted.length / 2;
  if (sorted.length === 0) return 0;
  return sorted.length % 2 === 1 ? sorted[Math.floor(half)]! : (sorted[half - 1]! + sorted[half]!) / 2;
}
