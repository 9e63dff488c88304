/**
 * How a browned-out supply flickers: a model. Its dips begin short and far apart and grow, since a supply that fails gets worse under load; after half of
 * the time they are as long as they get. Pure: the same seed gives the same dips.
 */
import { chanceOf } from "../router/chance.js";

export interface Dip {
  readonly atMs: number;
  readonly forMs: number;
  /** Share of the dip for which a shelf stalls whose other cord is on the other supply: the time of going over, longer as the supply gets worse. */
  readonly goingOver: number;
}

const clamp = (value: number, low: number, high: number) => Math.min(high, Math.max(low, value));

/** Dips of a supply that flickers for `flickerMs`; none is longer than `longestMs`, none lasts beyond the end. */
export function dips(seed: number, flickerMs: number, longestMs: number): readonly Dip[] {
  const random = chanceOf(`dips ${seed}`);
  const around = (value: number, spread: number) => value * (1 - spread + 2 * spread * random());
  const found: Dip[] = [];
  for (let atMs = around(0.15 * longestMs, 0.5); atMs < flickerMs; ) {
    const worse = atMs / flickerMs;
    const forMs = Math.min(longestMs * clamp(around(0.2 + 1.7 * worse, 0.12), 0.1, 1), flickerMs - atMs);
    found.push({ atMs, forMs, goingOver: clamp(2 * (worse - 0.3), 0, 0.97) });
    atMs += forMs + around((0.5 - 0.25 * worse) * longestMs, 0.3);
  }
  return found;
}
