/** flounder validate: is a file of one's own all right? */
import type { Command } from "commander";
import { jsonOption } from "./flags/options.js";
import { validate } from "./words/validate.js";

export function register(program: Command): void {
  program
    .command("validate")
    .argument("<file...>", "scenarios, playbooks or faults (.ts, .js, .mjs), plans (.json), watch configs (.yaml)")
    .description("reads files of one's own as a run would, and says what is wrong with the first that is; starts nothing")
    .option("--target <name>", "the system that scenarios and playbooks are for (default: the scenario's own, or the default one)")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder validate ./my-scenario.ts ./my-playbook.ts")
    .action(async (files: string[], flags: { target?: string; json?: boolean }) => {
      for (const file of files) {
        const found = await validate(file, flags.target);
        if (flags.json) process.stdout.write(`${JSON.stringify({ file, ...found })}\n`);
        else process.stdout.write(`${file}: ${found.kind} ${found.says}\n${found.warnings.map((says) => `  warning: ${says}\n`).join("")}`);
      }
    });
}
