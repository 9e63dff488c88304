/** How long after the last healing a plane was served badly. Pure, from a results folder's sources. */
import { type Bounds, type Plane, probeKey, type Vantage, type Verdict } from "../core.js";
import { byProbe } from "../measure/lost.js";
import { isBad, isMeasured, runWindow } from "../measure/windows.js";
import type { RunRecord } from "../report/story.js";

export function recoveredS({ plan, events, samples }: RunRecord, verdict: Verdict, plane: Plane, from: Vantage): Bounds | undefined {
  const healed = verdict.receipts.each.map(({ healedUs }) => healedUs);
  if (healed.length === 0 || healed.includes(null)) return undefined;
  const fromUs = { lo: Math.max(...healed.map((one) => one!.lo)), hi: Math.max(...healed.map((one) => one!.hi)) };
  const run = runWindow(plan, events, samples);
  const series = byProbe(samples);
  let [lo, hi] = [0, 0];
  for (const probe of plan.probes.filter((one) => one.plane === plane && one.from === from)) {
    const own = (series.get(probeKey(probe)) ?? []).filter((sample) => isMeasured(sample) && sample.dueUs >= run.fromUs).sort((a, b) => a.dueUs - b.dueUs);
    const last = own.findLastIndex((sample) => isBad(sample));
    if (last < 0) continue;
    const next = own[last + 1];
    lo = Math.max(lo, (own[last]!.dueUs - fromUs.hi) / 1e6);
    hi = Math.max(hi, next === undefined ? Number.POSITIVE_INFINITY : (next.dueUs - fromUs.lo) / 1e6);
  }
  return { lo: Math.max(0, lo), hi };
}
