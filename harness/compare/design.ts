/**
 * What a comparison declares before its first trial: arms, pairs, outcome, and the order that chance gave the arms of each block. Pure: the same question, the
 * same design; nothing in it is decided later.
 */
import type { Must, Playbook, Scenario } from "../core.js";
import { FlounderError } from "../errors.js";
import { type Random, seeded } from "../random.js";
import { parseExpect } from "./expect.js";
import { fewestBlocks } from "./limits.js";
import type { Arm, Design, Outcome } from "./shapes.js";

export interface Question {
  /** With profile and time factor as they will be. */
  readonly scenario: Scenario;
  readonly engine: string;
  /** As they were named; one that comes twice has two arms. */
  readonly playbooks: readonly Playbook[];
  /** An arm; absent: the scenario's own playbook if it is one of them, else the first that does something. */
  readonly against?: string | undefined;
  readonly allPairs?: boolean | undefined;
  /** The reference once more, outside the family. */
  readonly aa?: boolean | undefined;
  readonly outcome?: Outcome | undefined;
  readonly sequential?: boolean | undefined;
  readonly blocks?: number | undefined;
  readonly maxBlocks?: number | undefined;
  readonly matters: number;
  readonly alpha: number;
  readonly capS?: number | undefined;
  readonly expect?: string | undefined;
  readonly seed: number;
  readonly operator: string;
  readonly flounder: string;
  readonly machine: string;
  readonly conditions: Design["conditions"];
  /** Sampling period of the probes of an outcome, s. */
  shiftS(outcome: Outcome): number;
}

/** So often an invalid trial is run again before its block goes without it. */
const attempts = 3;
const usualBlocks = 12;
const usualMaxBlocks = 30;

/** Refuses, with one clear error, what cannot decide anything. */
export function designOf(question: Question): Design {
  const { scenario, alpha, matters, sequential = false, allPairs = false } = question;
  if (!(matters > 1)) throw usage(`--matters ${matters}x: expected a ratio above 1x`, "1.25x means that a quarter more or less matters");
  if (!(alpha > 0 && alpha < 0.5)) throw usage(`--alpha ${alpha}: expected a number above 0 and below 0.5`, "0.05 is the usual one");
  if (question.playbooks.length < 2)
    throw usage(
      `a comparison needs at least two playbooks, and was given ${question.playbooks.length}`,
      "name several: --playbooks none,as-it-was,…; flounder list playbooks",
    );
  if (allPairs && question.against !== undefined) throw usage("--all-pairs and --against together: each pair, or each against one?", "leave one out");
  const capS = capOf(scenario, question.capS);
  const named = armsOf(question.playbooks);
  const reference = allPairs ? null : referenceOf(named, scenario, question.against);
  const remedied = new Set(question.playbooks.filter(({ policy }) => policy !== undefined).map(({ name }) => name));
  const arms = rolesOf(named, reference, question.aa ?? false, remedied);
  const family = familyOf(arms, reference);
  const outcome = question.outcome ?? primaryOf(scenario);
  const path = sequential ? "sequential" : "fixed";
  const blocks = question.blocks ?? usualBlocks;
  const maxBlocks = sequential ? Math.max(blocks, question.maxBlocks ?? usualMaxBlocks) : blocks;
  if (!sequential && question.maxBlocks !== undefined && question.maxBlocks !== blocks)
    throw usage(`--max-blocks ${question.maxBlocks} without --sequential: the number of blocks is fixed`, "add --sequential, or give --blocks");
  const fewest = fewestBlocks(alpha, path, family.length);
  if ((sequential ? maxBlocks : blocks) < fewest)
    throw usage(
      `${sequential ? maxBlocks : blocks} blocks can decide nothing at alpha ${alpha} with ${family.length} ${family.length === 1 ? "pair" : "pairs"}: at least ${fewest} are needed`,
      `${sequential ? "--max-blocks" : "--blocks"} ${fewest} or more`,
    );
  return {
    schemaVersion: 1,
    flounder: question.flounder,
    machine: question.machine,
    scenario: scenario.name,
    profile: scenario.foundation.profile,
    engine: question.engine,
    operator: question.operator,
    conditions: question.conditions,
    arms,
    reference,
    family,
    outcome,
    shiftS: question.shiftS(outcome),
    matters,
    alpha,
    capS,
    path,
    blocks,
    maxBlocks,
    attempts,
    seed: question.seed,
    order: orderOf(
      arms.map(({ name }) => name),
      maxBlocks,
      seeded(question.seed),
    ),
    expect: question.expect === undefined ? null : parseExpect(question.expect, family),
  };
}

const usage = (message: string, hint: string) => new FlounderError("usage", message, hint);

