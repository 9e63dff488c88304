/** A playbook that is looked at while it plays: what it throws, and what of it hangs, is kept for the report and ends no trial. */
import { nowUs } from "../clock.js";
import type { Playbook, Step } from "../core.js";
import { FlounderError } from "../errors.js";

export interface Watched {
  readonly playbook: Playbook;
  /** What a step threw that was no refusal of the platform: a defect of the playbook. */
  threw(): string | undefined;
  /** A verb took longer than its step's limit, or is still under way. */
  hung(): boolean;
}

export function watched(playbook: Playbook): Watched {
  let threw: string | undefined;
  let over = false;
  const pending = new Set<object>();
  const watch = (step: Step): Step => {
    const { run, limitS } = step;
    if (!run) return step;
    return {
      ...step,
      async run(console) {
        const call = {};
        const fromUs = nowUs();
        pending.add(call);
        try {
          return await run.call(step, console);
        } catch (error) {
          if (error instanceof FlounderError) throw error;
          threw ??= `${step.say}: ${error instanceof Error ? error.message : String(error)}`;
          throw new FlounderError("usage", `the playbook has a defect: ${threw}`, "mend the playbook");
        } finally {
          pending.delete(call);
          over ||= nowUs() - fromUs > limitS * 1e6;
        }
      },
    };
  };
  return {
    playbook: { ...playbook, procedures: playbook.procedures.map((procedure) => ({ ...procedure, steps: procedure.steps.map(watch) })) },
    threw: () => threw,
    hung: () => over || pending.size > 0,
  };
}
