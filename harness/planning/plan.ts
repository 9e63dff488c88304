/** Scenario + seed + what there is → plan: every choice made, pure data, nothing decided later. */

import { digestOf } from "../canonical.js";
import { wrongOptions } from "../core/options.js";
import { planSchema } from "../core/plan.js";
import { firstIssue } from "../core/shape.js";
import type {
  Act,
  Fault,
  Injection,
  OperatorModel,
  Plan,
  PlannedCalibration,
  PlannedLoad,
  PlannedProbe,
  Playbook,
  Scenario,
  TargetInfo,
  TargetSystem,
  Topology,
} from "../core.js";
import { FlounderError } from "../errors.js";
import { usual } from "../playbooks/operator-model.js";
import { lateAlarms, plannedProcedures } from "../playbooks/planned.js";
import { seeded } from "../random.js";
import { checkScenario } from "../scenario.js";
import { plural } from "../words.js";
import { withChance } from "./chance.js";
import { select } from "./select.js";
import { apart } from "./unplanned.js";

export interface PlanInputs {
  readonly scenario: Scenario;
  readonly seed: number;
  readonly system: TargetSystem;
  readonly engine: string;
  readonly faults: ReadonlyMap<string, Fault>;
  /** From Engine.targets(topology), or from a live foundation. */
  readonly targets: readonly TargetInfo[];
  readonly profile?: string;
  /** Of a foundation that is up; absent: the one that the system has for that profile. */
  readonly topology?: Topology | undefined;
  /** The one that the scenario names. */
  readonly playbook?: Playbook | undefined;
  /** Who plays it; default: the usual one. */
  readonly operator?: OperatorModel | undefined;
  /** What is known of the ruler here; see plannedCalibration(). */
  readonly calibration?: PlannedCalibration | undefined;
  /** See plannedLoad(). */
  readonly load?: PlannedLoad | undefined;
}

/** More samples per second than this, and the prober disturbs what it measures. */
export const maxSamplesPerS = 200;

