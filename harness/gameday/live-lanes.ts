/** Lanes as they grow: per half second the share of users served badly, counted as reports count it. Fed with samples as they are read from the results folder. */
import { type PlannedProbe, probeKey, type Sample } from "../core.js";
import { isBad, isMeasured } from "../measure/windows.js";
import { lanesInOrder } from "../report/charts/strips.js";
import { laneName } from "../words.js";
import type { Bins } from "./game.js";
import type { LaneHead } from "./protocol.js";

const binUs = 500_000;
const heads: readonly LaneHead[] = lanesInOrder.map(({ plane, from }) => ({ key: `${plane}-${from}`, says: laneName(plane, from), plane, from }));

export class LiveLanes {
  readonly heads: readonly LaneHead[];
  readonly #probes: ReadonlyMap<string, PlannedProbe>;
  readonly #covered = new Map<string, number[]>();
  readonly #bad = new Map<string, number[]>();
  readonly #lost = new Map<string, (number | null)[]>();
  /** A sample speaks for what comes until the next one is due: nothing is shown of that before it is there. */
  #newestUs = 0;

  constructor(probes: readonly PlannedProbe[]) {
    this.#probes = new Map(probes.map((probe) => [probeKey(probe), probe]));
    this.heads = heads.filter(({ plane, from }) => probes.some((probe) => probe.plane === plane && probe.from === from));
    for (const { key } of this.heads) for (const each of [this.#covered, this.#bad]) each.set(key, []);
    for (const { key } of this.heads) this.#lost.set(key, []);
  }
  get bins(): Bins {
    return { binUs, lost: this.#lost };
  }
  /** The first bin that has changed; undefined: none. */
  add(samples: readonly Sample[]): number | undefined {
    let first = Number.POSITIVE_INFINITY;
    for (const sample of samples) {
      const probe = this.#probes.get(probeKey(sample));
      if (!probe || !isMeasured(sample)) continue;
      this.#newestUs = Math.max(this.#newestUs, sample.dueUs);
      const key = `${probe.plane}-${probe.from}`;
      const [covered, bad] = [this.#covered.get(key)!, this.#bad.get(key)!];
      const endUs = sample.dueUs + probe.periodMs * 1000;
      for (let bin = Math.max(0, Math.floor(sample.dueUs / binUs)); bin * binUs < endUs; bin++) {
        const overlapUs = Math.min(endUs, (bin + 1) * binUs) - Math.max(sample.dueUs, bin * binUs);
        covered[bin] = (covered[bin] ?? 0) + overlapUs;
        if (isBad(sample)) bad[bin] = (bad[bin] ?? 0) + overlapUs;
        first = Math.min(first, bin);
      }
    }
    const shown = Math.min(...[...this.#lost.values()].map(({ length }) => length));
    const last = Math.floor(this.#newestUs / binUs) - 1;
    first = Math.min(first, shown);
    if (first > last) return undefined;
    for (const { key } of this.heads) {
      const lane = this.#lost.get(key)!;
      for (let bin = first; bin <= last; bin++) {
        const covered = this.#covered.get(key)![bin] ?? 0;
        lane[bin] = covered === 0 ? null : Math.round(((this.#bad.get(key)![bin] ?? 0) / covered) * 100) / 100;
      }
    }
    return first;
  }
}
