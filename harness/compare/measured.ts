/** What a finished run is worth as a trial: its outcomes up to the cap, how its playbook ended, and whether it counts. Pure. */
import type { Event, Plane, Sample, Step, StepClock, Vantage, Verdict } from "../core.js";
import { soundness } from "../judge/experiment.js";
import { meanLost, type Series } from "../judge/musts.js";
import { byProbe, pointsOf } from "../measure/lost.js";
import { injectingUs, runWindow, type Window } from "../measure/windows.js";
import type { RunRecord } from "../report/story.js";
import type { Design, Outcome, Trial } from "./shapes.js";

/** Which attempt at what it is. */
export interface Slot {
  readonly block: number;
  readonly seed: number;
  readonly arm: string;
  readonly playbook: string;
  readonly idle: boolean;
  readonly attempt: number;
  readonly position: number;
  /** Human delays are multiplied by this. */
  readonly delays: number;
}
/** What was seen of the playbook while it played. */
export interface Played {
  readonly threw: string | undefined;
  readonly hung: boolean;
}

export function trialOf(slot: Slot, record: RunRecord, verdict: Verdict, played: Played, design: Pick<Design, "capS" | "outcome">, results: string): Trial {
  const { plan, events, samples } = record;
  const series: Series = new Map([...byProbe(samples)].map(([key, own]) => [key, pointsOf(own)]));
  const window = measuredWindow(record, design.capS);
  const lost = (plane: Plane, from: Vantage, within: Window) =>
    meanLost(
      plan.probes.filter((probe) => probe.plane === plane && probe.from === from),
      series,
      within,
    );
  const both = (plane: Plane) => ({ outside: lost(plane, "outside", window), inside: lost(plane, "inside", window) });
  const lostS = { control: both("control"), data: both("data") };
  // Whoever never lost anything had nothing to recover from, whatever ended the fault.
  const unhurt = Object.values(lostS).every(({ outside, inside }) => outside.hi === 0 && inside.hi === 0);
  const { recovered, recoveryS } = unhurt && begins(record) ? { recovered: true, recoveryS: 0 } : recoveryOf(record, verdict, window, design.capS);
  // Acts that begin at the same instant share their steps.
  const steps = [...new Map(verdict.recovery.map((clock) => [JSON.stringify(clock.steps), clock.steps])).values()].flat();
  const sum = (of: (step: StepClock) => number) => round(steps.reduce((total, step) => total + of(step), 0));
  return {
    block: slot.block,
    arm: slot.arm,
    playbook: slot.playbook,
    attempt: slot.attempt,
    position: slot.position,
    seed: slot.seed,
    startedIso: wallOf(events),
    delays: slot.delays,
    lostS,
    recovered,
    recoveryS: round(recoveryS),
    clock: {
      detectS: verdict.recovery.map(({ detectedS }) => detectedS).find((s) => s !== null) ?? null,
      humanS: sum(({ humanS }) => humanS),
      machineS: sum(({ machineS }) => machineS),
      lostWhileHumanS: recovered || !events.some(ofPlaybook) ? lostWhileWaiting(record, window, design.outcome, lost) : null,
    },
    steps: stepsOf(steps, events),
    writes: { acknowledged: verdict.ledger.acknowledged, lost: verdict.ledger.missing.length },
    harm: harmOf(events),
    // A remedy that was in place has done its part, also where nobody had anything left to do.
    ending: endingOf(slot.idle || plan.remedy !== undefined, events, played),
    undone: plan.injections.every(({ id }) => isUndone(id, events)),
    invalid: invalidOf(record, verdict, window),
    results,
  };
}

/** A trial that never came to its results: its foundation could not be brought up, or was lost. */
export function brokenTrial(slot: Slot, says: string, startedIso: string, design: Pick<Design, "capS">): Trial {
  const nothing = { outside: { lo: 0, hi: 0 }, inside: { lo: 0, hi: 0 } };
  const { block, arm, playbook, attempt, position, seed, delays } = slot;
  return {
    ...{ block, arm, playbook, attempt, position, seed, startedIso, delays },
    lostS: { control: nothing, data: nothing },
    recovered: false,
    recoveryS: design.capS,
    clock: { detectS: null, humanS: 0, machineS: 0, lostWhileHumanS: null },
    steps: { done: 0, refused: 0, repeated: 0, wrong: 0 },
    writes: { acknowledged: 0, lost: 0 },
    harm: "",
    ending: "did-nothing",
    undone: true,
    invalid: { code: "broken-off", says },
    results: "",
  };
}

const round = (value: number): number => Math.round(value * 1000) / 1000;
const wallOf = (events: readonly Event[]): string => {
  const zero = events.find((event) => event.kind === "zero");
  return zero?.kind === "zero" ? zero.wallIso : "";
};

const begins = ({ plan, events }: RunRecord): boolean => plan.acts.some(({ id }) => injectingUs(plan, id, events) !== undefined);

/** From the first injection to the cap. */
export function measuredWindow({ plan, events, samples }: RunRecord, capS: number): Window {
  const begins = plan.acts.map(({ id }) => injectingUs(plan, id, events)).filter((us) => us !== undefined);
  const run = runWindow(plan, events, samples);
  const fromUs = begins.length > 0 ? Math.min(...begins) : run.toUs;
  return { fromUs, toUs: fromUs + capS * 1e6 };
}

