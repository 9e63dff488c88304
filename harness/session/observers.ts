/** Whoever looks on while a run goes on: a terminal, metrics, a page. The run does not wait for them, and one that fails ends nothing. */
import type { About, Event, Plan, Sample, Verdict } from "../core.js";

export interface Observer {
  /** The plan is made and the foundation is there; nothing has been injected. */
  begin?(plan: Plan, about: About, /** The results folder, absolute. */ folder: string): void;
  event?(event: Event): void;
  samples?(batch: readonly Sample[]): void;
  /** A line of progress that is no event: boot, preparation, warnings. May come before begin(). */
  say?(line: string): void;
  end?(verdict: Verdict, folder: string): void;
}

/** One observer for all. Whoever throws hears nothing more; `failed` is told, once for each. */
export function toAll(observers: readonly Observer[], failed: (error: unknown) => void): Required<Observer> {
  const listening = new Set(observers);
  const each = (tell: (observer: Observer) => void) => {
    for (const observer of listening)
      try {
        tell(observer);
      } catch (error) {
        listening.delete(observer);
        failed(error);
      }
  };
  return {
    begin: (plan, about, folder) => each((one) => one.begin?.(plan, about, folder)),
    event: (event) => each((one) => one.event?.(event)),
    samples: (batch) => each((one) => one.samples?.(batch)),
    say: (line) => each((one) => one.say?.(line)),
    end: (verdict, folder) => each((one) => one.end?.(verdict, folder)),
  };
}

/** For what can be made only once the plan is known: `make` is called at the beginning, lines from before go to `before`. */
export function fromPlan(make: (plan: Plan, about: About) => Observer, before: (line: string) => void = () => {}): Observer {
  let made: Observer | undefined;
  return {
    begin(plan, about, folder) {
      made = make(plan, about);
      made.begin?.(plan, about, folder);
    },
    event: (event) => made?.event?.(event),
    samples: (batch) => made?.samples?.(batch),
    say: (line) => (made?.say ? made.say(line) : before(line)),
    end: (verdict, folder) => made?.end?.(verdict, folder),
  };
}
