/**
 * What length of outage a rate can see, from the record of `flounder calibrate`. Whether an outage is seen is a matter of how many samples fall into it, so what was
 * seen at a calibrated rate is counted in periods, and a probe of another period sees what is as many of its own. Pure.
 */
import type { CalibratedAsker, CalibratedRow } from "../core.js";
import { alikeRows, type Connection, type Ruler } from "./error-bars.js";

/** How something was asked. */
export interface Asked {
  readonly rateHz: number;
  readonly connection: Connection;
  readonly asker: CalibratedAsker;
}
/** Of one mode of outages. */
export interface Visible {
  readonly mode: string;
  /** Every outage that was tried and is at least so long was seen, ms. */
  readonly fromMs: number;
  /** Shorter ones were missed; else none shorter was tried. */
  readonly missed: boolean;
}

/** An outage of fewer bad answers in a row is not counted as one. */
const leastSamples = 3;
/** Where no record says more, ms: what the rule for outages leaves. */
export const leastVisibleMs = (rateHz: number): number => (1000 * leastSamples) / rateHz;

/** Per mode, at the calibrated rate nearest to the one asked with; empty if the ruler is not known, or its record keeps no lengths. */
export function visibleAt(ruler: Ruler, { rateHz, connection, asker }: Asked): readonly Visible[] {
  return alikeRows(ruler, rateHz, connection, asker, () => true).flatMap((row) => {
    const { shortestMs, longestMissedMs } = row;
    if (shortestMs === undefined || longestMissedMs === undefined) return [];
    const missed = longestMissedMs > 0;
    return [{ mode: row.mode, fromMs: ((missed ? longestMissedMs : shortestMs) * row.rateHz) / rateHz, missed }];
  });
}

/** From what length on every outage is seen, brown-outs apart, ms. */
export function seenFromMs(ruler: Ruler, asked: Asked): number {
  const known = visibleAt(ruler, asked).filter(({ mode }) => mode !== "brown-out");
  return known.length > 0 ? Math.max(...known.map(({ fromMs }) => fromMs)) : leastVisibleMs(asked.rateHz);
}

/** The lengths that were tried and missed, of matches; `rowOf` keeps them. */
export type Lengths = Pick<CalibratedRow, "shortestMs" | "longestMissedMs">;
/** Of two sets of outages of the same mode. */
export const bothLengths = (a: Lengths, b: Lengths | undefined): Lengths => ({
  shortestMs: Math.min(a.shortestMs ?? Number.POSITIVE_INFINITY, b?.shortestMs ?? Number.POSITIVE_INFINITY),
  longestMissedMs: Math.max(a.longestMissedMs ?? 0, b?.longestMissedMs ?? 0),
});
