/** flounder doctor: what this machine has, what is missing, and what to do about it. */
import type { Command } from "commander";
import pc from "picocolors";
import { loadEngine } from "../registry.js";
import { engineOption, jsonOption } from "./options.js";

export function register(program: Command): void {
  program
    .command("doctor")
    .description("checks what an engine needs here; says what is missing and what to do (exit 2 if something is)")
    .addOption(engineOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder doctor --engine local")
    .action(async (flags: { engine: string; json?: boolean }) => {
      const engine = await loadEngine(flags.engine);
      const [problems, facts] = [await engine.check(), await engine.facts()];
      const users = await engine.users();
      if (flags.json) process.stdout.write(`${JSON.stringify({ engine: engine.name, facts, users, problems }, null, 2)}\n`);
      else {
        for (const [name, says] of Object.entries(facts)) process.stdout.write(`${pc.green("✓")} ${name.padEnd(18)} ${says}\n`);
        process.stdout.write("runs as\n");
        for (const [what, whom] of Object.entries(users)) process.stdout.write(`  ${what.padEnd(18)} ${whom}\n`);
        for (const { what, hint } of problems) process.stdout.write(`${pc.red("✗")} ${what}\n    → ${hint}\n`);
        process.stdout.write(problems.length === 0 ? `engine ${engine.name}: ready\n` : `engine ${engine.name}: ${problems.length} to mend\n`);
      }
      if (problems.length > 0) process.exitCode = 2;
    });
}
