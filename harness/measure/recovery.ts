/** The recovery clock: per act, seconds from its first injection until somebody noticed, decided, restored, verified, and until it was stable again. */
import type { Event, Plan, RecoveryClock, Sample, Step, StepClock } from "../core.js";
import { byProbe } from "./lost.js";
import { actWindow, injectingUs, isBad, isMeasured, runWindow, type Window } from "./windows.js";

type Planned = Pick<Plan, "acts" | "injections" | "phases" | "procedures">;
type StepEvent = Extract<Event, { kind: "step" }>;

/**
 * detected: when the playbook noticed; without one the platform's first alarm (our own probes are not its monitoring). healed: the last healing of the act,
 * proved. stable: when the last probe that had failed got its first good answer, if the runner saw the foundation steady again; 0 if none failed.
 */
export function recoveryClock(plan: Planned, events: readonly Event[], samples: readonly Sample[]): readonly RecoveryClock[] {
  const run = runWindow(plan, events, samples);
  const groups = [...byProbe(samples).values()];
  return plan.acts.map(({ id }): RecoveryClock => {
    const fromUs = injectingUs(plan, id, events);
    const window = actWindow(plan, id, events, run);
    const nothing = { decidedS: null, restoredS: null, verifiedS: null, censored: false, humanS: 0, machineS: 0, steps: [] };
    if (fromUs === undefined || window === undefined) return { act: id, detectedS: null, healedS: null, stableS: null, ...nothing };
    const since = (atUs: number | undefined) => (atUs === undefined ? null : seconds(atUs - fromUs));
    const within = events.filter((event) => event.atUs >= fromUs && event.atUs < window.toUs);
    const steadyUs = events.findLast((event) => event.kind === "act" && event.act === id && event.state === "steady-again")?.atUs;
    const { each, firstUs, doneUs } = stepsOf(plan, within, window);
    const sum = (of: (step: StepClock) => number) => Math.round(each.reduce((total, step) => total + of(step), 0) * 1000) / 1000;
    const mine = new Set(plan.injections.filter((injection) => injection.act === id).map((injection) => injection.id));
    return {
      act: id,
      detectedS: since((within.find((event) => event.kind === "detected") ?? within.find((event) => event.kind === "alarm"))?.atUs),
      decidedS: since(firstUs),
      restoredS: since(doneUs("restore")),
      verifiedS: since(doneUs("verify")),
      healedS: since(healedUs(plan, id, events)),
      stableS: steadyUs === undefined ? null : since(stableUs(steadyUs)),
      censored: events.some((event) => event.kind === "healed" && event.why === "rail" && mine.has(event.injection)),
      humanS: sum((step) => step.humanS),
      machineS: sum((step) => step.machineS),
      steps: each,
    };

    function stableUs(untilUs: number): number {
      let stable = fromUs!;
      for (const group of groups) {
        const own = group.filter((sample) => isMeasured(sample) && sample.dueUs >= fromUs!);
        const last = own.findLastIndex((sample) => isBad(sample) && sample.dueUs < untilUs);
        if (last >= 0) stable = Math.max(stable, own[last + 1]?.dueUs ?? own[last]!.endUs);
      }
      return stable;
    }
  });
}

const seconds = (us: number): number => Math.round(us / 1000) / 1000;

/** The playbook's steps that became due in an act's window; a step that never ended lasts until the window does. */
function stepsOf({ procedures = [] }: Planned, within: readonly Event[], window: Window) {
  const events = within.filter((event): event is StepEvent & Event => event.kind === "step" && event.procedure !== undefined);
  const same = (a: StepEvent, b: StepEvent) => a.procedure === b.procedure && a.step === b.step;
  const clocks = events.flatMap((due, i) => {
    if (due.state !== "due") return [];
    const later = events.slice(i + 1).filter((event) => same(event, due));
    const acting = later.find((event) => event.state === "acting");
    const over = later.find((event) => event.state !== "acting" && event.state !== "due");
    const actingUs = acting?.atUs ?? over?.atUs ?? window.toUs;
    const does: Step["does"] = procedures.find(({ name }) => name === due.procedure)?.steps[due.step - 1]?.does ?? "restore";
    const clock: StepClock = {
      procedure: due.procedure!,
      step: due.step,
      says: due.says,
      does,
      humanS: seconds(actingUs - due.atUs),
      machineS: seconds((over?.atUs ?? window.toUs) - actingUs),
      state: over === undefined ? "unfinished" : (over.state as StepClock["state"]),
      came: over?.came ?? "",
    };
    return [{ clock, actingUs: acting?.atUs, doneUs: over?.state === "done" ? over.atUs : undefined }];
  });
  return {
    each: clocks.map(({ clock }) => clock),
    firstUs: clocks.find(({ clock, actingUs }) => clock.does !== "decide" && actingUs !== undefined)?.actingUs,
    doneUs: (does: Step["does"]) => clocks.findLast(({ clock, doneUs }) => clock.does === does && doneUs !== undefined)?.doneUs,
  };
}

function healedUs(plan: Pick<Plan, "injections">, act: string, events: readonly Event[]): number | undefined {
  const each = plan.injections
    .filter((injection) => injection.act === act)
    .map(({ id }) => events.findLast((event) => event.kind === "healed" && event.injection === id && event.proved)?.atUs);
  return each.length === 0 || each.includes(undefined) ? undefined : Math.max(...(each as number[]));
}
