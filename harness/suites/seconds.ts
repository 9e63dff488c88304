/** Durations as suites give them, and measured bounds held against them. */
import type { Bounds } from "../core.js";
import { durationMs } from "../durations.js";
import { FlounderError } from "../errors.js";

/** Seconds as a number, or a duration with its unit: 2, "2s", "500ms", "1m". */
export type Seconds = number | string;

export function secondsOf(given: Seconds, what: string): number {
  const seconds = typeof given === "number" ? given : (durationMs(given, "s") ?? (/^0+(ms|s)?$/.test(given.trim()) ? 0 : Number.NaN)) / 1000;
  if (Number.isFinite(seconds) && seconds >= 0) return seconds;
  throw new FlounderError("usage", `${what}: ${JSON.stringify(given)} is not a duration`, 'give seconds, or a text such as "2s", "500ms" or "1m"');
}

/** What measured bounds say of a limit; open: it lies between them. */
export type Held = "holds" | "fails" | "open";
export const atMost = ({ lo, hi }: Bounds, limitS: number): Held => (hi <= limitS ? "holds" : lo > limitS ? "fails" : "open");
export const atLeast = ({ lo, hi }: Bounds, limitS: number): Held => (lo >= limitS ? "holds" : hi < limitS ? "fails" : "open");
