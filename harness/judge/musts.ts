/** What must hold, held against lost seconds and their bounds. */
import {
  type AlarmMust,
  type Bounds,
  type Event,
  type Finding,
  type LostMust,
  type Must,
  type Plan,
  type PlannedProbe,
  probeKey,
  type Receipt,
  type Sample,
} from "../core.js";
import { lostBetween, type Point } from "../measure/lost.js";
import { actWindow, isBad, isMeasured, isWithin, type Window } from "../measure/windows.js";
import { fail, open, orPass, pass, roundedBounds, sayBounds } from "./findings.js";

/** All that a must is held against. */
export interface Evidence {
  readonly plan: Plan;
  /** By time. */
  readonly events: readonly Event[];
  /** By schedule. */
  readonly samples: readonly Sample[];
  readonly series: Series;
  readonly receipts: readonly Receipt[];
  readonly run: Window;
  /** False: nothing measured here can be blamed on the foundation. */
  readonly sound: boolean;
}

/** "data outside: at most 1 s lost, during nats-sever", in the words of the plan. */
export function sayMust(must: Must): string {
  if ("alarm" in must) return [`alarm ${must.alarm}`, ...(must.during === undefined ? [] : [`during ${must.during}`])].join(", ");
  const { min, max } = must.lostS;
  const bound = [...(min === undefined ? [] : [`at least ${min} s`]), ...(max === undefined ? [] : [`at most ${max} s`])].join(" and ");
  return [
    `${must.op ?? must.plane} ${must.from}: ${bound || "any"} lost`,
    ...(must.during === undefined ? [] : [`during ${must.during}`]),
    ...(must.notBeforeS === undefined ? [] : [`nothing in the first ${must.notBeforeS} s`]),
  ].join(", ");
}

const isOf = (probe: PlannedProbe, sample: Sample): boolean => sample.probe === probe.probe && sample.from === probe.from && sample.target === probe.target;

/** The planned probes that a must is about. */
const probesOf = (plan: Plan, must: LostMust): PlannedProbe[] =>
  plan.probes.filter((probe) => probe.plane === must.plane && probe.from === must.from && (must.op === undefined || probe.probe === must.op));

/** The measured slots of each planned probe, by probeKey. */
export type Series = ReadonlyMap<string, readonly Point[]>;

/**
 * Mean over probes, each a virtual user of equal weight. The edge from the last good sample of an act's window to the first bad one of the next act's
 * belongs to the next: nothing was injected yet that could have done it.
 */
export function meanLost(probes: readonly PlannedProbe[], series: Series, window: Window): Bounds {
  const each = probes.map((probe) => {
    const points = series.get(probeKey(probe)) ?? [];
    const after = points.findIndex((point) => point.atUs >= window.toUs);
    const own = after > 0 && !points[after - 1]!.bad ? points.slice(0, after) : points;
    return lostBetween(own, probe.periodMs * 1000, window);
  });
  const mean = (of: (bounds: Bounds) => number) => each.reduce((sum, bounds) => sum + of(bounds), 0) / Math.max(1, each.length);
  return roundedBounds({ lo: mean((bounds) => bounds.lo), hi: mean((bounds) => bounds.hi) });
}

/** What a must is measured as; undefined if its act never began, no probe measures it, or it is about no loss. */
export function measuredMust(must: Must, { plan, events, series, run }: Evidence): Bounds | undefined {
  if ("alarm" in must) return undefined;
  const window = must.during === undefined ? run : actWindow(plan, must.during, events, run);
  const probes = probesOf(plan, must);
  return window && probes.length > 0 ? meanLost(probes, series, window) : undefined;
}

export const mustFindings = (must: Must, evidence: Evidence): readonly Finding[] =>
  "alarm" in must ? alarmFindings(must, evidence) : lostFindings(must, evidence);

/** A fault that was not seen to bite decides nothing, neither way: no blame, and no praise either. */
export function doubtOf(must: { readonly during?: string }, { receipts, sound }: Evidence): string | undefined {
  const unseen = receipts.filter((receipt) => (must.during === undefined || receipt.act === must.during) && !receipt.bitUs).map((receipt) => receipt.target);
  return !sound ? "; but the experiment was unsound" : unseen.length > 0 ? `; but ${unseen.join(", ")} was never seen to be hit` : undefined;
}

function alarmFindings(must: AlarmMust, evidence: Evidence): readonly Finding[] {
  const { plan, events, run } = evidence;
  const name = sayMust(must);
  const window = must.during === undefined ? run : actWindow(plan, must.during, events, run);
  if (!window) return [open(`${name}; act ${must.during} never began`)];
  const raised = events.find((event) => event.kind === "alarm" && event.alarm === must.alarm && event.atUs >= window.fromUs && event.atUs < window.toUs);
  const at = raised ? [raised.atUs] : [window.fromUs, window.toUs];
  const says = `${name}; ${raised ? `raised after ${((raised.atUs - window.fromUs) / 1e6).toFixed(1)} s` : "it was not raised"}`;
  const doubt = doubtOf(must, evidence);
  if (doubt !== undefined) return [open(says + doubt, at)];
  return [raised ? pass(says, at) : fail(says, at)];
}

