/**
 * Outage windows, each edge with its bounds. A sample is evidence about the instant at which it was sent: bad, the service was down then; good, it was up
 * between sending and answer. So an outage begins between the last good sending and the first bad one, and ends between the last bad sending and the first
 * good answer. Three things sharpen or widen that:
 * - a stall: what hangs and is answered when it is over. All pending answers come at once, at its end, and say when that was. It is over when the first of
 *   them is answered: a server that wakes up and works off first what others have given up serves nobody meanwhile.
 * - the observer's own lateness: where it sent late it also read late, and what follows from its stamps is that much less sharp.
 * - a brown-out: answers fail with some chance only, so that the good ones at its edges may be inside of it: bounds of 99 % by the geometric distribution.
 */
import type { Bounds, Outcome, PlannedProbe, Sample } from "../core.js";
import { lostBetween, samplesOf } from "./lost.js";
import { segments } from "./segments.js";

/** What windows are made of; a Sample is one. */
export interface Observation {
  /** When it should have been sent; absent: nobody knows how late the observer was. */
  readonly dueUs?: number;
  readonly sentUs: number;
  readonly endUs: number;
  readonly outcome: Outcome;
}
export interface Interval {
  readonly lo: number;
  readonly hi: number;
}
export type Cause = Exclude<Outcome, "ok" | "observer" | "not-attempted"> | "slow" | "stall";
export interface Outage {
  readonly startUs: Interval;
  readonly endUs: Interval;
  readonly lostS: Bounds;
  /** What most of its samples were; stall: they hung and were answered at its end. */
  readonly cause: Cause;
  /** Share of bad samples between its edges: 1, or less in a brown-out. */
  readonly badShare: number;
  readonly samples: number;
  /** When the third bad answer was in: earlier nobody could have called it an outage. */
  readonly knownUs: number;
  /** It had begun before the first sample, or had not ended at the last: that edge is only where sampling was. */
  readonly open: { readonly start: boolean; readonly end: boolean };
}
export interface OutageOptions {
  readonly periodUs: number;
  /** Answers slower than this are bad; Infinity: a late answer is as good as any. */
  readonly slowUs: number;
}

/** Chance that an edge of a brown-out lies outside of its bounds, per edge. */
const miss = 0.005;
/** No bound reaches farther, in samples. */
const farthest = 96;
/** So many good samples between a bad one and an outage, and the two have nothing to do with each other. */
const strayReach = 12;
/** So many answers before an outage say how long a request takes to arrive. */
const near = 24;
/** A tenfold latency is slow, but below this it is the host's noise. */
const slowAtLeastUs = 100_000;

/** Outages of a planned probe. How long it may take is its deadline's to say. */
export function outagesOf(probe: PlannedProbe, samples: readonly Sample[]): Outage[] {
  return outagesIn(samplesOf(probe, samples), { periodUs: probe.periodMs * 1000, slowUs: Number.POSITIVE_INFINITY });
}

/** What a good answer usually takes, µs: the lower quartile, so that a slow half does not pass for the norm. */
export function typicalUs(observations: readonly Observation[]): number {
  const latencies = observations.filter((one) => one.outcome === "ok").map((one) => one.endUs - one.sentUs);
  return latencies.sort((a, b) => a - b)[Math.floor(latencies.length / 4)] ?? 0;
}
/** Where nobody says what slow is. */
export const slowByDefaultUs = (usualUs: number): number => Math.max(10 * usualUs, slowAtLeastUs);

/** One that was sent late, whether or not it counts. */
type Late = Observation & { readonly dueUs: number };

const isMeasured = (one: Observation): boolean => one.outcome !== "observer" && one.outcome !== "not-attempted";

