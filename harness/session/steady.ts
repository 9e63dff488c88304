/** Is the foundation steady? Every probe's newest answer is good, and for a while none was bad. Fed with live samples. */
import { type PlannedProbe, probeKey, type Sample } from "../core.js";

/** Outcomes that say nothing about the target. */
const mute = new Set(["observer", "not-attempted"]);

export class SteadyWatch {
  readonly #last = new Map<string, Sample>();
  #lastBadEndUs = Number.NEGATIVE_INFINITY;
  #lastBad: Sample | undefined;

  constructor(readonly probes: readonly PlannedProbe[]) {}

  add(batch: readonly Sample[]): void {
    for (const sample of batch) {
      if (mute.has(sample.outcome)) continue;
      this.#last.set(probeKey(sample), sample);
      if (sample.outcome !== "ok" && sample.endUs > this.#lastBadEndUs) {
        this.#lastBadEndUs = sample.endUs;
        this.#lastBad = sample;
      }
    }
  }

  /** The last answer that was bad since then, in words; undefined if none was. */
  lostSince(sinceUs: number): string | undefined {
    const bad = this.#lastBad;
    return bad && this.#lastBadEndUs >= sinceUs
      ? `${bad.probe} ${bad.target} from ${bad.from} was ${bad.outcome}${bad.note ? ` (${bad.note})` : ""}`
      : undefined;
  }

  /** Undefined if steady at `nowUs` (relative to the run's zero), with no bad answer for quietMs; else why not, in words. */
  why(nowUs: number, quietMs: number, sinceUs = 0): string | undefined {
    for (const probe of this.probes) {
      const last = this.#last.get(probeKey(probe));
      // A probe that asks rarely is not waited for: the others of its plane speak for it.
      if (probe.periodMs > 2 * quietMs && (!last || last.dueUs < sinceUs)) continue;
      if (!last || last.dueUs < sinceUs) return `${probe.probe} ${probe.target} from ${probe.from} has no answer yet`;
      if (last.outcome !== "ok") return `${probe.probe} ${probe.target} from ${probe.from} answers ${last.outcome}${last.note ? ` (${last.note})` : ""}`;
    }
    const bad = this.#lastBad;
    if (bad && nowUs - this.#lastBadEndUs < quietMs * 1000)
      return `${bad.probe} ${bad.target} from ${bad.from} was ${bad.outcome} ${Math.round((nowUs - this.#lastBadEndUs) / 1000)} ms ago`;
    return undefined;
  }
}

/** The clock of a run. */
export interface Pace {
  /** µs since the run's zero. */
  now(): number;
  /** Resolves after ms; rejects when the run is to end. */
  pause(ms: number): Promise<void>;
}

/** Waits until it is steady, looking again and again; false when budgetMs is over. `sinceUs`: answers from before do not count. */
export async function settled(watch: SteadyWatch, { now, pause }: Pace, quietMs: number, budgetMs: number, sinceUs = now() - quietMs * 1000): Promise<boolean> {
  const endUs = now() + budgetMs * 1000;
  while (watch.why(now(), quietMs, sinceUs) !== undefined) {
    if (now() > endUs) return false;
    await pause(50);
  }
  return true;
}
