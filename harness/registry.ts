/** The only file that reads folders: faults, targets, scenarios, engines and commands are what lies there, under their file names. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { basename, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import { checkFault } from "./authors/fault.js";
import { importOwn, isOwnFile } from "./authors/own-module.js";
import { checkPlaybook } from "./authors/playbook.js";
import { checkVerbs, verbsOf } from "./authors/verbs.js";
import type { AnswerClass, Engine, Fault, Playbook, Scenario, Starter, TargetSystem } from "./core.js";
import { FlounderError } from "./errors.js";
import { dist, root } from "./paths.js";

const modules = (dir: string): string[] =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith(".js") && !name.includes(".test."))
        .sort()
    : [];
const importDefault = async <T>(path: string): Promise<T> => ((await import(pathToFileURL(path).href)) as { default: T }).default;

/** Faults by name, and why files of somebody's own gave none: name of the file → what is wrong with it. */
export interface Faults extends ReadonlyMap<string, Fault> {
  readonly broken: ReadonlyMap<string, FlounderError>;
}
class FoundFaults extends Map<string, Fault> implements Faults {
  readonly broken = new Map<string, FlounderError>();
}

/**
 * Every fault by name: those of faults/, and those of the folder that FLOUNDER_FAULTS names (.ts, .js or .mjs). One broken file of somebody's own keeps no other
 * from its work. `withoutFolder`: what to do where that folder cannot be read; default: it is an error.
 */
export async function loadFaults(withoutFolder: (error: FlounderError) => void = fail): Promise<Faults> {
  const faults = new FoundFaults();
  const own = process.env.FLOUNDER_FAULTS;
  for (const file of own ? ownFaultFiles(own, withoutFolder) : []) {
    const name = basename(file, extname(file));
    try {
      faults.set(name, await ownFault(resolve(own!, file)));
    } catch (error) {
      if (!(error instanceof FlounderError)) throw error;
      faults.broken.set(name, error);
    }
  }
  const dir = join(dist, "faults");
  for (const file of modules(dir)) {
    const fault = await importDefault<Fault>(join(dir, file));
    if (fault?.name !== basename(file, ".js"))
      throw new Error(`faults/${file} must default-export the fault "${basename(file, ".js")}", it exports "${fault?.name}"`);
    faults.set(fault.name, fault);
  }
  return faults;
}

function fail(error: FlounderError): never {
  throw error;
}
function ownFaultFiles(dir: string, without: (error: FlounderError) => void): readonly string[] {
  try {
    return readdirSync(dir).filter((name) => isOwnFile(name) && !name.includes(".test."));
  } catch (cause) {
    const says = `FLOUNDER_FAULTS is ${dir}, which cannot be read: ${(cause as NodeJS.ErrnoException).code}`;
    without(new FlounderError("usage", says, "give the folder that has your faults, or unset it", { cause }));
    return [];
  }
}

/** A fault from somebody's own file; refused unless it is one, and is named like its file. */
export async function ownFault(path: string): Promise<Fault> {
  const fault = checkFault(await importOwn(path, "fault"), path);
  const name = basename(path, extname(path));
  if (fault.name === name) return fault;
  throw new FlounderError(
    "usage",
    `${path} must default-export the fault "${name}", it exports "${fault.name}"`,
    "name the file like the fault: docs/faults.md",
  );
}

/** Throws what is wrong with somebody's own file where one of these faults would be in it. */
export function refuseBroken(faults: Faults, names: readonly string[]): void {
  for (const name of names) if (!faults.has(name) && faults.broken.has(name)) throw faults.broken.get(name);
}

/** One of them; rejects a name that is none with those that there are, and a broken file with what is wrong with it. */
export function faultOf(faults: Faults, name: string): Fault {
  const fault = faults.get(name);
  if (fault) return fault;
  throw (
    faults.broken.get(name) ??
    new FlounderError("usage", `fault "${name}" is unknown; there are ${[...faults.keys()].join(", ")}`, "flounder list faults says what each does")
  );
}

export const listTargets = (): string[] => readdirSync(join(dist, "targets")).filter((name) => existsSync(join(dist, "targets", name, "target.js")));

/** What package.json says of us. */
const manifest = () => JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { version: string; flounder?: { defaultTarget?: string } };

/** The target where nobody names one: the one that package.json states (flounder.defaultTarget), or the only one that has scenarios (what is attached has none). Undefined: there are several. */
export function defaultTarget(): string | undefined {
  const all = listTargets();
  const stated = manifest().flounder?.defaultTarget;
  if (stated !== undefined && all.includes(stated)) return stated;
  const [first, ...more] = all.filter((name) => existsSync(join(dist, "targets", name, "scenarios")));
  return more.length === 0 ? first : undefined;
}
/** The name, or the default; rejects with FlounderError "usage" where there is none. */
export function targetNamed(name: string | undefined): string {
  const found = name ?? defaultTarget();
  if (found !== undefined) return found;
  throw new FlounderError("usage", `no target was named; there are ${listTargets().join(", ")}`, "say which with --target");
}

/** A target by its name, or the default one. */
export async function loadTarget(name?: string): Promise<TargetSystem> {
  const wanted = targetNamed(name);
  if (!listTargets().includes(wanted))
    throw new FlounderError("usage", `target "${wanted}" is unknown; there are ${listTargets().join(", ")}`, "flounder list systems says what each is");
  return importDefault<TargetSystem>(join(dist, "targets", wanted, "target.js"));
}

