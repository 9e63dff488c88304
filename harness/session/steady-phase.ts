/**
 * The steady phase: for so long nothing may be lost, or nothing can be said of what is lost later. It is its own proof: it begins as soon as those who ask often
 * are answered, and is over when everybody else was answered in it as well. A sample that is lost all the same (a busy machine) wastes no run: the phase begins
 * again after a quiet while, as long as the budget for becoming steady lasts.
 */
import type { Plan } from "../core.js";
import { plural } from "../words.js";
import { quietMs, type Stage } from "./stage.js";

export type SteadyStage = Pick<Stage, "now" | "note" | "pause" | "settle" | "steady"> & { readonly plan: Pick<Plan, "phases"> };

const lookMs = 50;
/** Before the first time: whoever asks twice as often is answered, and nothing was lost for so long. */
const firstQuietMs = 250;

/** True once a whole phase has passed without a loss. False when the budget is over: the timeline says what was lost. */
export async function steadyPhase(stage: SteadyStage): Promise<boolean> {
  const { plan, note, now } = stage;
  const endUs = now() + plan.phases.recoveryS * 1e6;
  const refuse = (why: string) => {
    note({ kind: "trouble", from: "runner", says: `the foundation was not steady before anything was injected: ${why}` });
    return false;
  };
  for (let begun = 0; ; ) {
    const times = begun === 0 ? "" : `; the steady phase was begun ${plural(begun, "time")}`;
    const quiet = begun === 0 ? firstQuietMs : quietMs;
    if (!(await stage.settle(quiet, (endUs - now()) / 1000))) return refuse(`${stage.steady.why(now(), quiet) ?? "it became so too late"}${times}`);
    begun++;
    note({ kind: "phase", phase: "steady" });
    const lost = await firstLoss(stage, now(), endUs);
    if (lost === undefined) return true;
    if (now() >= endUs) return refuse(`${lost}; the steady phase was begun ${plural(begun, "time")}`);
    note({ kind: "trouble", from: "runner", says: `the steady phase begins again: ${lost}` });
  }
}

/** What was lost first since then, in words, as soon as it is known, or who was not answered until the budget was over; undefined when the phase has passed. */
async function firstLoss({ plan, steady, now, pause }: SteadyStage, fromUs: number, endUs: number): Promise<string | undefined> {
  const toUs = fromUs + plan.phases.steadyS * 1e6;
  for (;;) {
    const lost = steady.lostSince(fromUs);
    const leftMs = (toUs - now()) / 1000;
    if (lost !== undefined) return lost;
    if (leftMs <= 0) {
      const unanswered = steady.why(now(), quietMs, fromUs);
      if (unanswered === undefined || now() >= endUs) return unanswered;
    }
    await pause(leftMs > 0 ? Math.min(lookMs, leftMs) : lookMs);
  }
}