/**
 * Harm that a playbook kept below the floor. Without one the floor holds in full. With one, what happened before its first repair step must show the harm:
 * something was lost by then; or the step was there to prevent it, or the playbook's own policy was.
 */
function cutShort(
  probes: readonly PlannedProbe[],
  { plan, events, series }: Evidence,
  window: Window,
): { readonly says: string; readonly shown: boolean } | undefined {
  if (plan.remedy) return { says: `the playbook's policy (${sayPolicy(plan.remedy)}) stood against the rest`, shown: true };
  const first = firstRepair(plan, events, window);
  if (!first) return undefined;
  const before = meanLost(probes, series, { fromUs: window.fromUs, toUs: first.atUs });
  const after = `${((first.atUs - window.fromUs) / 1e6).toFixed(1)} s`;
  if (before.hi > 0) return { says: `${sayBounds(before)} of it before the playbook's first repair step, after ${after}`, shown: true };
  if (first.prevents) return { says: `a step to prevent it was begun after ${after}, before anything was lost`, shown: true };
  return { says: `the playbook's first repair step was begun after ${after}, before anything was lost: no harm was shown`, shown: false };
}
const sayPolicy = (policy: Readonly<Record<string, string>>): string =>
  Object.entries(policy)
    .map(([name, value]) => `${name} ${value}`)
    .join(", ");

/** When the playbook first laid hands on the platform in a window. Finding out, and deciding, repairs nothing. */
function firstRepair({ procedures = [] }: Plan, events: readonly Event[], window: Window): { readonly atUs: number; readonly prevents: boolean } | undefined {
  for (const event of events) {
    if (event.kind !== "step" || event.state !== "acting" || event.atUs < window.fromUs || event.atUs >= window.toUs) continue;
    // What people do without the playbook is a repair, whatever it is.
    const does = procedures.find(({ name }) => name === event.procedure)?.steps[event.step - 1]?.does ?? (event.by === "person" ? "restore" : undefined);
    if (does !== undefined && does !== "decide") return { atUs: event.atUs, prevents: does === "prevent" };
  }
  return undefined;
}

function lostFindings(must: LostMust, evidence: Evidence): readonly Finding[] {
  const { plan, events, samples, series, run } = evidence;
  const name = sayMust(must);
  const probes = probesOf(plan, must);
  if (probes.length === 0) return [open(`${name}; no probe of the plan measures it`)];
  const window = must.during === undefined ? run : actWindow(plan, must.during, events, run);
  if (!window) return [open(`${name}; act ${must.during} never began`)];
  const within = samples.filter((sample) => isWithin(window, sample) && isMeasured(sample));
  const silent = probes.filter((probe) => !within.some((sample) => isOf(probe, sample)));
  if (silent.length > 0)
    return [open(`${name}; no sample of ${silent.map(({ probe, target }) => `${probe} ${target}`).join(", ")}`, [window.fromUs, window.toUs])];

  const bad = within.filter((sample) => isBad(sample) && probes.some((probe) => isOf(probe, sample)));
  const at = bad.length > 0 ? [bad[0]!.dueUs, bad.at(-1)!.dueUs] : [window.fromUs, window.toUs];
  const lost = meanLost(probes, series, window);
  let says = `${name}; lost ${sayBounds(lost)}`;
  const doubt = doubtOf(must, evidence);
  if (doubt !== undefined) return [open(says + doubt, at)];

  const { min, max } = must.lostS;
  const wrong: Finding[] = [];
  if (max !== undefined && lost.lo > max) wrong.push(fail(says, at));
  else if (max !== undefined && lost.hi > max) wrong.push(open(`${says}: the bounds leave it open`, at));
  const harm = min === undefined || lost.lo >= min ? undefined : cutShort(probes, evidence, window);
  if (harm !== undefined) {
    says += `; ${harm.says}`;
    if (!harm.shown) wrong.push(open(says, at));
  } else if (min !== undefined && lost.hi < min) wrong.push(fail(says, at));
  else if (min !== undefined && lost.lo < min) wrong.push(open(`${says}: the bounds leave it open`, at));
  if (must.notBeforeS !== undefined) {
    const until = window.fromUs + must.notBeforeS * 1e6;
    const early = bad.filter((sample) => sample.dueUs < until).map((sample) => sample.dueUs);
    if (early.length > 0) wrong.push(fail(`${name}; the first was lost after ${((early[0]! - window.fromUs) / 1e6).toFixed(1)} s`, early.slice(0, 10)));
  }
  return orPass(wrong, says, at);
}