export function outagesIn(observations: readonly Observation[], options: OutageOptions, usualUs = typicalUs(observations)): Outage[] {
  const all = observations.filter(isMeasured).sort((a, b) => a.sentUs - b.sentUs);
  const bad = all.map((one) => one.outcome !== "ok" || one.endUs - one.sentUs > options.slowUs);
  addWaiting(all, bad, usualUs);
  const found = segments(bad);
  const late = found.length === 0 ? [] : (observations.filter(({ dueUs, sentUs }) => dueUs !== undefined && sentUs > dueUs) as Late[]);
  return found.map((segment, i) => {
    const before = found[i - 1];
    const after = found[i + 1];
    return new Reading(
      all,
      bad,
      segment,
      { first: before ? before.to + 1 : 0, last: after ? after.from - 1 : all.length - 1 },
      options,
      usualUs,
      late,
    ).outage();
  });
}

/** Longer than this an answer was waited for. */
const waitedUs = (usualUs: number): number => Math.max(2 * usualUs, usualUs + 2000);

/** Whoever was answered together with a slow one hung with it, however short it waited: a stall is not over when waiting is no longer slow. */
function addWaiting(all: readonly Observation[], bad: boolean[], usualUs: number): void {
  const normalUs = waitedUs(usualUs);
  let slow: Observation | undefined;
  for (const [i, one] of all.entries()) {
    if (one.outcome !== "ok") slow = undefined;
    else if (bad[i]) slow = one;
    else if (slow && one.endUs - one.sentUs > normalUs && Math.abs(one.endUs - slow.endUs) < 0.5 * (one.sentUs - slow.sentUs)) bad[i] = true;
    else slow = undefined;
  }
}

/** One segment, read as an outage. */
class Reading {
  constructor(
    readonly all: readonly Observation[],
    readonly bad: readonly boolean[],
    readonly segment: { readonly from: number; readonly to: number },
    /** Indexes up to which the neighbours are this outage's own. */
    readonly room: { readonly first: number; readonly last: number },
    readonly options: OutageOptions,
    readonly usualUs: number,
    readonly late: readonly Late[],
  ) {}

  outage(): Outage {
    const { all, segment } = this;
    const { from, to } = segment;
    const samples = to - from + 1;
    const failed = this.bad.slice(from, to + 1).filter(Boolean).length;
    const stall = this.#stallEnd();
    const reach = this.#withStrays();
    const failing = this.bad.slice(reach.from, reach.to + 1).filter(Boolean).length;
    const beyond = this.#beyond(failing, reach.to - reach.from + 1);
    const before = all[Math.max(this.room.first, reach.from - 1 - beyond)]!;
    const after = all[Math.min(this.room.last, reach.to + 1 + beyond)]!;
    const open = { start: from === 0, end: to === all.length - 1 };
    const first = all[from]!;
    const startUs = { lo: open.start ? first.sentUs : before.sentUs, hi: this.#seenBy(from) };
    const end = stall ?? { lo: all[to]!.sentUs, hi: open.end ? all[to]!.endUs : after.endUs };
    const endUs = { lo: Math.max(end.lo, startUs.lo), hi: Math.max(end.hi, startUs.hi) };
    return {
      startUs,
      endUs,
      lostS: this.#lost(startUs, endUs, failing < reach.to - reach.from + 1),
      cause: stall ? "stall" : this.#cause(),
      badShare: failed / samples,
      samples,
      knownUs: this.#known(),
      open,
    };
  }

  /** How late we were, at the worst, within a period of this instant. */
  #ownLatenessUs(atUs: number): number {
    const { periodUs } = this.options;
    return this.late.reduce((most, { dueUs, sentUs }) => (dueUs <= atUs + periodUs && sentUs >= atUs - periodUs ? Math.max(most, sentUs - dueUs) : most), 0);
  }

  /** By when the request had reached the service, as far as answers before tell: a request on its way when an outage begins fails as well. */
  #seenBy(index: number): number {
    const one = this.all[index]!;
    let longest = 2 * this.usualUs + 500;
    for (let i = Math.max(this.room.first, index - near); i < index; i++) longest = Math.max(longest, this.all[i]!.endUs - this.all[i]!.sentUs);
    return one.sentUs + Math.min(one.endUs - one.sentUs, longest + this.#ownLatenessUs(one.sentUs));
  }

