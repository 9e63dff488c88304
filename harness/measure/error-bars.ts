/**
 * Error bars: how far a figure may be off, sampling and ruler together. Pure.
 *
 * Bounds say what the sampling period T leaves open, as if the ruler were perfect: each edge of an outage lies anywhere within its period, so the middle of
 * a length's bounds is off by T/√6 rms (the sum of two independent uniform errors). `flounder calibrate` measures by how much the real ruler is off, at some
 * rates: rms² = T²/6 + own², and `own` is what the ruler adds (samples sent late, stamps, answers under way, bias). That is a time and not a share: it does
 * not grow with the period. So a probe of period P is off by √(P²/6 + own²), and its bars are the bounds, stretched about their middle by
 *
 *   √(1 + 6 (own/P)²)
 *
 * which is never less than 1. Pooled over modes, weighted by outages, without brown-outs and stalls: T/√6 is no limit of theirs (edges by chance; an end that
 * the answers themselves tell). `own` is that of the calibrated rate nearest to the probe's, and of the same asker: of one that was never calibrated nothing is known.
 */
import type { Bounds, CalibratedAsker, CalibratedRow, PlannedCalibration } from "../core.js";

/** What is known of the ruler that measured. other: the record is another machine's, so nothing is. unsaid: nobody wrote down where it was measured. */
export type Ruler = { readonly is: "none" } | { readonly is: "known" | "other" | "unsaid"; readonly record: PlannedCalibration };

/** Of one calibrated rate, ms. */
export interface RulerError {
  readonly asker: CalibratedAsker;
  readonly rateHz: number;
  /** Outages that were not missed, and those that were. */
  readonly windows: number;
  readonly missed: number;
  readonly biasMs: number;
  readonly rmsMs: number;
  /** T/√6. */
  readonly theoryMs: number;
  /** What the ruler adds to it. */
  readonly ownMs: number;
  readonly coverage: number;
}
export type Connection = CalibratedRow["connection"];

/** `machine`: the id of the one that measured. */
export function rulerOf(record: PlannedCalibration | undefined, machine: string | undefined): Ruler {
  if (!record?.rows.some(counts)) return { is: "none" };
  return { is: machine === undefined ? "unsaid" : machine === record.machine.id ? "known" : "other", record };
}

const notOfPeriod = ["brown-out", "stall"];
const askerOf = (row: CalibratedRow): CalibratedAsker => row.asker ?? "http";
const counts = (row: CalibratedRow): boolean => !notOfPeriod.includes(row.mode) && row.windows > row.missed;

/** At the calibrated rate nearest to that one (by ratio; of two, the slower); undefined if the ruler is not known, or never asked so while it was calibrated. */
export function errorNear(ruler: Ruler, rateHz: number, connection: Connection = "fresh", asker: CalibratedAsker = "http"): RulerError | undefined {
  const rows = alikeRows(ruler, rateHz, connection, asker, counts);
  return rows.length === 0 ? undefined : pooled(rows);
}

/** Those of the record that were asked alike: by that asker, over such connections where there are any, at the nearest rate of all that `wanted` takes. */
export function alikeRows(
  ruler: Ruler,
  rateHz: number,
  connection: Connection,
  asker: CalibratedAsker,
  wanted: (row: CalibratedRow) => boolean,
): readonly CalibratedRow[] {
  if (ruler.is !== "known") return [];
  const all = ruler.record.rows.filter((row) => wanted(row) && askerOf(row) === asker);
  const alike = all.some((row) => row.connection === connection) ? all.filter((row) => row.connection === connection) : all;
  const far = (hz: number) => Math.abs(Math.log(hz / rateHz));
  const nearest = alike.map((row) => row.rateHz).sort((a, b) => far(a) - far(b) || a - b)[0];
  return alike.filter((row) => row.rateHz === nearest);
}

function pooled(rows: readonly CalibratedRow[]): RulerError {
  const sum = (of: (row: CalibratedRow) => number) => rows.reduce((total, row) => total + of(row), 0);
  const asked = sum((row) => row.windows);
  const missed = sum((row) => row.missed);
  const windows = asked - missed;
  const meanSquare = sum((row) => (row.windows - row.missed) * row.rmsMs ** 2) / windows;
  const { rateHz } = rows[0]!;
  const theoryMs = 1000 / rateHz / Math.sqrt(6);
  return {
    asker: askerOf(rows[0]!),
    rateHz,
    windows,
    missed,
    biasMs: sum((row) => (row.windows - row.missed) * row.biasMs) / windows,
    rmsMs: Math.sqrt(meanSquare),
    theoryMs,
    ownMs: Math.sqrt(Math.max(0, meanSquare - theoryMs ** 2)),
    coverage: sum((row) => row.windows * row.coverage) / asked,
  };
}

/** How many times as wide as its bounds the bar of a probe is; 1 if the ruler is not known. */
export function stretch(ruler: Ruler, periodMs: number, connection?: Connection, asker?: CalibratedAsker): number {
  const error = errorNear(ruler, 1000 / periodMs, connection, asker);
  return error ? Math.sqrt(1 + 6 * (error.ownMs / periodMs) ** 2) : 1;
}

/** Seconds, never narrower than the bounds, never below 0. Of no loss there is no bar. */
export function errorBar({ lo, hi }: Bounds, times: number): Bounds {
  if (hi === 0) return { lo, hi };
  const more = ((times - 1) * (hi - lo)) / 2;
  return { lo: Math.max(0, lo - more), hi: hi + more };
}
