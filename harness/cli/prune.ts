/** flounder prune: removes old results. */
import { existsSync, lstatSync, rmSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import type { Command } from "commander";
import { type StoredRun, storedRuns } from "../history/stored-runs.js";
import { files } from "../results/results.js";
import { say, whole } from "./flags/options.js";

/** One that is not judged and was written to since may be under way. */
const quietMs = 3_600_000;
const mayBeRunning = ({ folder, verdict }: StoredRun): boolean =>
  verdict === undefined && Date.now() - statSync(join(folder, files.timeline)).mtimeMs < quietMs;

export function register(program: Command): void {
  program
    .command("prune")
    .description("removes results folders, all but the newest of each scenario; touches nothing else")
    .requiredOption("--keep <n>", "how many of each scenario stay", whole)
    .option("--results <dir>", "where results are", "results")
    .option("--dry-run", "says what would be removed")
    .addHelpText("after", "\nExample: flounder prune --keep 20")
    .action((flags: { keep: number; results: string; dryRun?: boolean }) => {
      const runs = storedRuns(flags.results, say);
      const scenarios = [...new Set(runs.map(({ plan }) => plan.name))];
      const old = scenarios.flatMap((name) => {
        const own = runs.filter(({ plan }) => plan.name === name);
        return own.slice(0, Math.max(0, own.length - flags.keep)).filter((run) => !mayBeRunning(run));
      });
      for (const { folder } of old) {
        if (!flags.dryRun) rmSync(folder, { recursive: true, force: true });
        process.stdout.write(`${flags.dryRun ? "would remove" : "removed"} ${folder}\n`);
      }
      dropDangling(join(resolve(flags.results), "latest"));
      say(`${old.length} of ${runs.length} results ${flags.dryRun ? "would be removed" : "removed"}`);
    });
}

/** `latest` points at the newest run, unless that is gone. */
function dropDangling(link: string): void {
  if (lstatSync(link, { throwIfNoEntry: false })?.isSymbolicLink() && !existsSync(link)) rmSync(link);
}
