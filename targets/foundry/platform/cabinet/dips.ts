/**
 * How a browned-out supply flickers: a model. Its dips begin short and far apart and grow, since a supply that fails gets worse under load; after half of
 * the time they are as long as they get. Pure: the same seed gives the same dips.
 */
import { chanceOf } from "../router/chance.js";

export interface Dip {
  readonly atMs: number;
  readonly forMs: number;
  /**
   * A shelf whose other cord is on the other supply goes over to it, and stalls meanwhile: from so long after the dip began, for so long. It gives up on the
   * first supply only after a while, and the worse that supply is, the longer going over (and back) takes, beyond the dip in the end.
   */
  readonly overAtMs: number;
  readonly overForMs: number;
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
    const overAtMs = atMs + forMs / 4;
    found.push({ atMs, forMs, overAtMs, overForMs: Math.min(forMs * clamp(2.5 * (worse - 0.15), 0, 1), flickerMs - overAtMs) });
    // Never so short that a going over of the dip before is not at its end.
    atMs += forMs + around((0.55 - 0.2 * worse) * longestMs, 0.15);
  }
  return found;
}
