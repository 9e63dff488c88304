/**
 * A playbook held against a run that was recorded: when it would have detected something, and when the guards of its steps would have held, up to its first action.
 * What comes after an action nobody can know from a run in which it was not taken. Pure, and nothing in its hands could touch a foundation.
 */
import type { Event, PlannedProcedure, Sample } from "../core.js";
import { injectingUs, runWindow } from "../measure/windows.js";
import type { RunRecord } from "../report/story.js";
import { Conditions, sayCondition } from "./conditions.js";

/** Seconds after the run's first injection; null: it never came to that. */
export interface Rehearsal {
  readonly procedures: readonly RehearsedProcedure[];
  /** When the recorded run's own playbook first acted: what came later is its doing. */
  readonly ownActionS: number | null;
  readonly unknown: readonly string[];
}
export interface RehearsedProcedure {
  readonly name: string;
  readonly detect: string;
  readonly detectedS: number | null;
  readonly steps: readonly RehearsedStep[];
}
export interface RehearsedStep {
  readonly say: string;
  readonly dueS: number;
  /** Absent: it has none. */
  readonly guard?: string;
  /** When a person would have begun it. */
  readonly begunS: number | null;
  /** The first one that lays hands on the platform: here the rehearsal ends. */
  readonly action: boolean;
}

const everyUs = 50_000;

export function rehearse(procedures: readonly PlannedProcedure[], record: RunRecord): Rehearsal {
  const { plan, events, samples } = record;
  const run = runWindow(plan, events, samples);
  const begins = plan.acts.map(({ id }) => injectingUs(plan, id, events)).filter((us) => us !== undefined);
  const zeroUs = begins.length > 0 ? Math.min(...begins) : run.fromUs;
  const since = (us: number) => Math.round((us - zeroUs) / 1000) / 1000;
  const each = procedures.map((procedure) => rehearsed(procedure, record, run.fromUs, run.toUs, since));
  const own = events.find((event) => event.kind === "step" && event.procedure !== undefined && event.state === "acting" && doesOf(record, event) !== "decide");
  const ownActionS = own ? since(own.atUs) : null;
  const late = each.flatMap(({ steps }) => steps.flatMap(({ action, begunS }) => (action && begunS !== null ? [begunS] : [])));
  return {
    procedures: each,
    ownActionS,
    unknown: [
      ...(late.length > 0 ? ["what the first action would have changed, and all that comes after it"] : []),
      ...(ownActionS !== null && (late.length === 0 || Math.max(...late) > ownActionS)
        ? [`what this playbook would have seen after ${ownActionS.toFixed(1)} s: there the recorded run's own playbook (${plan.playbook}) acted`]
        : []),
      "how long a person would really have taken: the medians of the playbook are used",
    ],
  };
}

const doesOf = ({ plan }: RunRecord, event: Event & { readonly kind: "step" }) =>
  plan.procedures?.find(({ name }) => name === event.procedure)?.steps[event.step - 1]?.does;

function rehearsed(procedure: PlannedProcedure, record: RunRecord, fromUs: number, toUs: number, since: (us: number) => number): RehearsedProcedure {
  const clock = new Replay(record, fromUs);
  const found = (steps: readonly RehearsedStep[], atUs: number | undefined): RehearsedProcedure => ({
    name: procedure.name,
    detect: sayCondition(procedure.detect),
    detectedS: atUs === undefined ? null : since(atUs),
    steps,
  });
  const detectedUs = clock.until(procedure.detect, fromUs, toUs);
  if (detectedUs === undefined) return found([], undefined);
  const steps: RehearsedStep[] = [];
  let atUs = detectedUs;
  for (const step of procedure.steps) {
    const readyUs = atUs + step.humanS * 1e6;
    const begunUs = step.guard ? clock.until(step.guard, readyUs, Math.min(toUs, readyUs + step.limitS * 1e6)) : readyUs;
    const action = step.does !== "decide";
    steps.push({
      say: step.say,
      dueS: since(atUs),
      ...(step.guard ? { guard: sayCondition(step.guard) } : {}),
      begunS: begunUs === undefined || begunUs > toUs ? null : since(begunUs),
      action,
    });
    if (action || begunUs === undefined || begunUs > toUs) break;
    const doneUs = step.until ? clock.until(step.until, begunUs, Math.min(toUs, begunUs + step.limitS * 1e6)) : begunUs;
    if (doneUs === undefined) break;
    atUs = doneUs;
  }
  return found(steps, detectedUs);
}

/** What was known at each instant of the run: answers when they came, alarms when they were raised. Time only goes on. */
class Replay {
  readonly #conditions: Conditions;
  readonly #samples: readonly Sample[];
  readonly #events: readonly Event[];
  #sample = 0;
  #event = 0;
  #atUs: number;

  constructor({ plan, events, samples }: RunRecord, fromUs: number) {
    this.#conditions = new Conditions(plan.probes);
    this.#samples = [...samples].sort((a, b) => a.endUs - b.endUs);
    this.#events = [...events].sort((a, b) => a.atUs - b.atUs);
    this.#atUs = fromUs;
  }

  /** The first instant from which on it holds; an alarm must be raised after fromUs. */
  until(condition: PlannedProcedure["detect"], fromUs: number, toUs: number): number | undefined {
    for (this.#atUs = Math.max(this.#atUs, fromUs); this.#atUs <= toUs; this.#atUs += everyUs) {
      this.#goOn();
      if (this.#conditions.holds(condition, this.#atUs, fromUs)) return this.#atUs;
    }
    return undefined;
  }

  #goOn(): void {
    const due: Sample[] = [];
    while (this.#sample < this.#samples.length && this.#samples[this.#sample]!.endUs <= this.#atUs) due.push(this.#samples[this.#sample++]!);
    this.#conditions.samples(due);
    while (this.#event < this.#events.length && this.#events[this.#event]!.atUs <= this.#atUs) this.#conditions.event(this.#events[this.#event++]!);
  }
}

/** For people: a line per instant. */
export function rehearsalLines({ procedures, unknown }: Rehearsal): readonly string[] {
  const at = (s: number | null, never: string) => (s === null ? never : `after ${s.toFixed(1)} s`);
  return [
    ...procedures.flatMap(({ name, detect, detectedS, steps }) => [
      `${name}: ${detect}: ${at(detectedS, "never")}`,
      ...steps.map(
        ({ say, guard, begunS, action }, i) =>
          `  ${i + 1}. ${say}: ${at(begunS, "would not have been begun")}${guard === undefined ? "" : ` (only when ${guard})`}${action ? ": the first action, here the rehearsal ends" : ""}`,
      ),
    ]),
    ...(procedures.length === 0 ? ["nobody would have done anything"] : []),
    `It cannot say: ${unknown.join("; ")}.`,
  ];
}
