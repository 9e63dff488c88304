/** Results folders of game days as trials: measured by the code that measures trials, refused where they are of another incident. */
import { existsSync, readFileSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Plan } from "../core.js";
import { FlounderError } from "../errors.js";
import { judgement } from "../judge/judge.js";
import { readPlan } from "../planning/plan.js";
import type { RunRecord } from "../report/story.js";
import { files, readResults } from "../results/results.js";
import { peopleArm } from "./analysis/people.js";
import { measuredWindow, type Slot, trialOf } from "./measured.js";
import type { Design, Trial, TrialStrip } from "./shapes.js";
import { stripOf } from "./strip.js";

export interface GameDays {
  /** A trial per folder, in the order in which they were given; `block` is its place in it. */
  readonly trials: readonly Trial[];
  readonly strips: readonly TrialStrip[];
}

/** `system`: the target of the comparison. Throws FlounderError "usage" for a folder that is not a game day of the same incident, before anything is done. */
export function readGameDays(dirs: readonly string[], design: Design, system: string): GameDays {
  if (design.arms.some(({ name }) => name === peopleArm))
    throw new FlounderError("usage", `--people beside a playbook that is called "${peopleArm}": they could not be told apart`, "rename the playbook");
  const owners = new Map<string, string>();
  const read = dirs.map((dir, i) => {
    const results = resolve(dir);
    const path = existsSync(results) ? realpathSync(results) : results;
    const twin = owners.get(path);
    if (twin !== undefined) throw new FlounderError("usage", `--people: ${dir} and ${twin} are the same folder`, "give each game day once");
    owners.set(path, dir);
    return gameDay(dir, i + 1, design, system);
  });
  return { trials: read.map(({ trial }) => trial), strips: read.map(({ strip }) => strip) };
}

function gameDay(dir: string, place: number, design: Design, system: string): { readonly trial: Trial; readonly strip: TrialStrip } {
  const record = readResults(resolve(dir));
  const { plan, events, samples, load } = record;
  const refuse = (says: string, hint: string): never => {
    throw new FlounderError("usage", `--people ${dir}: ${says}`, hint);
  };
  if (!events.some(({ kind }) => kind === "people")) refuse("it was not played by people", "give results folders of flounder gameday");
  if (events.some((event) => event.kind === "step" && event.procedure !== undefined && event.by !== "person"))
    refuse("its playbook was played, and people were only asked before each step", "give a game day without --supervised");
  const other = differing(plan, design, system);
  if (other !== undefined) refuse(other, "give game days of the same incident, or compare what they played");
  const begun = events.flatMap((event) => (event.kind === "facilitator" && event.did === "inject" && event.ok ? [event.act ?? ""] : []));
  if (begun.length > 0)
    refuse(`its facilitator let ${begun.join(", ")} begin, which no trial has: it is another incident`, "give a game day without unplanned acts");
  const slot: Slot = {
    ...{ block: place, seed: plan.seed, arm: peopleArm, playbook: peopleArm },
    ...{ idle: false, attempt: 1, position: 1, delays: 1 },
  };
  const { verdict } = judgement(plan, events, samples, load);
  const measured = trialOf(slot, record, verdict, { threw: undefined, hung: false }, design, dir);
  const trial = { ...measured, invalid: measured.invalid ?? helpedOf(record, design.capS) };
  return { trial, strip: stripOf(slot, record, verdict, design.capS) };
}

/** Ends that are nobody's merit. */
const ofHarness = {
  rail: "the act reached its time limit",
  asked: "somebody healed the fault",
  stop: "the run was stopped",
  lease: "the runner was lost",
} as const;
/** A trial's rail is the cap: what is healed this close to it was left to the end. */
const railSlackUs = 1e6;

/** In a trial nobody but the playbook repairs anything before the cap; on a game day the target's own recover may, and an act's rail may be shorter. */
function helpedOf(record: RunRecord, capS: number): Trial["invalid"] {
  const { fromUs, toUs } = measuredWindow(record, capS);
  for (const event of record.events) {
    if (event.atUs < fromUs || event.atUs >= toUs - railSlackUs) continue;
    const how =
      event.kind === "healed" && event.why in ofHarness
        ? ofHarness[event.why as keyof typeof ofHarness]
        : event.kind === "step" && event.step === 0 && event.procedure === undefined
          ? `the target's own recover ran: ${event.says}`
          : undefined;
    if (how !== undefined) return { code: "helped", says: `after ${((event.atUs - fromUs) / 1e6).toFixed(1)} s, before the cap of ${capS} s, ${how}` };
  }
  return null;
}

/** The first thing by which it is another incident, in words. */
function differing(plan: Plan, { scenario, profile, engine, conditions }: Design, system: string): string | undefined {
  const facts: readonly (readonly [string, unknown, unknown])[] = [
    ["scenario", plan.name, scenario],
    ["target", plan.system, system],
    ["profile", plan.foundation.profile, profile],
    ["time factor", plan.foundation.timeFactor, conditions.timeFactor],
    ["engine", plan.engine, engine],
    ...policies(plan, conditions),
  ];
  const found = facts.find(([, is, wanted]) => is !== wanted);
  return found && `its ${found[0]} is ${found[1] ?? "not set"}, that of the comparison is ${found[2] ?? "not set"}`;
}

/** What either has of a policy: the platform itself behaves otherwise under another one. */
function policies({ foundation: { policy = {} } }: Plan, conditions: Design["conditions"]): readonly (readonly [string, unknown, unknown])[] {
  const declared = Object.keys(conditions).filter((name) => name.startsWith("policy "));
  const own = Object.entries(policy).map(([name, value]) => [`policy ${name}`, value] as const);
  const is = new Map<string, unknown>(own);
  return [...new Set([...declared, ...is.keys()])].map((name) => [name, is.get(name), conditions[name]]);
}

/** The target of trials that are over, from the plan that one of them has kept: a design does not name it. */
export function systemOf(dirs: readonly string[], trials: readonly Trial[]): string {
  for (const dir of dirs)
    for (const { results } of trials) {
      const folder = resolve(dir, results);
      const path = join(folder, files.plan);
      if (results !== "" && existsSync(path)) return readPlan(readFileSync(path, "utf8"), path).system;
    }
  throw new FlounderError(
    "usage",
    "--people: no trial has its results folder any more, so nobody knows which target was compared",
    "give folders that still have their trials/, or leave --people out",
  );
}
