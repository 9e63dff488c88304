/** flounder list: what there is to choose from; derived from the folders, never written twice. */
import { type Command, Option } from "commander";
import { z } from "zod";
import { verbsOf } from "../authors/verbs.js";
import { FlounderError } from "../errors.js";
import {
  defaultTarget,
  listEngines,
  listPlaybooks,
  listScenarios,
  listTargets,
  loadEngine,
  loadFaults,
  loadPlaybook,
  loadScenario,
  loadTarget,
} from "../registry.js";
import { plural } from "../words.js";
import { engineOption, jsonOption, profileOf, profileOption } from "./flags/options.js";

type Row = { readonly name: string; readonly says: string } & Readonly<Record<string, unknown>>;
interface Flags {
  readonly profile?: string;
  readonly engine: string;
  readonly target?: string;
  readonly json?: boolean;
}

/** Of the profile that was asked for, by its own time factor. */
async function built({ target, profile: asked }: Flags) {
  const system = await loadTarget(target);
  const profile = profileOf(system, asked);
  const timeFactor = system.timeFactorOf(profile);
  return { system, timeFactor, topology: system.topology(profile, timeFactor, {}) };
}

const of =
  ({ target }: Flags) =>
  ({ system }: { readonly system: string }) =>
    target === undefined || system === target;

const lists: Readonly<Record<string, (flags: Flags) => Promise<readonly Row[]>>> = {
  scenarios: (flags) =>
    Promise.all(
      listScenarios()
        .filter(of(flags))
        .map(async ({ name, system }) => ({ name, says: (await loadScenario(name, system)).scenario.says, system })),
    ),
  playbooks: (flags) =>
    Promise.all(
      listPlaybooks()
        .filter(of(flags))
        .map(async ({ name, system }) => ({ name, says: (await loadPlaybook(name, system)).says, system })),
    ),
  systems: () =>
    Promise.all(listTargets().map(async (name) => ({ name, says: `${(await loadTarget(name)).says}${name === defaultTarget() ? " (default)" : ""}` }))),
  faults: async () => {
    const faults = await loadFaults();
    for (const error of faults.broken.values()) process.stderr.write(`flounder: left out: ${error.message}\n  → ${error.hint}\n`);
    return [...faults.values()].map(({ name, says, needs, colour, options }) => ({ name, says, needs, colour, options: z.toJSONSchema(options) }));
  },
  targets: async (flags) => {
    const { system, topology } = await built(flags);
    const targets = await (await loadEngine(flags.engine)).targets(topology, system);
    return targets.map((t) => ({
      ...t,
      says: `${t.kind} of ${t.role}: ${t.can.map((can) => can + (t.ways[can] ? `(${t.ways[can].join(", ")})` : "")).join(", ")}`,
    }));
  },
  engines: () => Promise.all(listEngines().map(async (name) => ({ name, says: (await loadEngine(name)).says }))),
  profiles: async ({ target }) => {
    const system = await loadTarget(target);
    return system.profiles.map((name) => {
      const timeFactor = system.timeFactorOf(name);
      const { components } = system.topology(name, timeFactor, {});
      const counts = new Map<string, number>();
      for (const { role } of components) counts.set(role, (counts.get(role) ?? 0) + 1);
      const roles = [...counts].map(([role, n]) => (n === 1 ? role : `${n} ${role}`)).join(", ");
      return { name, says: `${plural(components.length, "component")} (${roles}), timers ÷${timeFactor}`, components: components.length, timeFactor };
    });
  },
  policies: async ({ target }) =>
    Object.entries((await loadTarget(target)).policies ?? {}).map(([name, choices]) => ({
      name,
      says: `${choices[0]} (default)${choices.slice(1).map((choice) => `, ${choice}`)}`,
      choices,
    })),
  alarms: async (flags) => {
    const { system, topology } = await built(flags);
    return (system.foresight?.(topology) ?? []).map(({ alarm, says, ...rest }) => ({
      name: alarm,
      says: `${says}: ${rest.alarmS === null ? "switched off" : `raised after ${rest.alarmS} s`}`,
      ...rest,
    }));
  },
  verbs: async (flags) => {
    const { system, topology } = await built(flags);
    return verbsOf(system, topology).map((name) => ({ name, says: system.verbs?.[name] ?? "" }));
  },
};

export function register(program: Command): void {
  program
    .command("list")
    .argument("[what]", Object.keys(lists).join(", "), "scenarios")
    .description("scenarios, playbooks, faults, systems under test, their targets, engines, profiles, policies, alarms, or an operator's verbs")
    .addOption(profileOption("of the targets and alarms"))
    .addOption(new Option("--target <name>", "of this system under test (default: scenarios and playbooks of all, the rest of the default one)"))
    .addOption(engineOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder list faults")
    .action(async (what: string, flags: Flags) => {
      if (!Object.hasOwn(lists, what))
        throw new FlounderError("usage", `there is nothing to list called "${what}"`, `expected one of ${Object.keys(lists).join(", ")}`);
      const rows = await lists[what]!(flags);
      if (flags.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      else if (rows.length === 0) process.stdout.write(`there are no ${what}\n`);
      else {
        const width = Math.max(...rows.map((row) => row.name.length));
        process.stdout.write(`${rows.map((row) => `${row.name.padEnd(width)}  ${row.says}`).join("\n")}\n`);
      }
    });
}
