/** Whether a condition of a playbook holds now, told from live samples and alarms alone: a playbook knows no more than its readers would. */
import { type Condition, type Event, type PlannedProbe, probeKey, type Sample } from "../core.js";

interface Track {
  readonly plane: string;
  readonly from: string;
  /** Since when it has been answered like this; undefined: nothing is known of it now. */
  since: { readonly good: boolean; readonly atUs: number } | undefined;
  newestUs: number;
}

export class Conditions {
  readonly #tracks: ReadonlyMap<string, Track>;
  /** Name → when it was raised last, by the run's clock. */
  readonly #alarms = new Map<string, number>();

  constructor(probes: readonly PlannedProbe[]) {
    this.#tracks = new Map(
      probes.map((probe) => [probeKey(probe), { plane: probe.plane, from: probe.from, since: undefined, newestUs: Number.NEGATIVE_INFINITY }]),
    );
  }

  samples(batch: readonly Sample[]): void {
    for (const sample of batch) {
      const track = this.#tracks.get(probeKey(sample));
      // An answer that took long may come after a later one: what was due last has the word.
      if (!track || sample.outcome === "observer" || sample.dueUs < track.newestUs) continue;
      track.newestUs = sample.dueUs;
      const good = sample.outcome === "ok";
      // Not asked, since an earlier step failed: then it neither serves nor fails.
      if (sample.outcome === "not-attempted") track.since = undefined;
      else if (track.since?.good !== good) track.since = { good, atUs: sample.dueUs };
    }
  }
  event(event: Event): void {
    if (event.kind === "alarm" && event.alarm !== undefined) this.#alarms.set(event.alarm, event.atUs);
  }

  /** An alarm counts if it was raised at or after sinceUs. */
  holds(condition: Condition, nowUs: number, sinceUs: number): boolean {
    if ("alarm" in condition) return (this.#alarms.get(condition.alarm) ?? Number.NEGATIVE_INFINITY) >= sinceUs;
    const good = condition.is === "up";
    const known = [...this.#tracks.values()].filter((track) => track.plane === condition.plane && track.from === condition.from && track.since);
    return known.length > 0 && known.every(({ since }) => since!.good === good && nowUs - since!.atUs >= condition.forS * 1e6);
  }
}

const who = { control: "developers", data: "app users" } as const;

/** "the alarm read-only", "app users outside down for 2 s". */
export const sayCondition = (condition: Condition): string =>
  "alarm" in condition ? `the alarm ${condition.alarm}` : `${who[condition.plane]} ${condition.from} ${condition.is} for ${condition.forS} s`;
