/** What the pictures are drawn from: per lane, how much was lost when, and how long answers took. Pure. */
import { type Plan, type Plane, probeKey, type Sample, type Vantage } from "../../core.js";
import { isBad, isMeasured, type Window } from "../../measure/windows.js";

/** A stretch of a lane with one share of users served badly, 0 to 1; null: nothing was measured. */
export interface Stretch {
  readonly fromUs: number;
  readonly toUs: number;
  readonly lost: number | null;
}
export interface Lane {
  readonly plane: Plane;
  readonly from: Vantage;
  readonly stretches: readonly Stretch[];
}
export interface LatencyPoint {
  readonly plane: Plane;
  readonly from: Vantage;
  readonly atUs: number;
  readonly p50Ms: number;
  readonly p99Ms: number;
}

/** From top to bottom in every picture and table. */
export const lanesInOrder: readonly { readonly plane: Plane; readonly from: Vantage }[] = [
  { plane: "control", from: "outside" },
  { plane: "data", from: "outside" },
  { plane: "control", from: "inside" },
  { plane: "data", from: "inside" },
];

/** A sample speaks for its probe from its due instant to the next one, as lost seconds count it. */
export function lanes(plan: Plan, samples: readonly Sample[], window: Window, bins = 480): Lane[] {
  const binUs = Math.max(50_000, Math.ceil((window.toUs - window.fromUs) / bins / 50_000) * 50_000);
  const count = Math.max(1, Math.ceil((window.toUs - window.fromUs) / binUs));
  const probeOf = new Map(plan.probes.map((probe) => [probeKey(probe), probe]));
  return lanesInOrder.map(({ plane, from }) => {
    const covered = new Float64Array(count);
    const bad = new Float64Array(count);
    for (const sample of samples) {
      const probe = probeOf.get(probeKey(sample));
      if (!probe || probe.plane !== plane || probe.from !== from || !isMeasured(sample)) continue;
      const startUs = Math.max(sample.dueUs, window.fromUs);
      const endUs = Math.min(sample.dueUs + probe.periodMs * 1000, window.toUs);
      for (let bin = Math.floor((startUs - window.fromUs) / binUs); bin < count && window.fromUs + bin * binUs < endUs; bin++) {
        const binFromUs = window.fromUs + bin * binUs;
        const overlapUs = Math.min(endUs, binFromUs + binUs) - Math.max(startUs, binFromUs);
        if (overlapUs <= 0) continue;
        covered[bin]! += overlapUs;
        if (isBad(sample)) bad[bin]! += overlapUs;
      }
    }
    const stretches: Stretch[] = [];
    for (let bin = 0; bin < count; bin++) {
      const lost = covered[bin] === 0 ? null : Math.round((bad[bin]! / covered[bin]!) * 100) / 100;
      const last = stretches.at(-1);
      const fromUs = window.fromUs + bin * binUs;
      const toUs = Math.min(fromUs + binUs, window.toUs);
      if (last && last.lost === lost) stretches[stretches.length - 1] = { ...last, toUs };
      else stretches.push({ fromUs, toUs, lost });
    }
    return { plane, from, stretches };
  });
}

/** The largest share of a lane's users that was served badly at once, in a window; 0 if nothing was measured. */
export const peakLost = (lane: Lane, window: Window): number =>
  Math.max(0, ...lane.stretches.filter((s) => s.toUs > window.fromUs && s.fromUs < window.toUs).map((s) => s.lost ?? 0));

/** Seconds from due to answered, of good answers: an answer that was waited for is slow, whoever made it wait. Bins without one are left out. */
export function latency(plan: Plan, samples: readonly Sample[], window: Window, bins = 90): LatencyPoint[] {
  const binUs = Math.max(500_000, Math.ceil((window.toUs - window.fromUs) / bins / 500_000) * 500_000);
  const planeOf = new Map(plan.probes.map((probe) => [probeKey(probe), probe.plane]));
  const groups = new Map<string, number[]>();
  for (const sample of samples) {
    const plane = planeOf.get(probeKey(sample));
    if (!plane || sample.outcome !== "ok" || sample.dueUs < window.fromUs || sample.dueUs >= window.toUs) continue;
    const key = `${plane}|${sample.from}|${Math.floor((sample.dueUs - window.fromUs) / binUs)}`;
    const group = groups.get(key);
    const tookMs = (sample.endUs - sample.dueUs) / 1000;
    if (group) group.push(tookMs);
    else groups.set(key, [tookMs]);
  }
  return lanesInOrder.flatMap(({ plane, from }) => {
    const points: LatencyPoint[] = [];
    for (let bin = 0; window.fromUs + bin * binUs < window.toUs; bin++) {
      const tookMs = groups.get(`${plane}|${from}|${bin}`)?.sort((a, b) => a - b);
      if (!tookMs) continue;
      const atUs = window.fromUs + (bin + 0.5) * binUs;
      points.push({ plane, from, atUs, p50Ms: quantile(tookMs, 0.5), p99Ms: quantile(tookMs, 0.99) });
    }
    return points;
  });
}

/** Nearest rank, of sorted values. */
const quantile = (values: readonly number[], q: number): number => values[Math.min(values.length - 1, Math.ceil(q * values.length) - 1)]!;