/** A first chaos suite for that target, or for the default one. */
export async function loadStarter(target?: string): Promise<Starter> {
  const name = (await loadTarget(target)).name;
  const file = join(dist, "targets", name, "starter.js");
  if (existsSync(file)) return importDefault<Starter>(file);
  throw new FlounderError("usage", `target "${name}" brings no first suite`, "docs/suites.md shows one");
}

/** What answers to plain requests mean on the platforms that there are: the default exports of targets/<name>/answers.ts. */
export async function loadAnswers(): Promise<readonly AnswerClass[]> {
  const files = listTargets().map((name) => join(dist, "targets", name, "answers.js"));
  return (await Promise.all(files.filter(existsSync).map(importDefault<readonly AnswerClass[]>))).flat();
}

/** All of them, also the one that brings nothing up. */
export const everyEngine = (): string[] =>
  readdirSync(join(dist, "harness", "engines")).filter((name) => existsSync(join(dist, "harness", "engines", name, "engine.js")));
/** Those that bring a foundation up. */
export const listEngines = (): string[] => everyEngine().filter((name) => !name.startsWith("attached"));

export async function loadEngine(name: string): Promise<Engine> {
  if (!everyEngine().includes(name))
    throw new FlounderError("usage", `engine "${name}" is unknown; there are ${listEngines().join(", ")}`, "choose one with --engine");
  return importDefault<Engine>(join(dist, "harness", "engines", name, "engine.js"));
}

export type EngineName = Engine["name"];

/** The same engine over other target systems than those of targets/, for tests: `<name>Engine(load)` of its file. */
export async function engineFor(name: EngineName, load: (name: string) => Promise<TargetSystem>): Promise<Engine> {
  const module = (await import(pathToFileURL(join(dist, "harness", "engines", name, "engine.js")).href)) as Record<string, unknown>;
  const make = module[`${name}Engine`] as ((load: (name: string) => Promise<TargetSystem>) => Engine) | undefined;
  if (!make) throw new Error(`harness/engines/${name}/engine.ts must export ${name}Engine(load)`);
  return make(load);
}

export interface FoundScenario {
  readonly system: string;
  readonly scenario: Scenario;
}

/** Names of all scenarios, by target system. */
export const listScenarios = (): { system: string; name: string }[] =>
  listTargets().flatMap((system) => modules(join(dist, "targets", system, "scenarios")).map((file) => ({ system, name: basename(file, ".js") })));

/** The target that a scenario of somebody's own is for: the one that was asked for, its own, or the default. Rejects where it says another one than was asked for. */
export function systemOf({ name, system }: Pick<Scenario, "name" | "system">, asked: string | undefined): string {
  if (asked !== undefined && system !== undefined && asked !== system)
    throw new FlounderError("usage", `scenario ${name} is for target ${system}, not ${asked}`, `leave --target out, or say --target ${system}`);
  return targetNamed(asked ?? system);
}

/** A scenario by its name, or by the path of a .ts, .js or .mjs file that default-exports one. `target`: of this system alone. */
export async function loadScenario(nameOrPath: string, target?: string): Promise<FoundScenario> {
  if (isOwnFile(nameOrPath)) {
    const scenario = (await importOwn(resolve(nameOrPath), "scenario")) as Scenario;
    return { system: systemOf(scenario, target), scenario };
  }
  const { system } = one("scenario", nameOrPath, listScenarios(), target);
  return { system, scenario: await importDefault<Scenario>(join(dist, "targets", system, "scenarios", `${nameOrPath}.js`)) };
}

/** The one of that name. Where several targets have it, the default target's is meant. */
function one(kind: "scenario" | "playbook", name: string, all: readonly { readonly system: string; readonly name: string }[], target: string | undefined) {
  const named = all.filter((found) => found.name === name);
  const meant = target ?? (named.length > 1 ? targetNamed(undefined) : named[0]?.system);
  const found = named.find(({ system }) => system === meant);
  if (found) return found;
  if (target !== undefined && named[0])
    throw new FlounderError("usage", `${kind} "${name}" is of target ${named[0].system}, not of ${target}`, `flounder list ${kind}s --target ${target}`);
  const names = all.filter(({ system }) => target === undefined || system === target).map((other) => other.name);
  throw new FlounderError(
    "usage",
    `${kind} "${name}" is unknown; there are ${names.join(", ")}`,
    `flounder list ${kind}s, or give the path of a file: flounder ${kind === "scenario" ? "run" : "paper"} ./my-${kind}.ts`,
  );
}

/** Refused unless it is a playbook, and asks only for verbs that the system's console has. */
async function ownPlaybook(path: string, systemName: string): Promise<Playbook> {
  const playbook = checkPlaybook(await importOwn(path, "playbook"), path);
  const system = await loadTarget(systemName);
  const [profile] = system.profiles;
  checkVerbs(playbook, verbsOf(system, system.topology(profile!, system.timeFactorOf(profile!), {})), path);
  return playbook;
}

/** Names of all playbooks, by target system. */
export const listPlaybooks = (): { system: string; name: string }[] =>
  listTargets().flatMap((system) => modules(join(dist, "targets", system, "playbooks")).map((file) => ({ system, name: basename(file, ".js") })));

/** A playbook by its name, or by the path of a .ts, .js or .mjs file that default-exports one. `target`: of this system alone; a file is for the default one. */
export async function loadPlaybook(nameOrPath: string, target?: string): Promise<Playbook> {
  if (isOwnFile(nameOrPath)) return ownPlaybook(resolve(nameOrPath), targetNamed(target));
  const { system } = one("playbook", nameOrPath, listPlaybooks(), target);
  return importDefault<Playbook>(join(dist, "targets", system, "playbooks", `${nameOrPath}.js`));
}

/** The version that reports carry. */
export const version = async (): Promise<string> => manifest().version;
