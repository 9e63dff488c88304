/**
 * The judge: plan + events + samples → verdict. Pure, so that a stored run can be judged again, on another machine, to the same byte.
 *
 * A verdict is the worst of its findings, pass < inconclusive < fail; an `aborted` event overrides them all: nobody may read a result into a run that
 * was ended by hand. What makes the *experiment* unsound (not steady before, a fault that was not seen to bite, a blind observer, no end) is
 * inconclusive, and then a missed must is inconclusive as well: the foundation cannot be blamed by a test that did not work.
 * A lost acknowledged write fails whatever else went wrong.
 */
import type { Bounds, Event, LoadRow, Plan, Plane, Sample, Vantage, Verdict } from "../core.js";
import { byProbe, pointsOf } from "../measure/lost.js";
import { planeMatrix } from "../measure/matrix.js";
import { peopleFigures } from "../measure/people.js";
import { receipts as receiptsOf } from "../measure/receipts.js";
import { recoveryClock } from "../measure/recovery.js";
import { actWindow, isBad, isMeasured, isWithin, runWindow, type Window } from "../measure/windows.js";
import { observerShare, soundness, wholeness, writes } from "./experiment.js";
import { type Check, compare, round, worst } from "./findings.js";
import { loadChecks, loadVerdict } from "./load.js";
import { type Evidence, meanLost, measuredMust, mustFindings, type Series, sayMust } from "./musts.js";
import { setupOf } from "./setup.js";

export interface Judgement {
  readonly verdict: Verdict;
  /** What the verdict's findings come from, in their order. */
  readonly checks: readonly Check[];
  /** Per must of the plan: what it is measured as. */
  readonly measured: readonly (Bounds | undefined)[];
}

export const judge = (plan: Plan, events: readonly Event[], samples: readonly Sample[]): Verdict => judgement(plan, events, samples).verdict;

export function judgement(plan: Plan, anyEvents: readonly Event[], anySamples: readonly Sample[], load: readonly LoadRow[] = []): Judgement {
  const events = byTime(anyEvents);
  const samples = bySchedule(anySamples);
  const run = runWindow(plan, events, samples);
  const series: Series = new Map([...byProbe(samples)].map(([key, own]) => [key, pointsOf(own)]));
  const receipts = receiptsOf(plan, events);
  const observerFaults = observerShare(plan, samples, run);
  const basis = soundness(plan, events, samples, run, observerFaults);
  const sound = worst(basis.flatMap((check) => check.findings)) === "pass";
  const evidence: Evidence = { plan, events, samples, series, receipts, run, sound };
  const stopped = events.filter((event) => event.kind === "aborted");
  const checks: Check[] = [
    ...stopped.map((event): Check => ({ name: "not aborted", findings: [{ result: "aborted", says: `aborted: ${event.why}`, atUs: [event.atUs] }] })),
    ...basis,
    ...wholeness(plan, events, receipts),
    ...plan.must.map((must) => ({ name: sayMust(must), findings: mustFindings(must, evidence) })),
    ...loadChecks(plan, evidence),
  ];
  const findings = checks.flatMap((check) => check.findings);
  const people = peopleFigures(plan, events, samples);
  const verdict: Verdict = {
    version: 1,
    result: worst(findings),
    scenario: plan.name,
    seed: plan.seed,
    planDigest: plan.digest,
    engine: plan.engine,
    profile: plan.foundation.profile,
    lostS: lostIn(plan, series, run),
    // An act that never began lost nothing: its window is empty.
    acts: plan.acts.map(({ id }) => ({ act: id, lostS: lostIn(plan, series, actWindow(plan, id, events, run) ?? { fromUs: run.toUs, toUs: run.toUs }) })),
    operations: operations(plan, samples, series, run),
    matrix: planeMatrix(plan.probes, samples, run).map((cell) => ({ ...cell, seconds: round(cell.seconds) })),
    receipts: { bit: receipts.filter((r) => r.bitUs).length, healed: receipts.filter((r) => r.healedUs).length, of: receipts.length, each: receipts },
    ledger: writes(events),
    recovery: recoveryClock(plan, events, samples),
    observerFaults: Math.round(observerFaults * 1e6) / 1e6,
    findings,
    ...(plan.load ? { load: loadVerdict(plan, plan.load, load, evidence) } : {}),
    ...(people === undefined ? {} : { people }),
    setup: setupOf(plan, events),
  };
  return { verdict, checks, measured: plan.must.map((must) => measuredMust(must, evidence)) };
}

/** Stable: events of one instant stay in the order in which they were written. */
export const byTime = (events: readonly Event[]): Event[] => [...events].sort((a, b) => a.atUs - b.atUs);

/** A total order, so that samples of one instant are taken alike however they were written. */
export const bySchedule = (samples: readonly Sample[]): Sample[] =>
  [...samples].sort(
    (a, b) =>
      a.dueUs - b.dueUs ||
      compare(a.probe, b.probe) ||
      compare(a.from, b.from) ||
      compare(a.target, b.target) ||
      a.seq - b.seq ||
      a.endUs - b.endUs ||
      compare(a.outcome, b.outcome),
  );

function lostIn(plan: Plan, series: Series, window: Window): Verdict["lostS"] {
  const of = (plane: Plane, from: Vantage) =>
    meanLost(
      plan.probes.filter((probe) => probe.plane === plane && probe.from === from),
      series,
      window,
    );
  const both = (plane: Plane) => ({ outside: of(plane, "outside"), inside: of(plane, "inside") });
  return { control: both("control"), data: both("data") };
}

function operations(plan: Plan, samples: readonly Sample[], series: Series, run: Window): Verdict["operations"] {
  const control = plan.probes.filter((probe) => probe.plane === "control");
  const of = (name: string, from: Vantage) => {
    const measured = samples.filter((sample) => sample.probe === name && sample.from === from && isWithin(run, sample) && isMeasured(sample));
    const bad = measured.filter(isBad).length;
    const probes = control.filter((probe) => probe.probe === name && probe.from === from);
    return { ...meanLost(probes, series, run), ok: measured.length - bad, bad };
  };
  const names = [...new Set(control.map((probe) => probe.probe))].sort(compare);
  return Object.fromEntries(names.map((name) => [name, { outside: of(name, "outside"), inside: of(name, "inside") }]));
}