export function makePlan(inputs: PlanInputs): Plan {
  const where = `scenario ${inputs.scenario.name}`;
  const checked = checkScenario(inputs.scenario, where);
  const scenario: Scenario = { ...checked, foundation: foundationOf(checked, inputs) };
  const { profile, timeFactor, policy } = scenario.foundation;
  const topology = inputs.topology ?? inputs.system.topology(profile, timeFactor, policy ?? {});
  const random = seeded(inputs.seed);
  const acts: Act[] = [];
  const injections: Injection[] = [];
  // The unplanned ones last: with or without them the rest is chosen alike.
  for (const act of [...scenario.acts].sort((a, b) => Number(a.unplanned ?? false) - Number(b.unplanned ?? false))) {
    const fault = inputs.faults.get(act.fault);
    const place = `${where}, act "${act.id}"`;
    if (!fault)
      throw new FlounderError("plan", `${place}: fault "${act.fault}" is unknown; there are ${[...inputs.faults.keys()].join(", ")}`, "flounder list faults");
    const given = withChance(fault, act.options ?? {}, random);
    const wrong = wrongOptions(fault, given);
    if (wrong !== undefined) throw new FlounderError("plan", `${place}: ${wrong}`, `flounder describe ${fault.name} shows its options`);
    const options = fault.options.parse(given);
    acts.push({ ...act, options });
    for (const target of select(act.on, fault, options, inputs.targets, random, place))
      injections.push({
        id: `${act.id}/${target.name}`,
        act: act.id,
        fault: fault.name,
        options,
        target: target.name,
        atS: act.atS ?? 0,
        maxS: act.forS,
        endedBy: act.endedBy ?? "time",
      });
  }
  if (scenario.blastRadius !== undefined && injections.length > scenario.blastRadius)
    throw new FlounderError(
      "plan",
      `${where}: ${plural(injections.length, "injection")}, but blastRadius is ${scenario.blastRadius}`,
      "narrow the selectors, or raise blastRadius on purpose",
    );

  const probes: PlannedProbe[] = inputs.system
    .plannedProbes(topology)
    .map((probe) => ({ ...probe, phaseMs: Math.round(random() * probe.periodMs * 1000) / 1000 }));
  if (scenario.playbook !== inputs.playbook?.name)
    throw new Error(`the scenario names the playbook "${scenario.playbook}", and planning was given "${inputs.playbook?.name}"`);
  // After all other draws: another playbook changes nothing but its own delays, so trials can be compared.
  const procedures = inputs.playbook && plannedProcedures(inputs.playbook, random, inputs.operator);
  const foresight = inputs.system.foresight?.(topology);
  const rate = probes.reduce((sum, probe) => sum + 1000 / probe.periodMs, 0);
  const warnings = [
    ...(rate > maxSamplesPerS ? [`the probes ask ${Math.round(rate)} times per second; over ${maxSamplesPerS} they disturb what they measure`] : []),
    ...lateAlarms(procedures ?? [], foresight ?? []),
    ...(scenario.must.some((must) => "alarm" in must || must.lostS.min !== undefined)
      ? []
      : ["no must has a min, or an alarm: a run in which nothing broke would pass"]),
    ...(scenario.acts.some(({ unplanned }) => unplanned) ? ["unplanned acts begin on a game day alone: flounder gameday"] : []),
  ];
  const parts = apart({ acts, injections, must: scenario.must });
  const rest: Omit<Plan, "digest"> = {
    ...scenario,
    ...parts,
    version: 1,
    seed: inputs.seed,
    system: inputs.system.name,
    engine: inputs.engine,
    phases: { steadyS: 5, recoveryS: 20, watchS: Math.ceil(inputs.system.delayedDamageS(timeFactor)) + 1 },
    probes,
    targets: inputs.targets.map((t) => t.name),
    warnings,
    ...(procedures === undefined ? {} : { procedures }),
    ...(procedures === undefined || inputs.operator === undefined || inputs.operator.name === usual.name ? {} : { operator: inputs.operator }),
    ...(inputs.playbook?.policy === undefined ? {} : { remedy: inputs.playbook.policy }),
    ...(foresight === undefined ? {} : { foresight }),
    ...(inputs.load === undefined ? {} : { load: inputs.load }),
    colours: Object.fromEntries(acts.map((act) => [act.fault, inputs.faults.get(act.fault)!.colour])),
    ...(inputs.calibration === undefined ? {} : { calibration: inputs.calibration }),
  };
  return { ...rest, digest: digestOf(rest) };
}

/** The scenario's, in the profile that was asked for, with the policy that the playbook carries. */
const foundationOf = ({ foundation }: Scenario, { profile, playbook }: PlanInputs): Scenario["foundation"] => ({
  ...foundation,
  ...(profile ? { profile } : {}),
  ...(playbook?.policy ? { policy: { ...foundation.policy, ...playbook.policy } } : {}),
});

/** A plan from JSON text, refused unless it is whole and its digest fits its content. */
export function readPlan(text: string, where: string): Plan {
  let data: unknown;
  try {
    data = JSON.parse(text);
  } catch (error) {
    throw new FlounderError("plan", `${where} is not JSON: ${(error as Error).message}`, "make it with: flounder plan SCENARIO --seed N > plan.json");
  }
  const parsed = planSchema.safeParse(data);
  if (!parsed.success)
    throw new FlounderError("plan", `${where} is not a plan: ${firstIssue(parsed.error)}`, "make it with: flounder plan SCENARIO --seed N > plan.json");
  const { digest, ...rest } = parsed.data as Plan;
  const found = digestOf(rest);
  if (found !== digest)
    throw new FlounderError(
      "plan",
      `${where}: the digest says ${digest}, the content is ${found}: it was changed after it was made`,
      "make it anew with flounder plan, and review it again",
    );
  return parsed.data as Plan;
}
