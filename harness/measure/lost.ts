/**
 * Lost seconds: the primary figure. A sample speaks for its period; what lies between a good and a bad one may have been either.
 *
 * Between two samples next to each other: good-good loses nothing, bad-bad loses all of it, good-bad loses something between nothing and all of it. That is
 * a measure on the time axis: cutting a window in two cuts nothing off, and one more bad sample never lowers a bound.
 * Many good-bad edges (a router of two is down: every other answer fails) do not all err in the same direction: their bounds add up like the random
 * errors that they are. With k edges, period × bad samples has the standard deviation T·√(k/2) (binomial: k = 2npq), and 2.58 of those hold 99 %.
 * Slots lost to the observer are excluded, and widen the bounds where something bad stands next to them; not-attempted ones are left out altogether.
 */
import { type Bounds, type Plane, type PlannedProbe, probeKey, type Sample, type Vantage } from "../core.js";
import { isBad, type Window } from "./windows.js";

/** One measured slot. */
export interface Point {
  readonly atUs: number;
  readonly bad: boolean;
  /** Slots since the point before in which nothing was attempted. */
  readonly skipped?: number;
}

const z99 = 2.576;

/** Per plane and vantage the mean over its probes, each a virtual user of equal weight; of no probe nothing. */
export function lostSeconds(probes: readonly PlannedProbe[], samples: readonly Sample[], window: Window): Record<Plane, Record<Vantage, Bounds>> {
  const grouped = byProbe(samples);
  const of = (plane: Plane, from: Vantage): Bounds => {
    const each = probes
      .filter((probe) => probe.plane === plane && probe.from === from)
      .map((probe) => lostBetween(pointsOf(grouped.get(probeKey(probe)) ?? []), probe.periodMs * 1000, window));
    if (each.length === 0) return { lo: 0, hi: 0 };
    return { lo: each.reduce((sum, one) => sum + one.lo, 0) / each.length, hi: each.reduce((sum, one) => sum + one.hi, 0) / each.length };
  };
  return {
    control: { outside: of("control", "outside"), inside: of("control", "inside") },
    data: { outside: of("data", "outside"), inside: of("data", "inside") },
  };
}

/** Of one planned probe. Samples outside of the window are used as neighbours of those inside. */
export function lostOf(probe: PlannedProbe, samples: readonly Sample[], window: Window): Bounds {
  return lostBetween(pointsOf(byProbe(samples).get(probeKey(probe)) ?? []), probe.periodMs * 1000, window);
}

/** A judge asks about the same samples again and again. */
const grouped = new WeakMap<readonly Sample[], { readonly length: number; readonly groups: ReadonlyMap<string, readonly Sample[]> }>();

/** Samples of each planned probe, by schedule. */
export function byProbe(samples: readonly Sample[]): ReadonlyMap<string, readonly Sample[]> {
  const known = grouped.get(samples);
  if (known?.length === samples.length) return known.groups; // a live list may have grown
  const groups = group(samples);
  grouped.set(samples, { length: samples.length, groups });
  return groups;
}

function group(samples: readonly Sample[]): Map<string, Sample[]> {
  const groups = new Map<string, Sample[]>();
  for (const sample of samples) {
    const key = probeKey(sample);
    const group = groups.get(key);
    if (group) group.push(sample);
    else groups.set(key, [sample]);
  }
  for (const group of groups.values()) group.sort((a, b) => a.dueUs - b.dueUs || a.seq - b.seq);
  return groups;
}
export const samplesOf = (probe: PlannedProbe, samples: readonly Sample[]): readonly Sample[] => byProbe(samples).get(probeKey(probe)) ?? [];

/** Of samples by schedule. */
export function pointsOf(samples: readonly Sample[]): Point[] {
  const points: Point[] = [];
  let skipped = 0;
  for (const sample of samples) {
    if (sample.outcome === "not-attempted") skipped++;
    else if (sample.outcome !== "observer") {
      points.push({ atUs: sample.dueUs, bad: isBad(sample), skipped });
      skipped = 0;
    }
  }
  return points;
}

/** Of points by time, s. 0 ≤ lo ≤ hi ≤ the window. */
export function lostBetween(points: readonly Point[], periodUs: number, window: Window): Bounds {
  const lost = new Losing(periodUs, window);
  for (const point of points) lost.add(point);
  return lost.bounds();
}

/** The same while points come in, by time: what was lost so far. */
export class Losing {
  #certain = 0;
  /** Good-bad edges one period wide, and what is wider: there slots are missing. */
  #edges = 0;
  #blind = 0;
  #last: Point | undefined;
  /** May be set anew as long as nothing was added that is within the new one. */
  window: Window;

  constructor(
    readonly periodUs: number,
    window: Window,
  ) {
    this.window = window;
  }

  add(point: Point): void {
    this.#between(this.#last ?? { atUs: point.atUs - this.periodUs, bad: false }, point);
    this.#last = point;
  }

  /** As if `more` had been added as well; it is not. */
  bounds(more: readonly Point[] = []): Bounds {
    const whole = new Losing(this.periodUs, this.window);
    whole.#certain = this.#certain;
    whole.#edges = this.#edges;
    whole.#blind = this.#blind;
    whole.#last = this.#last;
    for (const point of more) whole.add(point);
    return whole.#whole();
  }

  #whole(): Bounds {
    if (this.#last) this.#between(this.#last, { atUs: this.#last.atUs + this.periodUs, bad: false });
    const half = this.#blind / 2 + Math.min(this.#edges / 2, z99 * Math.sqrt((this.#edges * this.periodUs) / 2));
    const middle = this.#certain + (this.#edges + this.#blind) / 2;
    const lengthUs = Math.max(0, this.window.toUs - this.window.fromUs);
    const seconds = (us: number) => Math.min(Math.max(0, us), lengthUs) / 1e6;
    return { lo: seconds(middle - half), hi: seconds(middle + half) };
  }

  #between(from: Point, to: Point): void {
    if (!from.bad && !to.bad) return;
    const length = to.atUs - from.atUs;
    const inside = Math.min(to.atUs, this.window.toUs) - Math.max(from.atUs, this.window.fromUs);
    if (length <= 0 || inside <= 0) return;
    // Skipped slots say nothing and cost nothing: the rest shares the time.
    const counted = Math.max(this.periodUs, length - (to.skipped ?? 0) * this.periodUs) / length;
    const share = inside * Math.min(1, counted);
    const narrow = length * counted < 1.5 * this.periodUs;
    if (from.bad && to.bad) {
      const sure = narrow ? share : Math.min(share, (inside / length) * this.periodUs);
      this.#certain += sure;
      this.#blind += share - sure;
    } else if (narrow) this.#edges += share;
    else this.#blind += share;
  }
}
