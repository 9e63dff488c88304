/** flounder list: what there is to choose from; derived from the folders, never written twice. */
import { type Command, Option } from "commander";
import { z } from "zod";
import { listEngines, listPlaybooks, listScenarios, loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget } from "../registry.js";
import { engineOption, jsonOption } from "./options.js";

type Row = { readonly name: string; readonly says: string } & Readonly<Record<string, unknown>>;

const lists: Readonly<Record<string, (flags: { profile: string; engine: string; target: string }) => Promise<readonly Row[]>>> = {
  scenarios: () => Promise.all(listScenarios().map(async ({ name, system }) => ({ name, says: (await loadScenario(name)).scenario.says, system }))),
  playbooks: () => Promise.all(listPlaybooks().map(async ({ name, system }) => ({ name, says: (await loadPlaybook(name, system)).says, system }))),
  faults: async () =>
    [...(await loadFaults()).values()].map(({ name, says, needs, colour, options }) => ({ name, says, needs, colour, options: z.toJSONSchema(options) })),
  targets: async ({ profile, engine, target }) => {
    const system = await loadTarget(target);
    const targets = await (await loadEngine(engine)).targets(system.topology(profile, 20, {}), system);
    return targets.map((t) => ({
      ...t,
      says: `${t.kind} of ${t.role}: ${t.can.map((can) => can + (t.ways[can] ? `(${t.ways[can].join(", ")})` : "")).join(", ")}`,
    }));
  },
  engines: async () => listEngines().map((name) => ({ name, says: name === "local" ? "child processes on 127.0.0.1" : "containers" })),
};

export function register(program: Command): void {
  program
    .command("list")
    .argument("[what]", Object.keys(lists).join(", "), "scenarios")
    .description("scenarios, playbooks, faults, targets or engines")
    .addOption(new Option("--profile <name>", "of the targets").default("org"))
    .addOption(new Option("--target <name>", "the system under test").default("foundry"))
    .addOption(engineOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder list faults")
    .action(async (what: string, flags: { profile: string; engine: string; target: string; json?: boolean }, command: Command) => {
      const list = lists[what];
      if (!list) command.error(`error: nothing to list called "${what}"; expected ${Object.keys(lists).join(", ")}`, { exitCode: 64 });
      const rows = await list!(flags);
      if (flags.json) process.stdout.write(`${JSON.stringify(rows, null, 2)}\n`);
      else {
        const width = Math.max(...rows.map((row) => row.name.length));
        process.stdout.write(`${rows.map((row) => `${row.name.padEnd(width)}  ${row.says}`).join("\n")}\n`);
      }
    });
}
