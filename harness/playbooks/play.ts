/** Plays a playbook on a live foundation: waits for what its procedures detect, then does their steps, each with who, when, and what came of it. */
import { spokenConsole } from "../authors/verbs.js";
import { sleep } from "../clock.js";
import type { Condition, EventBody, PlannedProcedure, PlannedStep, Playbook, Step } from "../core.js";
import { FlounderError } from "../errors.js";
import { type Conditions, sayCondition } from "./conditions.js";
import { slipped } from "./slipped.js";

export interface PlayInputs {
  readonly procedures: readonly PlannedProcedure[];
  readonly playbook: Playbook;
  readonly console: unknown;
  readonly conditions: Conditions;
  readonly signal: AbortSignal;
  /** µs since the run's zero. */
  now(): number;
  note(event: EventBody): void;
  /** Absent: nobody is asked. */
  readonly supervise?: Supervise | undefined;
}
/** Asks a person before a step; its drawn delay is not waited for then. */
export type Supervise = (asked: { readonly procedure: string; readonly step: number; readonly says: string }) => Promise<{
  /** False: it is left out, and the next one is asked for. */
  readonly go: boolean;
  readonly who: string;
}>;
export interface Playing {
  /** Resolves when what the playbook needs beforehand is done; nothing may be broken before. */
  ready(): Promise<void>;
  /** Resolves when no procedure is under way. Rejects with a playbook's defect, as stop() does. */
  idle(): Promise<void>;
  stop(): Promise<void>;
}
type StepEnd = "done" | "refused" | "gave-up";

const lookMs = 50;
const againMs = 500;
/** The platform refuses or is silent: a person tries again. Anything else is not the platform's. */
const triesAgain = (error: unknown): boolean => error instanceof FlounderError && ["unreachable", "refused", "platform"].includes(error.code);

export function playProcedures(inputs: PlayInputs): Playing {
  const end = new AbortController();
  const signal = AbortSignal.any([inputs.signal, end.signal]);
  let underWay = 0;
  let defect: unknown;
  const each = inputs.procedures.map(async (planned, i) => {
    const { steps } = inputs.playbook.procedures[i]!;
    for (;;) {
      await holding(inputs, planned.detect, signal);
      underWay++;
      try {
        inputs.note({ kind: "detected", procedure: planned.name, says: sayCondition(planned.detect) });
        await walk(inputs, planned, steps, signal);
      } finally {
        underWay--;
      }
      // A plane that is still down after all steps would begin them again at once; whoever has no other plan does not repeat this one.
      const { detect } = planned;
      if (!("alarm" in detect)) await holding(inputs, { ...detect, is: detect.is === "up" ? "down" : "up", forS: 0 }, signal);
    }
  });
  const over = Promise.all(
    each.map((one) =>
      one.catch((error) => {
        if (!signal.aborted) defect ??= error;
      }),
    ),
  );
  const complain = () => {
    if (defect !== undefined) throw defect;
  };
  return {
    async ready() {
      await inputs.playbook.before?.(spokenConsole(inputs.console));
    },
    async idle() {
      while (underWay > 0) await sleep(lookMs, inputs.signal);
      complain();
    },
    async stop() {
      end.abort(new Error("the run is over"));
      await over;
      complain();
    },
  };
}

/** Resolves as soon as it holds; an alarm must be raised from now on. */
async function holding({ conditions, now }: PlayInputs, condition: Condition, signal: AbortSignal, sinceUs = now()): Promise<void> {
  while (!conditions.holds(condition, now(), sinceUs)) await sleep(lookMs, signal);
}

async function walk(inputs: PlayInputs, planned: PlannedProcedure, steps: Playbook["procedures"][number]["steps"], signal: AbortSignal): Promise<void> {
  const { note } = inputs;
  const console = spokenConsole(inputs.console);
  for (const [i, step] of planned.steps.entries()) {
    const due = {
      kind: "step" as const,
      step: i + 1,
      procedure: planned.name,
      says: step.say,
      by: step.humanS > 0 || step.slip ? ("model" as const) : ("script" as const),
      ...(step.slip ? { slip: step.slip.kind } : {}),
    };
    note({ ...due, state: "due" });
    const answer = inputs.supervise && (await orAborted(inputs.supervise({ procedure: planned.name, step: i + 1, says: step.say }), signal));
    const event = answer ? { ...due, by: "person" as const, who: answer.who } : due;
    if (answer && !answer.go) {
      note({ ...event, state: "refused", came: `left out by ${answer.who}` });
      continue;
    }
    if (!answer) await sleep(step.humanS * 1000, signal);
    const budget = AbortSignal.any([signal, AbortSignal.timeout(step.limitS * 1000)]);
    let state: StepEnd = "gave-up";
    let came = "";
    try {
      if (step.guard) await holding(inputs, step.guard, budget);
      note({ ...event, state: "acting" });
      came = await tried(slipped(steps[i]!, step.slip, inputs.playbook), console, budget);
      // Whoever forgets a step does not look what became of it.
      if (step.until && step.slip?.kind !== "skipped") await holding(inputs, step.until, budget);
      state = "done";
    } catch (error) {
      if (signal.aborted) throw error;
      state = error instanceof FlounderError && error.code === "frozen" ? "refused" : "gave-up";
      came = why(error, step, budget);
      if (!budget.aborted && !(error instanceof FlounderError))
        throw new FlounderError(
          "plan",
          `the playbook's step "${step.say}" threw: ${error}`,
          "mend the playbook; flounder list verbs has what its console can",
          { cause: error },
        );
    }
    note({ ...event, state, came });
    if (state !== "done") return;
  }
}

/** Again and again while the platform refuses or is silent, until the budget is over; rejects with the last refusal then. */
async function tried(step: Step, console: unknown, budget: AbortSignal): Promise<string> {
  if (!step.run) return "";
  for (;;) {
    try {
      return await orAborted(step.run(console), budget);
    } catch (error) {
      if (!triesAgain(error)) throw error;
      if (budget.aborted) throw error;
      await sleep(againMs, budget).catch(() => {
        throw error;
      });
    }
  }
}

/** A verb that hangs must not hold the run. It is not called back: what it does after all stands in the audit. */
function orAborted<T>(promise: Promise<T>, signal: AbortSignal): Promise<T> {
  return new Promise((resolve, reject) => {
    const stop = () => reject(signal.reason);
    if (signal.aborted) stop();
    signal.addEventListener("abort", stop, { once: true });
    promise.then(resolve, reject).finally(() => signal.removeEventListener("abort", stop));
  });
}

const why = (error: unknown, step: PlannedStep, budget: AbortSignal): string =>
  error instanceof FlounderError
    ? error.message
    : budget.aborted
      ? `not done within ${step.limitS} s${step.until ? `: ${sayCondition(step.until)} did not come` : ""}`
      : String((error as Error).message);
