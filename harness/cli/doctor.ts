/** flounder doctor: what this machine has, what is missing, and what to do about it. */
import type { Command } from "commander";
import pc from "picocolors";
import type { SaidDifference } from "../core.js";
import { portTrouble } from "../engines/ports.js";
import { folderOf } from "../keeper/folder.js";
import { introduce } from "../keeper/socket/client.js";
import { listFoundations } from "../keeper/start.js";
import { loadEngine } from "../registry.js";
import { plural } from "../words.js";
import { engineOption, jsonOption } from "./flags/options.js";
import { differencesIn } from "./status.js";

export function register(program: Command): void {
  program
    .command("doctor")
    .description("checks what an engine needs here, and whether each foundation is as it was made; says what is wrong and what to do (exit 2 if something is)")
    .addOption(engineOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder doctor --engine local")
    .action(async (flags: { engine: string; json?: boolean }) => {
      const engine = await loadEngine(flags.engine);
      const [problems, facts] = [await engine.check(), await engine.facts()];
      const users = await engine.users();
      const foundations = await looked();
      const ports = portTrouble();
      const warnings = ports ? [ports] : [];
      if (flags.json) process.stdout.write(`${JSON.stringify({ engine: engine.name, facts, users, problems, warnings, foundations }, null, 2)}\n`);
      else {
        for (const [name, says] of Object.entries(facts)) process.stdout.write(`${pc.green("✓")} ${name.padEnd(18)} ${says}\n`);
        process.stdout.write("runs as\n");
        for (const [what, whom] of Object.entries(users)) process.stdout.write(`  ${what.padEnd(18)} ${whom}\n`);
        for (const { what, hint } of problems) process.stdout.write(`${pc.red("✗")} ${what}\n    → ${hint}\n`);
        for (const { what, hint } of warnings) process.stdout.write(`${pc.yellow("!")} ${what}\n    → ${hint}\n`);
        process.stdout.write(`engine ${engine.name}: ${problems.length === 0 ? "ready" : `${plural(problems.length, "problem")} to fix`}\n`);
      }
      if (!flags.json) for (const line of foundations.flatMap(lines)) process.stdout.write(`${line}\n`);
      if (problems.length > 0 || foundations.some(({ lacks, differences }) => lacks !== undefined || differences.length > 0)) process.exitCode = 2;
    });
}

interface Looked {
  readonly id: string;
  readonly differences: readonly SaidDifference[];
  /** Why nothing is known of it. */
  readonly lacks?: string;
}
/** The same look that heal takes, at every foundation of this user that is up; mends nothing. */
async function looked(): Promise<readonly Looked[]> {
  const each = await Promise.all(
    (await listFoundations()).map((one) => (one.alive ? look(one.id) : [{ id: one.id, differences: [], lacks: "its keeper is dead" }])),
  );
  return each.flat();
}
async function look(id: string): Promise<readonly Looked[]> {
  try {
    const client = await introduce(id, folderOf(id), { lease: false, owner: false });
    try {
      return (await client.status()).up ? [{ id, differences: await client.differences() }] : [];
    } finally {
      client.hangUp();
    }
  } catch (error) {
    return [{ id, differences: [], lacks: error instanceof Error ? error.message : String(error) }];
  }
}
const lines = ({ id, differences, lacks }: Looked): readonly string[] =>
  lacks === undefined ? differencesIn(id, differences) : [`${pc.red("✗")} ${id}: ${lacks}`, `    → flounder heal --foundation ${id}`];