/** A trial that has not recovered by then is censored. Under what the fault alone must cost nothing could be told apart. */
function capOf(scenario: Scenario, asked: number | undefined): number {
  const rails = scenario.acts.filter(({ endedBy }) => endedBy === "playbook").map(({ atS = 0, forS }) => atS + forS);
  const passing = scenario.acts.filter(({ endedBy }) => endedBy !== "playbook").map(({ atS = 0, forS }) => atS + forS);
  const floorS = Math.max(0, ...passing, ...scenario.must.map(least));
  const capS = asked ?? (rails.length > 0 ? Math.max(...rails) : Math.max(floorS, scenario.giveUpS / 2));
  if (capS <= floorS)
    throw usage(
      `--cap ${capS}: scenario ${scenario.name} needs more than ${floorS} s to do its harm`,
      `--cap with more than ${floorS} seconds, or none at all`,
    );
  return capS;
}
const least = (must: Must): number => ("alarm" in must ? 0 : (must.lostS.min ?? 0));

/** The scenario with its acts ended at the cap where nobody ends them before. */
export function capped(scenario: Scenario, capS: number): Scenario {
  const acts = scenario.acts.map((act) =>
    act.endedBy === "playbook" ? { ...act, forS: Math.max(1, capS - (act.after === undefined ? (act.atS ?? 0) : 0)) } : act,
  );
  // Whoever has not recovered at the cap is recovered afterwards, and watched: that takes its time as well.
  return { ...scenario, acts, giveUpS: Math.max(scenario.giveUpS, capS + 120) };
}

function armsOf(playbooks: readonly Playbook[]): readonly Arm[] {
  const seen = new Map<string, number>();
  return playbooks.map(({ name, procedures }): Arm => {
    const n = (seen.get(name) ?? 0) + 1;
    seen.set(name, n);
    return { name: n === 1 ? name : `${name} #${n}`, playbook: name, role: "candidate", idle: procedures.length === 0 };
  });
}

function referenceOf(arms: readonly Arm[], scenario: Scenario, against: string | undefined): string {
  if (against !== undefined) {
    if (arms.some(({ name }) => name === against)) return against;
    throw usage(`--against ${against}: it is none of the playbooks ${arms.map(({ name }) => name).join(", ")}`, "name it in --playbooks as well");
  }
  return (arms.find(({ name }) => name === scenario.playbook) ?? arms.find(({ idle }) => !idle) ?? arms[0]!).name;
}

/** Doing nothing, without a policy either, is a control, unless there is nothing else to be decided. */
function rolesOf(arms: readonly Arm[], reference: string | null, aa: boolean, remedied: ReadonlySet<string>): Arm[] {
  const doesNothing = ({ idle, playbook }: Arm) => idle && !remedied.has(playbook);
  const others = arms.filter((arm) => arm.name !== reference && !doesNothing(arm));
  const isControl = (arm: Arm) => doesNothing(arm) && others.length > (reference === null ? 1 : 0);
  const roles = arms.map((arm): Arm => ({ ...arm, role: arm.name === reference ? "reference" : isControl(arm) ? "control" : "candidate" }));
  const again = roles.find(({ name }) => name === (reference ?? roles.find(({ role }) => role === "candidate")?.name));
  return aa && again ? [...roles, { ...again, name: `${again.playbook} (A/A)`, role: "aa" }] : roles;
}

function familyOf(arms: readonly Arm[], reference: string | null): Design["family"] {
  const candidates = arms.filter(({ role }) => role === "candidate");
  if (reference !== null) return candidates.map(({ name }) => ({ a: name, b: reference }));
  return candidates.flatMap(({ name: b }, i) => candidates.slice(i + 1).map(({ name: a }) => ({ a, b })));
}

/** What the scenario says that must be lost is what it is about. */
function primaryOf({ must }: Scenario): Outcome {
  const harm = must.find((one) => !("alarm" in one) && one.lostS.min !== undefined);
  return harm && !("alarm" in harm) ? { plane: harm.plane, from: harm.from } : { plane: "data", from: "outside" };
}

function orderOf(arms: readonly string[], blocks: number, random: Random): Design["order"] {
  const seeds = new Set<number>();
  return Array.from({ length: blocks }, () => {
    let seed: number;
    do seed = Math.floor(random() * 2 ** 31);
    while (seeds.has(seed));
    seeds.add(seed);
    return { seed, arms: shuffled(arms, random) };
  });
}

/** Fisher-Yates. */
function shuffled<T>(items: readonly T[], random: Random): T[] {
  const all = [...items];
  for (let i = all.length - 1; i > 0; i--) {
    const j = Math.floor(random() * (i + 1));
    [all[i], all[j]] = [all[j]!, all[i]!];
  }
  return all;
}