/** Stable again by the cap, in all acts, and without the rail. */
function recoveryOf({ plan, events }: RunRecord, verdict: Verdict, window: Window, capS: number): { readonly recovered: boolean; readonly recoveryS: number } {
  const ends = verdict.recovery.map(({ act, stableS, censored }) => {
    const fromUs = injectingUs(plan, act, events);
    return censored || stableS === null || fromUs === undefined ? undefined : (fromUs - window.fromUs) / 1e6 + stableS;
  });
  if (ends.length === 0 || ends.includes(undefined)) return { recovered: false, recoveryS: capS };
  const latest = Math.max(...(ends as number[]));
  return latest <= capS ? { recovered: true, recoveryS: Math.max(0, latest) } : { recovered: false, recoveryS: capS };
}

/** What was never begun needs no undoing. */
const isUndone = (injection: string, events: readonly Event[]): boolean =>
  !events.some((event) => event.kind === "injecting" && event.injection === injection) ||
  events.some((event) => event.kind === "healed" && event.injection === injection && event.proved);

type StepEvent = Extract<Event, { kind: "step" }>;
const ofPlaybook = (event: Event): event is StepEvent & Event => event.kind === "step" && event.procedure !== undefined;

/**
 * Lost seconds of the outcome that passed while a person was waited for; none where nobody was. Unknown where nothing was lost yet when the first hands were laid on: with other delays
 * they would have come too late, or in time.
 */
function lostWhileWaiting(
  { events, plan }: RunRecord,
  window: Window,
  { plane, from }: Outcome,
  lost: (plane: Plane, from: Vantage, within: Window) => { lo: number; hi: number },
): number | null {
  const mine = events.filter(ofPlaybook);
  const first = mine.find((event) => event.state === "acting" && doesOf(plan.procedures, event) !== "decide");
  const mid = (within: Window) => {
    const { lo, hi } = lost(plane, from, within);
    return (lo + hi) / 2;
  };
  if (first && mid({ fromUs: window.fromUs, toUs: first.atUs }) === 0) return null;
  let total = 0;
  for (const [i, due] of mine.entries()) {
    if (due.state !== "due") continue;
    const acting = mine.slice(i + 1).find((event) => event.procedure === due.procedure && event.step === due.step);
    if (!acting) continue;
    const within = { fromUs: Math.max(due.atUs, window.fromUs), toUs: Math.min(acting.atUs, window.toUs) };
    if (within.toUs > within.fromUs) total += mid(within);
  }
  return round(total);
}
const doesOf = (procedures: RunRecord["plan"]["procedures"], event: StepEvent): Step["does"] | undefined =>
  procedures?.find(({ name }) => name === event.procedure)?.steps[event.step - 1]?.does;

function stepsOf(steps: readonly StepClock[], events: readonly Event[]): Trial["steps"] {
  const count = (is: (step: StepClock) => boolean) => steps.filter(is).length;
  const slips = events.filter(ofPlaybook).flatMap(({ slip, state }) => (slip !== undefined && state === "due" ? [slip] : []));
  return {
    done: count(({ state }) => state === "done"),
    refused: count(({ state }) => state === "refused" || state === "gave-up"),
    repeated: slips.filter((slip) => slip === "repeated").length,
    wrong: slips.filter((slip) => slip !== "repeated").length,
  };
}

/** What is not as it was before though all is healed and recovered. */
function harmOf(events: readonly Event[]): string {
  const print = (when: "before" | "after") => events.findLast((event) => event.kind === "fingerprint" && event.when === when);
  const [before, after] = [print("before"), print("after")];
  if (before?.kind !== "fingerprint" || after?.kind !== "fingerprint") return "";
  const differing = [...new Set([...Object.keys(before.values), ...Object.keys(after.values)])]
    .sort()
    .filter((name) => before.values[name] !== after.values[name]);
  return differing.map((name) => `${name} was ${before.values[name] ?? "absent"}, is ${after.values[name] ?? "absent"}`).join("; ");
}

function endingOf(idle: boolean, events: readonly Event[], { threw, hung }: Played): Trial["ending"] {
  if (threw !== undefined) return "threw";
  if (hung) return "hung";
  const steps = events.filter(ofPlaybook);
  if (steps.some(({ state }) => state === "refused")) return "frozen";
  return !idle && !steps.some(({ state }) => state === "acting") ? "did-nothing" : "finished";
}

/** Why it says nothing about its playbook: the experiment failed, not the playbook. */
function invalidOf({ plan, events, samples }: RunRecord, verdict: Verdict, window: Window): Trial["invalid"] {
  const run = runWindow(plan, events, samples);
  const checks = soundness(plan, events, samples, run, verdict.observerFaults);
  const wrong = (name: string) => checks.find((check) => check.name === name)?.findings.find(({ result }) => result !== "pass")?.says;
  const unsteady = wrong("steady before");
  if (unsteady !== undefined) return { code: "not-steady", says: unsteady };
  const blind = wrong("observer");
  if (blind !== undefined) return { code: "observer", says: blind };
  const unseen = verdict.receipts.each.filter(({ bitUs }) => !bitUs).map(({ fault, target }) => `${fault} on ${target}`);
  if (unseen.length > 0) return { code: "fault-not-witnessed", says: `${unseen.join(", ")}: the witness never saw it` };
  const cut = wrong("the run reached its end");
  const seenUs = lastDueUs(samples);
  // A run that was ended after the cap has shown all that counts.
  return cut !== undefined && seenUs < window.toUs ? { code: "broken-off", says: cut } : null;
}
const lastDueUs = (samples: readonly Sample[]): number => samples.reduce((last, { dueUs }) => Math.max(last, dueUs), 0);
