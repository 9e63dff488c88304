/** flounder init: a first chaos suite in the project that lies here. */
import { type Command, Option } from "commander";
import { initProject } from "../init/init.js";
import type { Ci } from "../init/starter.js";
import { loadStarter } from "../registry.js";
import { targetOption } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("init")
    .description("writes a first chaos suite, mocha's config and a CI job into this folder; asks nothing, overwrites nothing, can be run again")
    .addOption(new Option("--ci <name>", "the CI job's kind (default: gitlab where a .gitlab-ci.yml is, else github)").choices(["github", "gitlab", "none"]))
    .option("--dry-run", "says what would be written")
    .option("--force", "overwrites what is there")
    .addHelpText("after", "\nExample: flounder init --ci github")
    .addOption(targetOption())
    .action(async ({ target, ...flags }: { target?: string; ci?: Ci; dryRun?: boolean; force?: boolean }) => {
      const { files, next } = initProject(process.cwd(), { ...flags, suite: await loadStarter(target) });
      const words = { written: flags.dryRun ? "would be written" : "written", kept: "is there already, and stays as it is", unchanged: "is there already" };
      for (const { path, what } of files) process.stdout.write(`${path}: ${words[what]}\n`);
      process.stdout.write(`next: ${next.join("; ")}\n`);
    });
}
