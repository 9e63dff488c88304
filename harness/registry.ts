/** The only file that reads folders: faults, targets, scenarios, engines and commands are what lies there, under their file names. */
import { existsSync, readdirSync } from "node:fs";
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, extname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Engine, Fault, Playbook, Scenario, TargetSystem } from "./core.js";
import { FlounderError } from "./errors.js";
import { dist, root } from "./paths.js";

const modules = (dir: string): string[] =>
  existsSync(dir)
    ? readdirSync(dir)
        .filter((name) => name.endsWith(".js") && !name.includes(".test."))
        .sort()
    : [];
const importDefault = async <T>(path: string): Promise<T> => ((await import(pathToFileURL(path).href)) as { default: T }).default;

/** Every fault by name: those of faults/, and those of the folder that FLOUNDER_FAULTS names (.ts, .js or .mjs). A file whose fault has another name is refused. */
export async function loadFaults(): Promise<ReadonlyMap<string, Fault>> {
  const faults = new Map<string, Fault>();
  const own = process.env.FLOUNDER_FAULTS;
  for (const file of own ? readdirSync(own).filter((name) => /\.(ts|m?js)$/.test(name)) : []) {
    const fault = await importFile<Fault>(resolve(own!, file), "fault");
    const name = basename(file, extname(file));
    if (fault?.name !== name)
      throw new FlounderError(
        "usage",
        `${join(own!, file)} must default-export the fault "${name}", it exports "${fault?.name}"`,
        "name the file like the fault: docs/faults.md",
      );
    faults.set(name, fault);
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

export const listTargets = (): string[] => readdirSync(join(dist, "targets")).filter((name) => existsSync(join(dist, "targets", name, "target.js")));

export async function loadTarget(name: string): Promise<TargetSystem> {
  if (!listTargets().includes(name))
    throw new FlounderError("usage", `target "${name}" is unknown; there are ${listTargets().join(", ")}`, "flounder list shows what there is");
  return importDefault<TargetSystem>(join(dist, "targets", name, "target.js"));
}

export const listEngines = (): string[] =>
  readdirSync(join(dist, "harness", "engines")).filter((name) => existsSync(join(dist, "harness", "engines", name, "engine.js")));

export async function loadEngine(name: string): Promise<Engine> {
  if (!listEngines().includes(name))
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

/** A scenario by its name, or by the path of a .ts, .js or .mjs file that default-exports one (for the target system `system`). */
export async function loadScenario(nameOrPath: string, system = "foundry"): Promise<FoundScenario> {
  if (/\.(ts|m?js)$/.test(nameOrPath)) return { system, scenario: await importFile<Scenario>(resolve(nameOrPath), "scenario") };
  const found = listScenarios().find((one) => one.name === nameOrPath);
  if (!found) {
    const names = listScenarios().map((one) => one.name);
    throw new FlounderError(
      "usage",
      `scenario "${nameOrPath}" is unknown; there are ${names.join(", ")}`,
      `flounder list scenarios, or give the path of a file: flounder run ./my-scenario.ts`,
    );
  }
  return { system: found.system, scenario: await importDefault<Scenario>(join(dist, "targets", found.system, "scenarios", `${found.name}.js`)) };
}

/** Names of all playbooks, by target system. */
export const listPlaybooks = (): { system: string; name: string }[] =>
  listTargets().flatMap((system) => modules(join(dist, "targets", system, "playbooks")).map((file) => ({ system, name: basename(file, ".js") })));

/** A playbook of a target system by its name, or by the path of a .ts, .js or .mjs file that default-exports one. */
export async function loadPlaybook(nameOrPath: string, system: string): Promise<Playbook> {
  if (/\.(ts|m?js)$/.test(nameOrPath)) return importFile<Playbook>(resolve(nameOrPath), "playbook");
  const names = listPlaybooks().flatMap((one) => (one.system === system ? [one.name] : []));
  if (!names.includes(nameOrPath))
    throw new FlounderError(
      "usage",
      `playbook "${nameOrPath}" is unknown; there are ${names.join(", ")}`,
      "flounder list playbooks, or give the path of a file",
    );
  return importDefault<Playbook>(join(dist, "targets", system, "playbooks", `${nameOrPath}.js`));
}

/** What package.json's exports say, for a file outside of the package: flounder · flounder/mocha · flounder/faults/NAME. A package may import itself by name. */
const ownModule = (spec: string): string => import.meta.resolve(spec);

/** Imports somebody's own file; TypeScript is transpiled and bundled first, "flounder" is this package. */
async function importFile<T>(path: string, what: "scenario" | "fault" | "playbook"): Promise<T> {
  if (!existsSync(path))
    throw new FlounderError(
      "usage",
      `${what} file ${path} does not exist`,
      "give the path of an existing .ts, .js or .mjs file, or a name: flounder list scenarios",
    );
  try {
    if (extname(path) !== ".ts") return await importDefault<T>(path);
    const esbuild = await import("esbuild");
    const built = await esbuild.build({
      entryPoints: [path],
      bundle: true,
      write: false,
      platform: "node",
      format: "esm",
      target: "node20",
      logLevel: "silent",
      plugins: [
        {
          name: "flounder",
          setup: (build) => void build.onResolve({ filter: /^flounder(\/|$)/ }, ({ path: spec }) => ({ path: ownModule(spec), external: true })),
        },
      ],
    });
    const dir = await mkdtemp(join(tmpdir(), "flounder-scenario-"));
    try {
      const out = join(dir, "scenario.mjs");
      await writeFile(out, built.outputFiles[0]!.text);
      return await importDefault<T>(out);
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  } catch (error) {
    if (error instanceof FlounderError) throw error;
    throw new FlounderError(
      "usage",
      `${what} file ${path} cannot be read: ${error instanceof Error ? error.message.split("\n")[0] : error}`,
      `it must be a module that default-exports a ${what}: docs/${what}s.md`,
      { cause: error },
    );
  }
}

/** The version that reports carry. */
export async function version(): Promise<string> {
  return (JSON.parse(await readFile(join(root, "package.json"), "utf8")) as { version: string }).version;
}
