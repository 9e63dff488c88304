/** What the terminal shows per column while a run goes on: developers, app users, inside. Fed with samples as they come; pure state. */
import { type Plane, type PlannedProbe, probeKey, type Sample, type Vantage } from "../../core.js";

export type Column = "developers" | "app users" | "inside";
export const columns: readonly Column[] = ["developers", "app users", "inside"];

/** ok · slow with the newest median · how many of how many lost · DOWN: all of them. */
export interface ColumnState {
  readonly state: "ok" | "slow" | "some" | "down" | "unknown";
  readonly text: string;
}

const columnOf = (plane: Plane, from: Vantage): Column => (from === "inside" ? "inside" : plane === "control" ? "developers" : "app users");
/** So many of a probe's newest answers decide: one lost request is a blip, two in a row are an outage. */
const newest = 2;
/** Slow: over so many times the median of before, and over a quarter of a second. */
const slowFactor = 5;
const slowMs = 250;

interface Track {
  readonly column: Column;
  bad: boolean[];
  tookMs: number[];
  usualMs: number | undefined;
}

export class LiveState {
  readonly #tracks: ReadonlyMap<string, Track>;

  constructor(probes: readonly PlannedProbe[]) {
    this.#tracks = new Map(probes.map((probe) => [probeKey(probe), { column: columnOf(probe.plane, probe.from), bad: [], tookMs: [], usualMs: undefined }]));
  }

  add(batch: readonly Sample[]): void {
    for (const sample of batch) {
      const track = this.#tracks.get(probeKey(sample));
      if (!track || sample.outcome === "observer") continue;
      // Nobody asked, since an earlier step failed: until it is asked again this probe neither serves nor fails.
      if (sample.outcome === "not-attempted") {
        track.bad = [];
        continue;
      }
      track.bad = [...track.bad, sample.outcome !== "ok"].slice(-newest);
      if (sample.outcome !== "ok") continue;
      track.tookMs = [...track.tookMs, (sample.endUs - sample.dueUs) / 1000].slice(-3);
      if (track.usualMs === undefined && track.tookMs.length === 3) track.usualMs = median(track.tookMs);
    }
  }

  of(column: Column): ColumnState {
    const tracks = [...this.#tracks.values()].filter((track) => track.column === column && track.bad.length > 0);
    if (tracks.length === 0) return { state: "unknown", text: "–" };
    const lost = tracks.filter((track) => track.bad.every((bad) => bad)).length;
    if (lost === tracks.length) return { state: "down", text: "DOWN" };
    if (lost > 0) return { state: "some", text: `${lost} of ${tracks.length} lost` };
    const slow = tracks.filter((track) => track.usualMs !== undefined && median(track.tookMs) > Math.max(slowMs, slowFactor * track.usualMs));
    if (slow.length * 2 > tracks.length) return { state: "slow", text: `slow ${(median(slow.map((track) => median(track.tookMs))) / 1000).toFixed(1)} s` };
    return { state: "ok", text: "ok" };
  }
}

const median = (values: readonly number[]): number => [...values].sort((a, b) => a - b)[Math.floor(values.length / 2)] ?? 0;
