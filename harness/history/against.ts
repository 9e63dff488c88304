/** One run held against a baseline; what looks worse is run again before it is called so. */
import type { Outcome } from "../session/outcome.js";
import { type BaselineRun, comparable, fewest, type Worse, worseLanes } from "./baseline.js";
import { storedRun } from "./stored-runs.js";

/** unknown: nothing could be compared. unconfirmed: the second run was no worse. unproved: the second run proved nothing. */
export type Standing = "unknown" | "as-before" | "unconfirmed" | "unproved" | "worse";
export interface Against {
  readonly standing: Standing;
  readonly says: readonly string[];
}

/** `baseline`: undefined where there is none. `again` runs the same once more. */
export async function againstBaseline(
  baseline: readonly BaselineRun[] | undefined,
  name: string,
  first: Outcome,
  again: () => Promise<Outcome>,
): Promise<Against> {
  if (!baseline) return { standing: "unknown", says: [`warning: there is no baseline "${name}": nothing is compared`] };
  const { plan, folder } = first;
  const { profile, timeFactor } = plan.foundation;
  const machine = storedRun(folder).machine ?? null;
  const runs = comparable(baseline, { scenario: plan.name, engine: plan.engine, profile, timeFactor, machine });
  if (runs.length < fewest) {
    const of = `${plan.name}, ${profile} on ${plan.engine}, time factor ${timeFactor}, on this machine`;
    return { standing: "unknown", says: [`warning: ${runs.length} runs of ${name} can be compared (${of}), ${fewest} are needed: nothing is compared`] };
  }
  if (isOpen(first)) return { standing: "unknown", says: ["warning: a run that proved nothing is not compared"] };
  const suspected = worseLanes(runs, first.verdict.lostS);
  if (suspected.length === 0) return { standing: "as-before", says: [`no worse than ${runs.length} runs of ${name}`] };
  const said = suspected.map(({ says }) => says);
  const second = await again();
  if (isOpen(second)) return { standing: "unproved", says: [...said, "a second run proved nothing: not confirmed"] };
  const isSame = (a: Worse) => (b: Worse) => a.plane === b.plane && a.from === b.from;
  const confirmed = worseLanes(runs, second.verdict.lostS).filter((one) => suspected.some(isSame(one)));
  if (confirmed.length === 0) return { standing: "unconfirmed", says: [...said, "a second run was no worse: not confirmed"] };
  return { standing: "worse", says: [...said, ...confirmed.map(({ says }) => `worse, and a second run confirms it: ${says}`)] };
}

const isOpen = ({ verdict }: Outcome): boolean => verdict.result !== "pass" && verdict.result !== "fail";
