/** flounder init: a first chaos suite in the project that lies here. */
import { type Command, Option } from "commander";
import { FlounderError } from "../errors.js";
import { type AttachedStart, attachedSuite } from "../init/attached.js";
import { initProject } from "../init/init.js";
import type { Ci } from "../init/starter.js";
import { loadStarter } from "../registry.js";
import { lookAt } from "../session/attach.js";
import { targetOption } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("init")
    .description("writes a first chaos suite, mocha's config and a CI job into this folder; asks nothing, overwrites nothing, can be run again")
    .addOption(new Option("--ci <name>", "the CI job's kind (default: gitlab where a .gitlab-ci.yml is, else github)").choices(["github", "gitlab", "none"]))
    .option("--attach <address>", "the suite is for a Docker Compose project of yours that is up: compose:PROJECT")
    .option("--dry-run", "says what would be written")
    .option("--force", "overwrites what is there")
    .addHelpText("after", "\nExample: flounder init --ci github\n         flounder init --attach compose:shop")
    .addOption(targetOption())
    .action(async ({ target, attach, ...flags }: { target?: string; ci?: Ci; dryRun?: boolean; force?: boolean; attach?: string }) => {
      const start = attach === undefined ? undefined : await startIn(attach);
      const suite = start ? attachedSuite(start) : await loadStarter(target);
      const { files, next } = initProject(process.cwd(), { ...flags, suite, attach: start });
      const words = { written: flags.dryRun ? "would be written" : "written", kept: "is there already, and stays as it is", unchanged: "is there already" };
      for (const { path, what } of files) process.stdout.write(`${path}: ${words[what]}\n`);
      process.stdout.write(`next: ${next.join("; ")}\n`);
    });
}

/** The service that its users ask: what is published and answers HTTP, and may be broken. Rejects with FlounderError where there is none. */
async function startIn(address: string): Promise<AttachedStart> {
  const { project, asks, targets } = await lookAt(address);
  const able = new Set(targets.filter(({ can }) => can.includes("process")).map(({ role }) => role));
  const at = asks.find((one) => one.from === "outside" && one.at && able.has(one.at.role))?.at;
  if (at) return { project: project.project, service: at.role, port: at.port };
  throw new FlounderError(
    "usage",
    `nothing that answers HTTP is published by ${project.project}, or it may not be broken`,
    `flounder attach ${address} --dry-run says what there is; docs/attach.md has a suite to begin with`,
  );
}
