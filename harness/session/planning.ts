/** What somebody asks to be run → a plan, with the system and the playbook that it needs. Touches no foundation. */
import { existsSync, readFileSync } from "node:fs";
import { resolve } from "node:path";
import type { FoundationFacts, Plan, Playbook, Scenario, TargetInfo, TargetSystem, Topology } from "../core.js";
import { FlounderError } from "../errors.js";
import { needLoad, plannedLoad } from "../load/asked.js";
import { plannedCalibration } from "../measure/calibration.js";
import { makePlan, readPlan } from "../planning/plan.js";
import { operatorModel } from "../playbooks/operator-model.js";
import { loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget, refuseBroken, systemOf } from "../registry.js";
import { checkScenario } from "../scenario.js";

/** The seed where nobody gives one: 25 April 2011. */
export const defaultSeed = 20110425;

/** A plan that was made before: it holds every choice. */
export interface PlanWork {
  /** The plan, or the path of its JSON. */
  readonly plan: Plan | string;
  /** For a plan whose playbook is nobody's but the author's: its file, or itself. It must be the one that was planned. */
  readonly playbook?: string | Playbook | undefined;
}
/** A scenario, and what is chosen otherwise than it says. */
export interface ScenarioWork {
  /** Its name, its file, or itself; absent: the target's default. */
  readonly scenario?: string | Scenario | undefined;
  /** The system under test. Absent: the foundation's that is up already; else the scenario's own, or the default. */
  readonly target?: string | undefined;
  readonly seed?: number | undefined;
  readonly profile?: string | undefined;
  readonly timeFactor?: number | undefined;
  /** On top of the scenario's. */
  readonly policy?: Readonly<Record<string, string>> | undefined;
  /** Its name, its file, or itself. */
  readonly playbook?: string | Playbook | undefined;
  /** Who plays it: the name of a model, or its file; default: the usual operator. */
  readonly operator?: string | undefined;
  /** A k6 script, or the command of another tool that makes load beside the probes. */
  readonly load?: string | undefined;
}
export type Work = PlanWork | ScenarioWork;

/** What planning must know of a foundation: how it will come to life, or what one that is up already is. */
export interface Known {
  readonly engine: string;
  readonly live?: { readonly facts: FoundationFacts; readonly targets: readonly TargetInfo[]; readonly topology: Topology } | undefined;
}
export interface Planned {
  readonly plan: Plan;
  readonly system: TargetSystem;
  /** The one that the plan names. */
  readonly playbook: Playbook | undefined;
  /** What is otherwise than the scenario asks, a sentence each. */
  readonly notes: readonly string[];
}

export const planOf = (work: Work, known: Known): Promise<Planned> => ("plan" in work ? fromPlan(work, known) : fromScenario(work, known));

const makeIt = "make it with: flounder plan SCENARIO --seed N > plan.json";

async function fromPlan({ plan: given, playbook: own }: PlanWork, { live }: Known): Promise<Planned> {
  const plan = typeof given === "string" ? planAt(resolve(given)) : given;
  needLoad(plan.load);
  const system = await loadTarget(plan.system);
  if (live) refuseUnlike(plan, live.facts);
  if (own === undefined) return { plan, system, playbook: plan.playbook === undefined ? undefined : await loadPlaybook(plan.playbook, plan.system), notes: [] };
  const playbook = typeof own === "string" ? await loadPlaybook(own, plan.system) : own;
  if (playbook.name !== plan.playbook)
    throw new FlounderError(
      "usage",
      `--playbook ${typeof own === "string" ? own : own.name} with a plan file: the plan has ${plan.playbook === undefined ? "no playbook" : `the playbook "${plan.playbook}"`} already`,
      "make another: flounder plan SCENARIO --playbook NAME > plan.json",
    );
  return { plan, system, playbook, notes: [] };
}

function planAt(path: string): Plan {
  if (!existsSync(path)) throw new FlounderError("usage", `plan file ${path} does not exist`, makeIt);
  return readPlan(readFileSync(path, "utf8"), path);
}

/** A plan is for one kind of foundation: on another one its targets are others, or not there. */
function refuseUnlike(plan: Plan, facts: FoundationFacts): void {
  const { profile, timeFactor } = plan.foundation;
  const pairs = [
    ["target", plan.system, facts.system],
    ["engine", plan.engine, facts.engine],
    ["profile", profile, facts.profile],
    ["time factor", timeFactor, facts.timeFactor],
  ] as const;
  for (const [what, planned, found] of pairs)
    if (planned !== found)
      throw new FlounderError(
        "usage",
        `the plan is for ${what} ${planned}, and the foundation "${facts.id}" has ${what} ${found}`,
        `make one for it: flounder run SCENARIO --foundation ${facts.id} plans by itself`,
      );
}

