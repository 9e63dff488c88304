/** What authors of scenarios import: `act`, and the schema that a scenario from a file is held against. */
import { z } from "zod";
import { wrongOptions } from "./authors/options.js";
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

const seconds = z.number().nonnegative();
const selector = z.strictObject({
  of: z.string().min(1),
  pick: z.union([
    z.enum(["one", "minority", "majority", "all"]),
    z.number().int().positive(),
    z.string().regex(/^(100|[1-9]\d?)%$/, 'expected "one", "minority", "majority", "all", a count or a percentage such as "30%"'),
  ]),
});
const bounds = z.strictObject({ min: seconds.optional(), max: seconds.optional() });
export const scenarioSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected a kebab-case name"),
  says: z.string().min(1),
  giveUpS: seconds,
  playbook: z.string().optional(),
  blastRadius: z.number().int().positive().optional(),
  foundation: z.strictObject({ profile: z.string(), timeFactor: z.number().min(1).max(1000), policy: z.record(z.string(), z.string()).optional() }),
  acts: z.array(
    z.strictObject({
      id: z.string().min(1),
      fault: z.string(),
      options: z.unknown(),
      on: selector,
      atS: seconds.optional(),
      after: z.string().optional(),
      forS: z.number().positive(),
      endedBy: z.enum(["time", "playbook"]).optional(),
      clock: z.string().optional(),
    }),
  ),
  must: z.array(
    z.union([
      z.strictObject({
        during: z.string().optional(),
        notBeforeS: seconds.optional(),
        plane: z.enum(["control", "data"]),
        from: z.enum(["outside", "inside"]),
        op: z.string().optional(),
        lostS: bounds,
      }),
      z.strictObject({ during: z.string().optional(), alarm: z.string().min(1) }),
    ]),
  ),
});

/** Zod's first complaint as "where: what". Of what may be one of several shapes, the one that fits best. */
export const firstIssue = (error: z.ZodError): string => {
  const issue = error.issues[0]!;
  const [nearest] = issue.code === "invalid_union" ? [...issue.errors].sort((a, b) => a.length - b.length)[0]! : [];
  const path = [...issue.path, ...(nearest?.path ?? [])];
  return `${path.join(".") || "the whole"}: ${(nearest ?? issue).message}`;
};

/** Refuses what is not a scenario, naming the first thing that is wrong; also names that refer to nothing. */
export function checkScenario(input: unknown, where: string): Scenario {
  const parsed = scenarioSchema.safeParse(input);
  if (!parsed.success)
    throw new FlounderError("plan", `${where}: not a scenario: ${firstIssue(parsed.error)}`, "see docs/scenarios.md; flounder describe four-cuts shows one");
  const scenario = parsed.data as Scenario;
  const ids = new Set<string>();
  for (const one of scenario.acts) {
    if (ids.has(one.id)) throw new FlounderError("plan", `${where}: two acts have the id "${one.id}"`, "give each act its own id");
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
