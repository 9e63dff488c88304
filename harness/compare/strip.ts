/** What a trial looked like, small: per lane the share of users who were served badly, half second by half second. Pure. */
import type { Plane, Sample, Vantage, Verdict } from "../core.js";
import { isBad, isMeasured, runWindow } from "../measure/windows.js";
import type { RunRecord } from "../report/story.js";
import { measuredWindow, type Slot } from "./measured.js";
import type { TrialStrip } from "./shapes.js";

const cellS = 0.5;
const lanes: readonly (readonly [Plane, Vantage])[] = [
  ["control", "outside"],
  ["control", "inside"],
  ["data", "outside"],
  ["data", "inside"],
];

export function stripOf(slot: Slot, record: RunRecord, verdict: Verdict, capS: number): TrialStrip {
  const window = measuredWindow(record, capS);
  const endUs = Math.min(window.toUs, runWindow(record.plan, record.events, record.samples).toUs);
  const cells = Math.max(0, Math.ceil((endUs - window.fromUs) / 1e6 / cellS));
  return {
    block: slot.block,
    arm: slot.arm,
    attempt: slot.attempt,
    toS: cells * cellS,
    lanes: lanes.map(([plane, from]) => ({ plane, from, stretches: stretches(sharesOf(record, plane, from, window.fromUs, cells)) })),
    marks: marksOf(verdict),
  };
}

/** Per cell the mean over the probes that were measured in it; a slow probe speaks for the cells until it is asked again. */
function sharesOf({ plan, samples }: RunRecord, plane: Plane, from: Vantage, fromUs: number, cells: number): readonly (number | null)[] {
  const probes = plan.probes.filter((probe) => probe.plane === plane && probe.from === from);
  const sums = Array.from({ length: cells }, () => ({ bad: 0, of: 0 }));
  for (const probe of probes) {
    const own = samples.filter((sample) => sample.from === from && sample.probe === probe.probe && sample.target === probe.target && isMeasured(sample));
    for (const [i, share] of ownShares(own, probe.periodMs, fromUs, cells).entries())
      if (share !== undefined) {
        sums[i]!.bad += share;
        sums[i]!.of++;
      }
  }
  return sums.map(({ bad, of }) => (of === 0 ? null : Math.round((bad / of) * 20) / 20));
}

function ownShares(samples: readonly Sample[], periodMs: number, fromUs: number, cells: number): readonly (number | undefined)[] {
  const counts = Array.from({ length: cells }, () => ({ bad: 0, of: 0 }));
  const reach = Math.max(1, Math.round(periodMs / 1000 / cellS));
  for (const sample of samples) {
    const first = Math.floor((sample.dueUs - fromUs) / 1e6 / cellS);
    for (let i = Math.max(0, first); i < Math.min(cells, first + reach); i++) {
      counts[i]!.of++;
      if (isBad(sample)) counts[i]!.bad++;
    }
  }
  return counts.map(({ bad, of }) => (of === 0 ? undefined : bad / of));
}

function stretches(shares: readonly (number | null)[]): TrialStrip["lanes"][number]["stretches"] {
  const found: { fromS: number; toS: number; lost: number | null }[] = [];
  for (const [i, lost] of shares.entries()) {
    const last = found.at(-1);
    if (last && last.lost === lost) last.toS = (i + 1) * cellS;
    else found.push({ fromS: i * cellS, toS: (i + 1) * cellS, lost });
  }
  return found;
}

function marksOf({ recovery: [clock] }: Verdict): TrialStrip["marks"] {
  if (!clock) return [];
  const marks = [
    [clock.detectedS, "detected"],
    [clock.decidedS, "first action"],
    [clock.restoredS, "restored"],
    [clock.verifiedS, "verified"],
    [clock.stableS, "stable"],
  ] as const;
  return marks.flatMap(([atS, says]) => (atS === null ? [] : [{ atS, says }]));
}