/** A flag that says otherwise than what is up already would be a lie. */
function refuseOther({ target, profile, timeFactor }: ScenarioWork, facts: FoundationFacts): void {
  const says = (flag: string, asked: unknown, found: unknown) => {
    if (asked === undefined || asked === found) return;
    throw new FlounderError(
      "usage",
      `--${flag} ${asked}: the foundation "${facts.id}" is up with ${found}`,
      `leave --${flag} out, or leave --foundation out to bring up another one`,
    );
  };
  says("target", target, facts.system);
  says("profile", profile, facts.profile);
  says("time-factor", timeFactor, facts.timeFactor);
}

/** A playbook's policy is a remedy that must be in place: on a foundation without it something else would be played. */
function refuseLacking({ name, policy = {} }: Playbook, facts: FoundationFacts): void {
  for (const [key, value] of Object.entries(policy))
    if (facts.policy?.[key] !== value)
      throw new FlounderError(
        "usage",
        `the playbook ${name} needs the policy ${key}=${value}; the foundation "${facts.id}" was brought up with ${facts.policy?.[key] ?? "its default"}`,
        `flounder up --policy ${key}=${value}, or leave --foundation out to bring up another one`,
      );
}

async function fromScenario(work: ScenarioWork, { engine, live }: Known): Promise<Planned> {
  const { scenario: asked, seed = defaultSeed } = work;
  if (live) refuseOther(work, live.facts);
  const target = work.target ?? live?.facts.system;
  const loaded =
    typeof asked === "object"
      ? { scenario: asked, system: systemOf(asked, target) }
      : await loadScenario(asked ?? (await loadTarget(target)).defaultScenario, target);
  const system = await loadTarget(loaded.system);
  // A playbook that is given itself stands for its name.
  const named = typeof work.playbook === "object" ? work.playbook.name : work.playbook;
  const found = checkScenario(
    named === undefined ? loaded.scenario : { ...loaded.scenario, playbook: named },
    typeof asked === "string" ? asked : loaded.scenario.name,
  );
  const playbook =
    typeof work.playbook === "object" ? work.playbook : found.playbook === undefined ? undefined : await loadPlaybook(found.playbook, loaded.system);
  if (live && playbook) refuseLacking(playbook, live.facts);
  const operator = work.operator === undefined ? undefined : operatorModel(work.operator);
  const load = work.load === undefined ? undefined : await plannedLoad(work.load);
  const { foundation, notes } = foundationOf(found, work, live?.facts);
  const scenario = { ...found, foundation, ...(playbook ? { playbook: playbook.name } : {}) };
  const targets =
    live?.targets ?? (await (await loadEngine(engine)).targets(system.topology(foundation.profile, foundation.timeFactor, foundation.policy ?? {}), system));
  const faults = await loadFaults();
  refuseBroken(
    faults,
    scenario.acts.map(({ fault }) => fault),
  );
  return {
    plan: makePlan({ scenario, seed, system, engine, faults, targets, topology: live?.topology, playbook, operator, calibration: plannedCalibration(), load }),
    system,
    playbook,
    notes,
  };
}

/** What is up is what it is; the scenario's wish is then no more than a note. */
function foundationOf(
  { foundation: wish }: Scenario,
  { profile, timeFactor, policy }: ScenarioWork,
  facts: FoundationFacts | undefined,
): { readonly foundation: Scenario["foundation"]; readonly notes: readonly string[] } {
  const wished = { ...wish.policy, ...policy };
  const has = facts?.policy ?? wished;
  const notes = Object.entries(wished)
    .filter(([name, value]) => has[name] !== value)
    .map(
      ([name, value]) =>
        `warning: the scenario asks for policy ${name}=${value}; the foundation "${facts?.id}" was brought up with ${has[name] === undefined ? "its default" : `${name}=${has[name]}`}`,
    );
  const foundation = { profile: facts?.profile ?? profile ?? wish.profile, timeFactor: facts?.timeFactor ?? timeFactor ?? wish.timeFactor };
  // A scenario without policies, on a foundation without them: the plan is the one that `flounder plan` makes.
  return { foundation: Object.keys(has).length === 0 && wish.policy === undefined ? foundation : { ...foundation, policy: has }, notes };
}
