/**
 * A comparison's folder. What counts is design.json and trials.csv: all the rest is made of them. Every file is replaced whole, so whoever kills the comparison
 * finds the trials that were over, each once.
 */
import { chmodSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { basename, dirname, join, resolve } from "node:path";
import { canonical, digestOf } from "../canonical.js";
import { FlounderError } from "../errors.js";
import { type Lock, lockFile } from "../state/flock.js";
import { writeWhole } from "../state/own-file.js";
import { parseTrialsCsv, trialsCsv } from "./csv.js";
import { type Design, designSchema, type Trial, type TrialStrip } from "./shapes.js";

const names = { design: "design.json", command: "command.json", trials: "trials.csv", runs: "trials", strip: "strip.json", lock: ".lock" } as const;
const readable = 0o644;

export interface ComparisonFolder {
  readonly dir: string;
  readonly digest: string;
  /** Results folders of trials are made in here. */
  readonly runsDir: string;
  readonly trials: readonly Trial[];
  readonly strips: readonly TrialStrip[];
  /** Survives whatever comes after it. */
  add(trial: Trial, strip: TrialStrip | undefined): void;
  write(name: string, text: string): void;
  close(): void;
}

/** `command`: what a resumed comparison is asked for again. Refuses a folder in which another one is at work, and one of another design. */
export function openFolder(dir: string, design: Design, command: unknown): ComparisonFolder {
  const path = resolve(dir);
  const digest = digestOf(design);
  makeFolder(path);
  const lock = locked(path);
  try {
    const before = existsSync(join(path, names.design)) ? readDesign(path) : undefined;
    if (before && before.digest !== digest)
      throw new FlounderError(
        "usage",
        `${path} has another design (${before.digest}, this one is ${digest}): ${differing(before.design, design)}`,
        `go on with that one: flounder compare --resume ${path}`,
      );
    if (!before) {
      writeWhole(join(path, names.command), canonical(command), readable);
      writeWhole(join(path, names.design), canonical(design), readable);
    }
    return opened(path, digest, lock);
  } catch (error) {
    lock.release();
    throw error;
  }
}

function opened(dir: string, digest: string, lock: Lock): ComparisonFolder {
  const runsDir = join(dir, names.runs);
  mkdirSync(runsDir, { recursive: true });
  const trials: Trial[] = [...readTrials(dir)];
  dropCut(dir, trials);
  const strips = trials.flatMap(({ results }) => stripIn(join(dir, results)));
  return {
    dir,
    digest,
    runsDir,
    trials,
    strips,
    add(trial, strip) {
      if (strip) writeWhole(join(dir, trial.results, names.strip), canonical(strip), readable);
      writeWhole(join(dir, names.trials), trialsCsv([...trials, trial]), readable);
      trials.push(trial);
      if (strip) strips.push(strip);
    },
    write: (name, text) => writeWhole(join(dir, name), text, readable),
    close: () => lock.release(),
  };
}

/** What was asked for when the comparison in that folder was begun. */
export function commandIn(dir: string): unknown {
  try {
    return JSON.parse(readFileSync(join(resolve(dir), names.command), "utf8"));
  } catch (error) {
    throw noComparison(resolve(dir), error);
  }
}

export function readDesign(dir: string): { readonly design: Design; readonly digest: string } {
  let data: unknown;
  try {
    data = JSON.parse(readFileSync(join(dir, names.design), "utf8"));
  } catch (error) {
    throw noComparison(dir, error);
  }
  const parsed = designSchema.safeParse(data);
  if (!parsed.success) throw noComparison(dir, new Error(`${names.design}: ${parsed.error.issues[0]?.path.join(".")}: ${parsed.error.issues[0]?.message}`));
  return { design: parsed.data, digest: digestOf(parsed.data) };
}

export function readTrials(dir: string): readonly Trial[] {
  const path = join(dir, names.trials);
  return existsSync(path) ? parseTrialsCsv(readFileSync(path, "utf8")) : [];
}

/** The strips of trials whose results are in that folder. */
export const stripsOf = (dir: string, trials: readonly Trial[]): readonly TrialStrip[] => trials.flatMap(({ results }) => stripIn(join(dir, results)));

const stripIn = (folder: string): readonly TrialStrip[] => {
  const path = join(folder, names.strip);
  if (!existsSync(path)) return [];
  try {
    return [JSON.parse(readFileSync(path, "utf8")) as TrialStrip];
  } catch {
    return []; // it is a picture: no figure is made of it
  }
};

/**
 * Results of a trial that was cut off are no trial's: it is run again. Its strip is written just before its row, so that one strip without a row may be there; more
 * than one, and it is trials.csv that has lost something.
 */
function dropCut(dir: string, trials: readonly Trial[]): void {
  const kept = new Set(trials.map(({ results }) => basename(results)));
  const cut = readdirSync(join(dir, names.runs), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && !kept.has(entry.name))
    .map(({ name }) => join(dir, names.runs, name));
  const over = cut.filter((folder) => existsSync(join(folder, names.strip)));
  if (over.length > 1)
    throw new FlounderError(
      "environment",
      `${join(dir, names.trials)} lacks ${over.length} trials that were over: ${over.map((folder) => basename(folder)).join(", ")}`,
      "put back the file that you had; or move these folders away, and they are run again",
    );
  for (const folder of cut) rmSync(folder, { recursive: true, force: true });
}

function makeFolder(dir: string): void {
  try {
    mkdirSync(dir, { recursive: true });
    chmodSync(dir, 0o755); // its lock is ours alone
  } catch (error) {
    throw new FlounderError(
      "environment",
      `results folder ${dir} cannot be written: ${(error as Error).message}`,
      "give a folder that you may write with --results DIR",
      {
        cause: error,
      },
    );
  }
}

function locked(dir: string): Lock {
  const lock = lockFile(join(dir, names.lock));
  if (lock) return lock;
  throw new FlounderError("owned", `another comparison is at work in ${dir}`, "wait for it, or end it with Ctrl-C in its terminal; then --resume");
}

const noComparison = (dir: string, cause: unknown) =>
  new FlounderError(
    "usage",
    `${dir} is not the folder of a comparison: ${(cause as NodeJS.ErrnoException).code === "ENOENT" ? "it has no design.json" : (cause as Error).message}`,
    `give a folder that flounder compare has made below ${dirname(dir)}`,
    { cause },
  );

/** The first things that two designs do not have in common, in words. */
function differing(was: Design, is: Design): string {
  const keys = (Object.keys(is) as (keyof Design)[]).filter((key) => key !== "order" && digestOf(was[key] ?? null) !== digestOf(is[key] ?? null));
  const say = (value: unknown) => (typeof value === "object" ? JSON.stringify(value).slice(0, 80) : String(value));
  return keys.length === 0
    ? "the order of its trials"
    : keys
        .slice(0, 3)
        .map((key) => `${key} was ${say(was[key])}, is ${say(is[key])}`)
        .join("; ");
}
