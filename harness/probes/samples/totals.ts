/** What is known of one lane since sampling began: counts, outages with bounds, lost seconds, latency. */
import { nowUs } from "../../clock.js";
import type { Bounds, Outcome } from "../../core.js";
import type { Histogram } from "../../measure/histogram.js";
import { type Losses, OutageStream } from "../../measure/outage-stream.js";
import type { Outage } from "../../measure/outages.js";
import type { Stamps } from "../schedule/flight.js";

export interface LaneTotals {
  readonly counts: Partial<Record<Outcome, number>>;
  /** Good but for their lateness; part of counts.ok. */
  readonly slow: number;
  /** Answers that took longer were bad; null: none is too slow but by its deadline. */
  readonly slowUs: number | null;
  /** Monotonic µs. */
  readonly outages: readonly Outage[];
  readonly lostS: Bounds;
  readonly latencyUs: Spread;
  /** The newest bad answer, and why it was bad. */
  readonly lastBad: { readonly outcome: Outcome; readonly note: string } | null;
  /** Of the newest sample. */
  readonly last: Outcome | null;
  /** What was found beside the outcomes of samples, and how often. */
  readonly findings: Readonly<Record<string, number>>;
}
export interface Spread {
  readonly p50: number;
  readonly p99: number;
  readonly max: number;
}

export const spread = (histogram: Histogram): Spread => ({ p50: histogram.quantile(0.5), p99: histogram.quantile(0.99), max: histogram.max });

/** What a lane is held to. `slowUs`: absent, ten times what is usual, at least 100 ms; Infinity: as long as its deadline lets it. */
export interface LaneRule {
  readonly periodUs: number;
  readonly deadlineUs: number;
  readonly slowUs?: number;
}

export class Lanes {
  readonly #lanes: Lane[];

  constructor(rules: readonly LaneRule[], findings: (lane: number) => ReadonlyMap<string, number> | undefined) {
    this.#lanes = rules.map((rule, i) => new Lane(rule, () => findings(i)));
  }
  add(sample: Stamps): void {
    this.#lanes[sample.target]!.add(sample);
  }
  /** Once a second: what is older is decided on. */
  settle(atUs: number): void {
    for (const lane of this.#lanes) lane.settle(atUs);
  }
  /** `isFinal`: nothing comes after it. */
  report(isFinal: boolean): readonly LaneTotals[] {
    return this.#lanes.map((lane) => lane.report(isFinal));
  }
}

class Lane {
  readonly #counts: Partial<Record<Outcome, number>> = {};
  readonly #stream: OutageStream;
  readonly #findings: () => ReadonlyMap<string, number> | undefined;
  #slow = 0;
  #slowUs: number;
  #lastBad: LaneTotals["lastBad"] = null;
  #last: Outcome | null = null;
  #losses: Losses = { outages: [], lostS: { lo: 0, hi: 0 } };
  #readAgainUs = 0;

  constructor({ periodUs, deadlineUs, slowUs }: LaneRule, findings: () => ReadonlyMap<string, number> | undefined) {
    this.#stream = new OutageStream({ periodUs, deadlineUs, ...(slowUs === undefined ? {} : { slowUs }) });
    this.#slowUs = this.#stream.slowUs;
    this.#findings = findings;
  }

  add(sample: Stamps): void {
    const { outcome, note, sentUs, endUs } = sample;
    this.#counts[outcome] = (this.#counts[outcome] ?? 0) + 1;
    if (outcome === "ok" && endUs - sentUs > this.#slowUs) this.#slow++;
    this.#stream.add(sample);
    this.#last = outcome;
    if (outcome !== "ok" && outcome !== "observer" && outcome !== "not-attempted") this.#lastBad = { outcome, note };
  }
  settle(atUs: number): void {
    this.#stream.settle(atUs);
    this.#slowUs = this.#stream.slowUs;
  }
  /** During a long outage there is ever more to read: at most a hundredth of the time goes into that, unless it is the last word. */
  report(isFinal: boolean): LaneTotals {
    const began = nowUs();
    if (isFinal || began >= this.#readAgainUs) {
      this.#losses = this.#stream.losses();
      this.#readAgainUs = nowUs() + 100 * (nowUs() - began);
    }
    return {
      counts: this.#counts,
      slow: this.#slow,
      slowUs: Number.isFinite(this.#stream.slowUs) ? this.#stream.slowUs : null,
      ...this.#losses,
      latencyUs: spread(this.#stream.latency),
      lastBad: this.#lastBad,
      last: this.#last,
      findings: Object.fromEntries(this.#findings() ?? []),
    };
  }
}
