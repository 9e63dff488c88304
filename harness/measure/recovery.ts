/** The recovery clock: per act, seconds from its first injection until somebody noticed, until all was healed, until it was stable again. */
import type { Event, Plan, Sample, Verdict } from "../core.js";
import { byProbe } from "./lost.js";
import { actWindow, injectingUs, isBad, isMeasured, runWindow } from "./windows.js";

/**
 * detected: the platform's first alarm (our own probes are not its monitoring). healed: the last healing of the act, proved.
 * stable: when the last probe that had failed got its first good answer, if the runner saw the foundation steady again; 0 if none failed.
 */
export function recoveryClock(plan: Pick<Plan, "acts" | "injections" | "phases">, events: readonly Event[], samples: readonly Sample[]): Verdict["recovery"] {
  const run = runWindow(plan, events, samples);
  const groups = [...byProbe(samples).values()];
  return plan.acts.map(({ id }) => {
    const fromUs = injectingUs(plan, id, events);
    const window = actWindow(plan, id, events, run);
    if (fromUs === undefined || window === undefined) return { act: id, detectedS: null, healedS: null, stableS: null };
    const since = (atUs: number | undefined) => (atUs === undefined ? null : Math.round((atUs - fromUs) / 1000) / 1000);
    const detectedUs = events.find((event) => event.kind === "alarm" && event.atUs >= fromUs && event.atUs < window.toUs)?.atUs;
    const steadyUs = events.findLast((event) => event.kind === "act" && event.act === id && event.state === "steady-again")?.atUs;
    return {
      act: id,
      detectedS: since(detectedUs),
      healedS: since(healedUs(plan, id, events)),
      stableS: steadyUs === undefined ? null : since(stableUs(steadyUs)),
    };

    function stableUs(untilUs: number): number {
      let stable = fromUs!;
      for (const group of groups) {
        const mine = group.filter((sample) => isMeasured(sample) && sample.dueUs >= fromUs!);
        const last = mine.findLastIndex((sample) => isBad(sample) && sample.dueUs < untilUs);
        if (last >= 0) stable = Math.max(stable, mine[last + 1]?.dueUs ?? mine[last]!.endUs);
      }
      return stable;
    }
  });
}

function healedUs(plan: Pick<Plan, "injections">, act: string, events: readonly Event[]): number | undefined {
  const each = plan.injections
    .filter((injection) => injection.act === act)
    .map(({ id }) => events.findLast((event) => event.kind === "healed" && event.injection === id && event.proved)?.atUs);
  return each.length === 0 || each.includes(undefined) ? undefined : Math.max(...(each as number[]));
}
