/** What a prober asks, whatever it is: questions for the open loop, and how their samples are written down. */
import type { Route } from "../core.js";
import type { Lines } from "./samples/lines.js";
import type { LaneRule } from "./samples/totals.js";
import type { Stamps } from "./schedule/flight.js";
import type { Question } from "./schedule/open-loop.js";

export interface Source {
  readonly questions: readonly Question[];
  readonly rules: readonly LaneRule[];
  /** First line of the samples file. */
  readonly head?: string;
  /** A line of the samples file, newline included. */
  write(lines: Lines, sample: Stamps): void;
  /** A Sample as JSON, by the names that a run knows: for who wants each. */
  json?(sample: Stamps): string;
  findings(lane: number): ReadonlyMap<string, number> | undefined;
  /** Before anything is measured; rejects with what could not be set up. */
  setUp?(): Promise<void>;
  routes?(routes: readonly Route[]): void;
}
