/** flounder judge and flounder report: verdict and reports again, from plan, timeline and samples alone. */
import { existsSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { FlounderError } from "../errors.js";
import { writeReports } from "../results/results.js";
import { exitOf } from "./flags/exit.js";
import { jsonOption, say } from "./flags/options.js";

const folder = (dir: string): string => {
  const path = resolve(dir);
  if (!existsSync(join(path, "plan.json")))
    throw new FlounderError("usage", `${path} is no results folder: it has no plan.json`, "give a folder below results/, e.g. results/latest");
  return path;
};

export function register(program: Command): void {
  program
    .command("judge")
    .argument("[dir]", "a results folder", "results/latest")
    .description("judges a recorded run again: the same bytes wherever and whenever (exit code as flounder run)")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder judge results/latest --json")
    .action(async (dir: string, flags: { json?: boolean }) => {
      const verdict = await writeReports(folder(dir));
      if (flags.json) process.stdout.write(`${JSON.stringify(verdict, null, 2)}\n`);
      else process.stdout.write(`${verdict.result.toUpperCase()}\n${verdict.findings.map((one) => `  ${one.result.padEnd(12)} ${one.says}`).join("\n")}\n`);
      process.exitCode = exitOf[verdict.result];
    });
  program
    .command("report")
    .argument("[dir]", "a results folder", "results/latest")
    .description("writes report.html, report.md and junit.xml again, and says where they are")
    .addHelpText("after", "\nExample: flounder report results/latest")
    .action(async (dir: string) => {
      const path = folder(dir);
      await writeReports(path);
      for (const name of ["report.html", "report.md", "junit.xml", "verdict.json"]) process.stdout.write(`${join(path, name)}\n`);
      say("open report.html in a browser; it needs no network");
    });
}
