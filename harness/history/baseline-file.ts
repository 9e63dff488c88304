/** Where a baseline comes from: a file, a results folder, or a git revision that has the file. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync, statSync } from "node:fs";
import { join, resolve } from "node:path";
import { z } from "zod";
import { FlounderError } from "../errors.js";
import type { BaselineRun } from "./baseline.js";
import { isResults, type StoredRun, storedRun, storedRuns } from "./stored-runs.js";

export const baselineFile = "flounder.baseline.json";
const gitMs = 10_000;

const bounds = z.object({ lo: z.number(), hi: z.number() });
const planes = z.object({ outside: bounds, inside: bounds });
const schema = z.object({
  version: z.literal(1),
  runs: z.array(
    z.object({
      scenario: z.string(),
      engine: z.string(),
      profile: z.string(),
      timeFactor: z.number(),
      machine: z.string().nullable(),
      lostS: z.object({ control: planes, data: planes }),
    }),
  ),
});

/** A run that proved nothing is no baseline. */
export const baselineOf = (runs: readonly StoredRun[]): readonly BaselineRun[] =>
  runs.flatMap(({ plan, verdict, machine }) =>
    verdict && (verdict.result === "pass" || verdict.result === "fail")
      ? [
          {
            ...{ scenario: plan.name, engine: plan.engine, profile: plan.foundation.profile, timeFactor: plan.foundation.timeFactor },
            ...{ machine: machine ?? null, lostS: verdict.lostS },
          },
        ]
      : [],
  );

export const baselineText = (runs: readonly BaselineRun[]): string => `${JSON.stringify({ version: 1, runs }, null, 2)}\n`;

/** `what`: a baseline file, a folder of results, one results folder, or a git revision in which flounder.baseline.json is. Undefined: there is none. */
export function readBaseline(what: string): readonly BaselineRun[] | undefined {
  const path = resolve(what);
  if (existsSync(path)) {
    if (!statSync(path).isDirectory()) return parse(readFileSync(path, "utf8"), path);
    return baselineOf(isResults(path) ? [storedRun(path)] : storedRuns(path));
  }
  const text = fromGit(what);
  return text === undefined ? undefined : parse(text, `${baselineFile} of ${what}`);
}

function fromGit(revision: string): string | undefined {
  if (revision.startsWith("-")) return undefined;
  try {
    return execFileSync("git", ["show", `${revision}:./${baselineFile}`], { encoding: "utf8", timeout: gitMs, stdio: ["ignore", "pipe", "ignore"] });
  } catch {
    return undefined; // no git, no such revision, or no such file in it: all of them are no baseline
  }
}

function parse(text: string, where: string): readonly BaselineRun[] {
  try {
    return schema.parse(JSON.parse(text)).runs;
  } catch (error) {
    const why = error instanceof z.ZodError ? `${error.issues[0]!.path.join(".")}: ${error.issues[0]!.message}` : (error as Error).message;
    throw new FlounderError("usage", `${where} is not a baseline: ${why}`, `make one: flounder history SCENARIO --save ${join(".", baselineFile)}`, {
      cause: error,
    });
  }
}
