/** The plane matrix: how many seconds control and data, outside and inside, were up, degraded or down together. */
import { type MatrixCell, type Plane, type PlaneState, type PlannedProbe, probeKey, type Sample, type Vantage } from "../core.js";
import { byProbe, type Point, pointsOf } from "./lost.js";
import type { Window } from "./windows.js";

const lanes: readonly (readonly [Vantage, Plane])[] = [
  ["outside", "control"],
  ["outside", "data"],
  ["inside", "control"],
  ["inside", "data"],
];
const states: readonly PlaneState[] = ["up", "degraded", "down"];

/**
 * At an instant a plane is up when no probe of it is failing, down when all are, else degraded; without probes it is up.
 * A probe fails around each bad sample, halfway to its good neighbours. Cells in a fixed order, none of them empty; they add up to the window.
 */
export function planeMatrix(probes: readonly PlannedProbe[], samples: readonly Sample[], window: Window): MatrixCell[] {
  const grouped = byProbe(samples);
  const changes: { readonly atUs: number; readonly lane: number; readonly by: 1 | -1 }[] = [];
  const of = lanes.map(() => 0);
  for (const probe of probes) {
    const lane = lanes.findIndex(([from, plane]) => from === probe.from && plane === probe.plane);
    of[lane]!++;
    const points = pointsOf(grouped.get(probeKey(probe)) ?? []);
    for (const { fromUs, toUs } of failing(points, probe.periodMs * 1000)) {
      const from = Math.max(fromUs, window.fromUs);
      const to = Math.min(toUs, window.toUs);
      if (from < to) changes.push({ atUs: from, lane, by: 1 }, { atUs: to, lane, by: -1 });
    }
  }
  changes.sort((a, b) => a.atUs - b.atUs);
  const failingNow = lanes.map(() => 0);
  const us = new Map<string, number>();
  let atUs = window.fromUs;
  const spend = (untilUs: number) => {
    if (untilUs <= atUs) return;
    const cell = failingNow.map((n, lane) => (n === 0 ? 0 : n < of[lane]! ? 1 : 2)).join("");
    us.set(cell, (us.get(cell) ?? 0) + untilUs - atUs);
    atUs = untilUs;
  };
  for (const change of changes) {
    spend(change.atUs);
    failingNow[change.lane]! += change.by;
  }
  spend(window.toUs);
  return [...us].sort(([a], [b]) => (a < b ? -1 : 1)).map(([cell, spent]) => cellOf(cell, spent / 1e6));
}

/** Times in which a probe fails, whole µs, by time, none overlapping. */
export function failing(points: readonly Point[], periodUs: number): Window[] {
  const windows: { fromUs: number; toUs: number }[] = [];
  points.forEach((point, i) => {
    if (!point.bad) return;
    const before = points[i - 1];
    const after = points[i + 1];
    const half = (gapUs: number) => Math.round(Math.min(gapUs, periodUs) / 2);
    const fromUs = point.atUs - half(before ? point.atUs - before.atUs : periodUs);
    const toUs = after?.bad ? after.atUs : point.atUs + half(after ? after.atUs - point.atUs : periodUs);
    const last = windows.at(-1);
    // What lies between two bad ones was bad, also where the observer was blind.
    if (last && before?.bad) last.toUs = toUs;
    else windows.push({ fromUs, toUs });
  });
  return windows;
}

function cellOf(cell: string, seconds: number): MatrixCell {
  const [outsideControl, outsideData, insideControl, insideData] = [...cell].map((digit) => states[Number(digit)]!);
  return {
    outside: { control: outsideControl!, data: outsideData! },
    inside: { control: insideControl!, data: insideData! },
    seconds,
  };
}