  /** The segment with what failed near it and is no outage by itself: then not everything fails, and it may have begun, or ended, with those. */
  #withStrays(): { readonly from: number; readonly to: number } {
    let { from, to } = this.segment;
    for (let i = Math.max(this.room.first, from - strayReach); i < from; i++) if (this.bad[i]) from = i;
    for (let i = Math.min(this.room.last, to + strayReach); i > to; i--) if (this.bad[i]) to = i;
    return { from, to };
  }

  /**
   * How many good samples at either edge may have been inside of a brown-out; 0 where everything failed. The share that fails is only known from these
   * samples: k good ones in a row have the chance ∏ (good + ½ + i) / (all + 1 + i), i < k (Jeffreys' prior). First and last were chosen to be bad: not counted.
   */
  #beyond(failed: number, samples: number): number {
    if (failed === samples) return 0;
    const good = samples - failed;
    const all = Math.max(good, samples - 2);
    let chance = 1;
    let k = 0;
    while (chance > miss && k < farthest) {
      chance *= (good + 0.5 + k) / (all + 1 + k);
      k++;
    }
    return k;
  }

  /**
   * When a stall ended, if this is one: after the last that timed out (if any did), good answers that had waited, and that came together although they were
   * sent one after the other. Late answers that come as they were sent, one period apart, are slowness and not a stall.
   */
  #stallEnd(): Interval | undefined {
    const { all, segment } = this;
    let at = segment.to;
    while (at >= segment.from && all[at]!.outcome === "ok") at--;
    const failing = at >= segment.from ? all[at]! : undefined;
    if (failing && failing.outcome !== "timeout" && failing.outcome !== "unknown") return undefined;
    const waited: Observation[] = [];
    const normalUs = waitedUs(this.usualUs);
    for (let i = at + 1; i <= this.room.last && all[i]!.outcome === "ok" && all[i]!.endUs - all[i]!.sentUs > normalUs; i++) waited.push(all[i]!);
    if (waited.length < 2) return undefined;
    const ends = waited.map((one) => one.endUs);
    const firstUs = Math.min(...ends);
    const spreadUs = Math.max(...ends) - firstUs;
    if (spreadUs > 0.5 * (waited.at(-1)!.sentUs - waited[0]!.sentUs)) return undefined;
    // We may have come late to read them: the more of them, the later, but no bound is as wide as a period.
    const quarterUs = this.options.periodUs / 4;
    const lo = firstUs - 2 * this.usualUs - 1000 - quarterUs - Math.min(spreadUs, quarterUs) - this.#ownLatenessUs(firstUs);
    return { lo: Math.max(lo, failing?.sentUs ?? waited[0]!.sentUs), hi: firstUs };
  }

  #known(): number {
    const ends = this.all.slice(this.segment.from, this.segment.to + 1).flatMap((one, i) => (this.bad[this.segment.from + i] ? [one.endUs] : []));
    ends.sort((a, b) => a - b);
    return ends[Math.min(2, ends.length - 1)]!;
  }

  #lost(startUs: Interval, endUs: Interval, partial: boolean): Bounds {
    if (!partial) return { lo: Math.max(0, endUs.lo - startUs.hi) / 1e6, hi: (endUs.hi - startUs.lo) / 1e6 };
    const points = this.all.slice(this.room.first, this.room.last + 1).map((one, i) => ({ atUs: one.sentUs, bad: this.bad[this.room.first + i]! }));
    return lostBetween(points, this.options.periodUs, { fromUs: startUs.lo, toUs: endUs.hi });
  }

  #cause(): Cause {
    const counts = new Map<Cause, number>();
    for (let i = this.segment.from; i <= this.segment.to; i++) {
      if (!this.bad[i]) continue;
      const { outcome } = this.all[i]!;
      const cause: Cause = outcome === "ok" || outcome === "observer" || outcome === "not-attempted" ? "slow" : outcome;
      counts.set(cause, (counts.get(cause) ?? 0) + 1);
    }
    return [...counts].sort((a, b) => b[1] - a[1])[0]![0];
  }
}
