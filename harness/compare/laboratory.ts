/** One trial: a foundation of its own, the scenario with its acts ended at the cap, one playbook, measured and judged; then nothing is left of it. */
import { relative } from "node:path";
import { digestOf } from "../canonical.js";
import type { OperatorModel, Plan, Playbook, Scenario, TargetInfo, TargetSystem } from "../core.js";
import { FlounderError } from "../errors.js";
import { makePlan } from "../planning/plan.js";
import { loadEngine, loadFaults } from "../registry.js";
import { readResults } from "../results/results.js";
import { bringUp } from "../session/foundation.js";
import type { Observer } from "../session/observers.js";
import { runSession } from "../session/session.js";
import { capped } from "./design.js";
import { type Slot, trialOf } from "./measured.js";
import type { Design } from "./shapes.js";
import { stripOf } from "./strip.js";
import type { Laboratory } from "./trials.js";
import { watched } from "./watched.js";

export interface Bench {
  readonly scenario: Scenario;
  readonly system: TargetSystem;
  readonly engine: string;
  /** By name. */
  readonly playbooks: ReadonlyMap<string, Playbook>;
  readonly operator: OperatorModel;
}

/** Plans of trials: those of one block are the same in all but what their playbook brings along. */
export async function planner(
  { scenario, system, engine, operator }: Bench,
  capS: number,
): Promise<(seed: number, playbook: Playbook, delays?: number) => Plan> {
  const { profile, timeFactor, policy } = scenario.foundation;
  const targets: readonly TargetInfo[] = await (await loadEngine(engine)).targets(system.topology(profile, timeFactor, policy ?? {}), system);
  const faults = await loadFaults();
  return (seed, playbook, delays = 1) => {
    const { digest: _, ...plan } = makePlan({
      scenario: { ...capped(scenario, capS), playbook: playbook.name },
      seed,
      system,
      engine,
      faults,
      targets,
      playbook,
      operator: delays === 1 ? operator : { ...operator, delays: operator.delays * delays },
    });
    // What a playbook leaves undone is left so up to the cap: a platform that is helped would be its merit.
    const alone = { ...plan, phases: { ...plan.phases, aloneS: capS } };
    return { ...alone, digest: digestOf(alone) };
  };
}

/** `dir`: the comparison's; `runsDir`: where results folders are made. */
export async function liveLaboratory(bench: Bench, design: Design, dir: string, runsDir: string, observers: readonly Observer[]): Promise<Laboratory> {
  const plan = await planner(bench, design.capS);
  return async (slot: Slot, signal) => {
    const { playbook, threw, hung } = watched(bench.playbooks.get(slot.playbook)!);
    const outcome = await runSession({
      work: { plan: plan(slot.seed, playbook, slot.delays), playbook },
      foundation: bringUp({ engine: bench.engine }),
      resultsDir: runsDir,
      observers,
      signal,
    });
    if (signal.aborted) throw signal.reason;
    if (outcome.defect !== undefined) throw outcome.defect;
    const record = readResults(outcome.folder);
    const results = relative(dir, outcome.folder);
    if (record.events.length === 0) throw new FlounderError("environment", `${outcome.folder} has no events`, "is its disk full?");
    return {
      trial: trialOf(slot, record, outcome.verdict, { threw: threw(), hung: hung() }, design, results),
      strip: slot.delays === 1 ? stripOf(slot, record, outcome.verdict, design.capS) : undefined,
    };
  };
}
