/** What authors of scenarios import: `act`, and the schema that a scenario from a file is held against. */
import { wrongOptions } from "./core/options.js";
import { scenarioSchema } from "./core/scenario.js";
import { firstIssue } from "./core/shape.js";
import type { Act, Capability, Fault, Scenario, Selector, When } from "./core.js";
import { FlounderError } from "./errors.js";

/** For the options of faults of one's own. */
export { z } from "zod";
export type * from "./core.js";
export { defineFault } from "./core.js";

/**
 * One act: this fault, on these targets, then. Options are typed, and held against the fault's own schema; what is left out is filled in while planning,
 * and what is left to chance is drawn then. Filled in here it would be the same for every seed.
 */
export function act<C extends Capability, O>(fault: Fault<C, O>, on: Selector, when: When & { id: string }, options: NoInfer<Partial<O>> = {}): Act {
  const wrong = wrongOptions(fault, options);
  if (wrong !== undefined) throw new FlounderError("plan", `act "${when.id}": ${wrong}`, `flounder describe ${fault.name} shows its options`);
  return { ...when, fault: fault.name, options, on };
}

/** Refuses what is not a scenario, naming the first thing that is wrong; also names that refer to nothing. */
export function checkScenario(input: unknown, where: string): Scenario {
  const parsed = scenarioSchema.safeParse(input);
  if (!parsed.success)
    throw new FlounderError("plan", `${where}: not a scenario: ${firstIssue(parsed.error)}`, "see docs/scenarios.md; flounder describe four-cuts shows one");
  const scenario = parsed.data as Scenario;
  const ids = new Set<string>();
  for (const one of scenario.acts) {
    if (ids.has(one.id)) throw new FlounderError("plan", `${where}: two acts have the id "${one.id}"`, "give each act its own id");
    if (one.unplanned && (one.atS !== undefined || one.after !== undefined))
      throw new FlounderError(
        "plan",
        `${where}: act "${one.id}" is unplanned, and has ${one.after === undefined ? "atS" : "after"}`,
        "leave atS and after out: it begins when the facilitator says so",
      );
    if (one.after !== undefined && scenario.acts.some(({ id, unplanned }) => unplanned && id === one.after))
      throw new FlounderError("plan", `${where}: act "${one.id}" comes after "${one.after}", which is unplanned`, "let it come after an act that is planned");
    if (one.after !== undefined && !ids.has(one.after))
      throw new FlounderError(
        "plan",
        `${where}: act "${one.id}" comes after "${one.after}", which is no earlier act`,
        `earlier acts: ${[...ids].join(", ") || "none"}`,
      );
    ids.add(one.id);
  }
  const orphan = scenario.acts.find((one) => one.endedBy === "playbook");
  if (orphan && scenario.playbook === undefined)
    throw new FlounderError(
      "plan",
      `${where}: act "${orphan.id}" is ended by the playbook, and the scenario names none`,
      'name one: playbook: "as-it-was", or "none"; flounder list playbooks',
    );
  for (const must of scenario.must)
    if (must.during !== undefined && !ids.has(must.during))
      throw new FlounderError("plan", `${where}: must.during names the act "${must.during}", which does not exist`, `acts: ${[...ids].join(", ")}`);
  return scenario;
}
