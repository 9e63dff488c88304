/** Whether a file of somebody's own can be used: it is read and planned as a run would, and nothing is started. */
import { existsSync, readFileSync } from "node:fs";
import { basename, extname, resolve } from "node:path";
import { importOwn, isOwnFile } from "../../authors/own-module.js";
import type { Playbook, Scenario } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { makePlan, readPlan } from "../../planning/plan.js";
import { lateAlarms, plannedProcedures } from "../../playbooks/planned.js";
import { seeded } from "../../random.js";
import { loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget, ownFault, refuseBroken, systemOf } from "../../registry.js";
import { checkScenario } from "../../scenario.js";
import { endpointsOfFile } from "../../watch/endpoints.js";
import { plural } from "../../words.js";

export type FileKind = "scenario" | "playbook" | "fault" | "plan" | "watch config";
export interface Valid {
  readonly kind: FileKind;
  readonly says: string;
  /** What is no mistake, and may not be what was meant. */
  readonly warnings: readonly string[];
}
const seed = 20110425;

/** Rejects with FlounderError that says what is wrong, and where. `system`: the target that a scenario or a playbook is for. */
export async function validate(file: string, system?: string): Promise<Valid> {
  const path = resolve(file);
  if (!existsSync(path))
    throw new FlounderError("usage", `file ${path} does not exist`, "give the path of a scenario, a playbook, a fault, a plan or a watch config");
  if (/\.ya?ml$/.test(path)) return { kind: "watch config", says: plural(endpointsOfFile(path).length, "endpoint"), warnings: [] };
  if (extname(path) === ".json") return validPlan(path);
  if (!isOwnFile(path))
    throw new FlounderError(
      "usage",
      `${path} is not a file that Flounder reads`,
      "it reads .ts, .js, .mjs (scenario, playbook, fault), .json (plan) and .yaml (watch config)",
    );
  const exported = await importOwn(path, "file");
  const has = (name: string) => typeof exported === "object" && exported !== null && name in exported;
  if (has("procedures")) return validPlaybook(path, system);
  if (has("inject") || has("witness") || has("heal")) return validFault(path);
  return validScenario(exported, path, system);
}

function validPlan(path: string): Valid {
  const { name, digest, injections, warnings } = readPlan(readFileSync(path, "utf8"), path);
  return { kind: "plan", says: `of ${name}, digest ${digest}, ${plural(injections.length, "injection")}`, warnings };
}

async function validFault(path: string): Promise<Valid> {
  const { name, needs } = await ownFault(path);
  return { kind: "fault", says: `${name}, needs ${needs.join(", ") || "nothing"}`, warnings: [] };
}

async function validPlaybook(path: string, systemName: string | undefined): Promise<Valid> {
  const playbook: Playbook = await loadPlaybook(path, systemName);
  const system = await loadTarget(systemName);
  const { profile, timeFactor } = (await loadScenario(system.defaultScenario, system.name)).scenario.foundation;
  const foresight = system.foresight?.(system.topology(profile, timeFactor, {})) ?? [];
  const steps = playbook.procedures.reduce((sum, one) => sum + one.steps.length, 0);
  return {
    kind: "playbook",
    says: `${playbook.name}, ${plural(playbook.procedures.length, "procedure")}, ${plural(steps, "step")}`,
    warnings: lateAlarms(plannedProcedures(playbook, seeded(seed)), foresight),
  };
}

async function validScenario(exported: unknown, path: string, asked: string | undefined): Promise<Valid> {
  const scenario: Scenario = checkScenario(exported, basename(path));
  const systemName = systemOf(scenario, asked);
  const system = await loadTarget(systemName);
  const { profile, timeFactor, policy } = scenario.foundation;
  const targets = await (await loadEngine("local")).targets(system.topology(profile, timeFactor, policy ?? {}), system);
  const playbook = scenario.playbook === undefined ? undefined : await loadPlaybook(scenario.playbook, systemName);
  const faults = await loadFaults();
  refuseBroken(
    faults,
    scenario.acts.map(({ fault }) => fault),
  );
  const plan = makePlan({ scenario, seed, system, engine: "local", faults, targets, playbook });
  return {
    kind: "scenario",
    says: `${plan.name}, ${plural(plan.acts.length, "act")}, ${plural(plan.injections.length, "injection")} on profile ${profile}`,
    warnings: plan.warnings,
  };
}
