/** Outages and lost seconds of one endpoint while samples come in, in memory that does not grow with time: what is surely quiet is forgotten. */
import type { Bounds } from "../core.js";
import { Histogram } from "./histogram.js";
import { lostBetween } from "./lost.js";
import { Observed } from "./observed.js";
import { type Observation, type Outage, outagesIn, slowByDefaultUs } from "./outages.js";

/** So many good samples in a row, and no outage reaches over them. */
const quiet = 96;
/** Kept before what comes next: as far as the edge of a brown-out can reach. */
const context = 96;

export interface StreamOptions {
  readonly periodUs: number;
  readonly deadlineUs: number;
  /** Absent: ten times what is usual, 100 ms at least. */
  readonly slowUs?: number;
}
export interface Losses {
  readonly outages: readonly Outage[];
  /** Of all outages, and of bad samples that are no outage. */
  readonly lostS: Bounds;
}

export class OutageStream {
  readonly latency = new Histogram();
  readonly #done: Outage[] = [];
  #lost: Bounds = { lo: 0, hi: 0 };
  readonly #buffer = new Observed();
  #suspects = 0;

  constructor(readonly options: StreamOptions) {}

  /** How many observations are in memory. */
  get held(): number {
    return this.#buffer.length;
  }

  get slowUs(): number {
    return this.options.slowUs ?? slowByDefaultUs(this.latency.quantile(0.25));
  }

  add(one: Observation): void {
    if (one.outcome === "ok") this.latency.add(one.endUs - one.sentUs);
    if (this.#isSuspect(one)) this.#suspects++;
    this.#buffer.push(one);
  }

  /** Forgets what is over; call it now and then, with the time. */
  settle(nowUs: number): void {
    const settledUs = nowUs - this.options.deadlineUs - 1e6; // all that was sent before has come in
    if (this.#suspects > 0) this.#buffer.sort();
    let settled = 0;
    while (settled < this.#buffer.length && this.#buffer.sentUs(settled) < settledUs) settled++;
    if (settled < quiet * 2) return;
    if (this.#suspects > 0) {
      for (let i = settled - quiet; i < settled; i++) if (this.#isSuspect(this.#buffer.at(i))) return;
      this.#judge(this.#buffer.sorted(0, settled));
    }
    this.#buffer.drop(settled - context);
    if (this.#suspects > 0) this.#suspects = this.#buffer.sorted().filter((one) => this.#isSuspect(one)).length;
  }

  /** What is known so far; the last outage may still be going on. */
  losses(): Losses {
    if (this.#suspects === 0) return { outages: this.#done, lostS: this.#lost };
    const { outages, lostS } = this.#read(this.#buffer.sorted());
    return { outages: [...this.#done, ...outages], lostS: { lo: this.#lost.lo + lostS.lo, hi: this.#lost.hi + lostS.hi } };
  }

  #judge(observations: readonly Observation[]): void {
    const { outages, lostS } = this.#read(observations);
    this.#done.push(...outages);
    this.#lost = { lo: this.#lost.lo + lostS.lo, hi: this.#lost.hi + lostS.hi };
  }

  #read(observations: readonly Observation[]): Losses {
    const { periodUs } = this.options;
    const { slowUs } = this;
    const outages = outagesIn(observations, { periodUs, slowUs }, this.latency.quantile(0.25));
    const within = (us: number) => outages.some((outage) => us >= outage.startUs.lo && us <= outage.endUs.hi);
    const strays = observations
      .filter((one) => one.outcome !== "observer" && one.outcome !== "not-attempted")
      .map((one) => ({ atUs: one.sentUs, bad: (one.outcome !== "ok" || one.endUs - one.sentUs > slowUs) && !within(one.sentUs) }));
    const all = { fromUs: Number.NEGATIVE_INFINITY, toUs: Number.POSITIVE_INFINITY };
    const stray = strays.some((point) => point.bad) ? lostBetween(strays, periodUs, all) : { lo: 0, hi: 0 };
    return {
      outages,
      lostS: { lo: outages.reduce((sum, one) => sum + one.lostS.lo, stray.lo), hi: outages.reduce((sum, one) => sum + one.lostS.hi, stray.hi) },
    };
  }

  #isSuspect(one: Observation): boolean {
    return (one.outcome !== "ok" && one.outcome !== "observer") || one.endUs - one.sentUs > (this.options.slowUs ?? 100_000);
  }
}
