/** What results folders say of past runs: read from each folder's own files, oldest first. */
import { closeSync, existsSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import { eventSchema } from "../core/event.js";
import { planSchema } from "../core/plan.js";
import { shaped } from "../core/shape.js";
import { verdictSchema } from "../core/verdict.js";
import type { Plan, Verdict } from "../core.js";
import { FlounderError } from "../errors.js";
import { files } from "../results/results.js";

export interface StoredRun {
  /** Absolute. */
  readonly folder: string;
  readonly name: string;
  readonly startedIso: string;
  /** Id of the machine that measured; undefined in runs of before that was kept. */
  readonly machine: string | undefined;
  readonly plan: Plan;
  /** Undefined: it was killed before it was judged. */
  readonly verdict: Verdict | undefined;
}

/** Whatever is no results folder is passed over; `said` hears of one that cannot be read. */
export function storedRuns(dir: string, said: (line: string) => void = () => {}): readonly StoredRun[] {
  const base = resolve(dir);
  if (!existsSync(base)) throw new FlounderError("usage", `there is no results folder ${base}`, "flounder run makes one; or say where with --results DIR");
  return readdirSync(base, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && isResults(join(base, entry.name)))
    .flatMap(({ name }) => {
      try {
        return [storedRun(join(base, name))];
      } catch (error) {
        said(`${name} is passed over: ${(error as Error).message}`);
        return [];
      }
    })
    .sort((a, b) => (a.startedIso < b.startedIso ? -1 : a.startedIso > b.startedIso ? 1 : 0));
}

export const isResults = (folder: string): boolean => existsSync(join(folder, files.plan)) && existsSync(join(folder, files.timeline));

export function storedRun(folder: string): StoredRun {
  const plan = shaped(planSchema, JSON.parse(readFileSync(join(folder, files.plan), "utf8")));
  const first = shaped(eventSchema, JSON.parse(firstLine(join(folder, files.timeline))));
  if (first.kind !== "zero") throw new Error(`${files.timeline} does not begin with the run's zero`);
  const verdict = join(folder, files.verdict);
  return {
    folder: resolve(folder),
    name: basename(folder),
    startedIso: first.wallIso,
    machine: first.machine,
    plan,
    verdict: existsSync(verdict) ? shaped(verdictSchema, JSON.parse(readFileSync(verdict, "utf8"))) : undefined,
  };
}

/** Timelines are long, and it is short. */
function firstLine(path: string): string {
  const file = openSync(path, "r");
  try {
    const head = Buffer.alloc(65_536);
    return head
      .subarray(0, readSync(file, head, 0, head.length, 0))
      .toString("utf8")
      .split("\n")[0]!;
  } finally {
    closeSync(file);
  }
}
