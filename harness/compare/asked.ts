/** What somebody asks a comparison for, as it is kept beside its design: whoever resumes it asks for the same. From here on nothing is a flag any more. */
import { resolve } from "node:path";
import { z } from "zod";
import { firstIssue } from "../core/shape.js";
import type { Playbook } from "../core.js";
import { FlounderError } from "../errors.js";
import { thisMachine } from "../measure/calibration.js";
import { operatorModel } from "../playbooks/operator-model.js";
import { loadPlaybook, loadScenario, loadTarget, version } from "../registry.js";
import { checkScenario } from "../scenario.js";
import { conditionsOf, periodS } from "./conditions.js";
import { designOf } from "./design.js";
import type { Bench } from "./laboratory.js";
import { type Design, type Outcome, outcomeSchema } from "./shapes.js";

export const askedSchema = z.strictObject({
  scenario: z.string(),
  playbooks: z.array(z.string()),
  against: z.string().optional(),
  allPairs: z.boolean().optional(),
  aa: z.boolean().optional(),
  outcome: outcomeSchema.optional(),
  sequential: z.boolean().optional(),
  blocks: z.number().int().positive().optional(),
  maxBlocks: z.number().int().positive().optional(),
  matters: z.number(),
  alpha: z.number(),
  capS: z.number().optional(),
  expect: z.string().optional(),
  seed: z.number().int(),
  engine: z.string(),
  profile: z.string().optional(),
  timeFactor: z.number().optional(),
  operator: z.string(),
  /** Its share of the blocks; then no machine is the design's. */
  shard: z.strictObject({ index: z.number().int().positive(), of: z.number().int().positive() }).optional(),
});
export type Asked = z.infer<typeof askedSchema>;

export function readAsked(data: unknown, where: string): Asked {
  const parsed = askedSchema.safeParse(data);
  if (parsed.success) return parsed.data;
  throw new FlounderError("usage", `${where}: ${firstIssue(parsed.error)}`, "it was changed, or is of another version of Flounder: begin a new comparison");
}

/** Paths of somebody's own files stay right wherever it is resumed from. */
export const settled = (nameOrPath: string): string => (/\.(ts|m?js)$/.test(nameOrPath) ? resolve(nameOrPath) : nameOrPath);

/** Refuses, before anything is started, what cannot be compared. */
export async function prepared(asked: Asked): Promise<{ readonly bench: Bench; readonly design: Design }> {
  const found = await loadScenario(asked.scenario);
  const system = await loadTarget(found.system);
  const foundation = {
    ...found.scenario.foundation,
    ...(asked.profile === undefined ? {} : { profile: asked.profile }),
    ...(asked.timeFactor === undefined ? {} : { timeFactor: asked.timeFactor }),
  };
  const playbooks = await Promise.all(asked.playbooks.map((name) => loadPlaybook(name, found.system)));
  refuseNamesakes(asked.playbooks, playbooks);
  // Any will do: each trial names its own.
  const scenario = { ...checkScenario({ ...found.scenario, playbook: found.scenario.playbook ?? playbooks[0]?.name }, asked.scenario), foundation };
  const operator = operatorModel(asked.operator);
  const topology = system.topology(foundation.profile, foundation.timeFactor, foundation.policy ?? {});
  const probes = system.plannedProbes(topology);
  for (const { policy, name } of playbooks)
    if (policy) refusedAs(`playbook ${name}`, () => system.topology(foundation.profile, foundation.timeFactor, { ...foundation.policy, ...policy }));
  const bench: Bench = { scenario, system, engine: asked.engine, playbooks: byName(playbooks), operator };
  const design = designOf({
    scenario,
    engine: asked.engine,
    playbooks,
    against: asked.against,
    allPairs: asked.allPairs,
    aa: asked.aa,
    outcome: asked.outcome,
    sequential: asked.sequential,
    blocks: asked.blocks,
    maxBlocks: asked.maxBlocks,
    matters: asked.matters,
    alpha: asked.alpha,
    capS: asked.capS,
    expect: asked.expect,
    seed: asked.seed,
    operator: operator.name,
    flounder: await version(),
    machine: asked.shard ? "several" : thisMachine().id,
    conditions: conditionsOf(scenario, playbooks, operator),
    shiftS: (outcome: Outcome) => periodS(probes, outcome),
  });
  return { bench, design };
}

/** One that is named twice is held against itself; two that call themselves alike cannot be told apart. */
function refuseNamesakes(words: readonly string[], playbooks: readonly Playbook[]): void {
  for (const [i, { name }] of playbooks.entries()) {
    const first = playbooks.findIndex((one) => one.name === name);
    if (words[first] !== words[i])
      throw new FlounderError("usage", `${words[first]} and ${words[i]} are both called "${name}"`, "give each playbook a name of its own");
  }
}

const byName = (playbooks: readonly Playbook[]): ReadonlyMap<string, Playbook> => new Map(playbooks.map((playbook) => [playbook.name, playbook]));

function refusedAs(what: string, act: () => unknown): void {
  try {
    act();
  } catch (error) {
    throw error instanceof FlounderError ? new FlounderError(error.code, `${what}: ${error.message}`, error.hint) : error;
  }
}
