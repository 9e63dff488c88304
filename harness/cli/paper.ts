/** flounder paper: prints a playbook for people to read; hands off the keyboards. */
import type { Command } from "commander";
import { paper } from "../playbooks/paper.js";
import { loadPlaybook } from "../registry.js";

export function register(program: Command): void {
  program
    .command("paper")
    .argument("<playbook>", "a playbook's name or file: flounder list playbooks")
    .option("--target <name>", "the system that it is for (default: the one that has it)")
    .description("prints a playbook as Markdown; touches nothing")
    .addHelpText("after", "\nExample: flounder paper as-it-was > playbook.md")
    .action(async (name: string, flags: { target?: string }) => {
      process.stdout.write(paper(await loadPlaybook(name, flags.target)));
    });
}
