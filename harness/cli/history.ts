/** flounder history: results over time, a line each. */
import { writeFileSync } from "node:fs";
import { resolve } from "node:path";
import type { Command } from "commander";
import { FlounderError } from "../errors.js";
import { baselineOf, baselineText } from "../history/baseline-file.js";
import { historyLine } from "../history/lines.js";
import { storedRuns } from "../history/stored-runs.js";
import { jsonOption, say } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("history")
    .argument("[scenario]", "runs of this scenario alone")
    .description("results over time, oldest first, a line each")
    .option("--results <dir>", "where results are", "results")
    .option("--html <file>", "writes a page with a strip per run")
    .option("--save <file>", "writes a baseline of these runs, for flounder run --baseline")
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder history four-cuts --html history.html")
    .action(async (scenario: string | undefined, flags: { results: string; html?: string; save?: string; json?: boolean }) => {
      const all = storedRuns(flags.results, say);
      const runs = scenario === undefined ? all : all.filter(({ plan }) => plan.name === scenario);
      if (runs.length === 0) {
        const names = [...new Set(all.map(({ plan }) => plan.name))];
        const what = scenario === undefined ? "no runs" : `no run of "${scenario}"`;
        throw new FlounderError(
          "usage",
          `there is ${what} in ${resolve(flags.results)}`,
          names.length > 0 ? `there are runs of ${names.join(", ")}` : "flounder run makes one",
        );
      }
      if (flags.json)
        process.stdout.write(
          `${JSON.stringify(
            runs.map(({ folder, startedIso, machine, plan, verdict }) => ({ folder, startedIso, machine, scenario: plan.name, seed: plan.seed, verdict })),
            null,
            2,
          )}\n`,
        );
      else for (const run of runs) process.stdout.write(`${historyLine(run)}\n`);
      if (flags.html) {
        const { historyPage } = await import("../history/page.js");
        write(flags.html, historyPage(runs));
      }
      if (flags.save) write(flags.save, baselineText(baselineOf(runs)));
    });
}

function write(path: string, text: string): void {
  try {
    writeFileSync(path, text);
    say(`${resolve(path)} is written`);
  } catch (error) {
    throw new FlounderError("environment", `${resolve(path)} cannot be written: ${(error as Error).message}`, "give a file in a folder that you may write", {
      cause: error,
    });
  }
}
