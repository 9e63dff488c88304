/**
 * A results folder: results/<utc>-<scenario>-<seed>/ with plan.json, timeline.jsonl and samples.jsonl.gz as the sources; verdict and reports are
 * rebuilt from them. Every stamp in a folder is µs after the run's zero, which the first event records.
 */
import { closeSync, mkdirSync, openSync, readFileSync, renameSync, rmSync, symlinkSync, writeFileSync, writeSync } from "node:fs";
import { basename, join, resolve } from "node:path";
import type { z } from "zod";
import { canonical, sorted } from "../canonical.js";
import { eventSchema } from "../core/event.js";
import { loadRowSchema } from "../core/load.js";
import { sampleSchema } from "../core/sample.js";
import { firstIssue, type Shape } from "../core/shape.js";
import type { Event, Plan, Verdict } from "../core.js";
import { FlounderError } from "../errors.js";
import { judgement } from "../judge/judge.js";
import { readPlan } from "../planning/plan.js";
import { junit } from "../report/junit.js";
import { markdown } from "../report/markdown.js";
import { type RunRecord, story } from "../report/story.js";
import { type Unpacked, unpackMembers } from "./gzip-members.js";

export const files = {
  plan: "plan.json",
  timeline: "timeline.jsonl",
  samples: "samples.jsonl.gz",
  /** Absent without a load. */
  load: "load.jsonl",
  verdict: "verdict.json",
  html: "report.html",
  markdown: "report.md",
  junit: "junit.xml",
  logs: "logs",
} as const;

export interface Results {
  /** Absolute. */
  readonly dir: string;
  /** Where the prober writes its samples. */
  readonly samplesFile: string;
  /** Where logs of components are copied to; exists. */
  readonly logsDir: string;
  /** Appends one line that survives the death of this process at once. Stamps relative to zero. */
  event(event: Event): void;
  /** Replaces plan.json: a facilitator has let an unplanned act begin. */
  plan(plan: Plan): void;
  close(): void;
}

/**
 * Makes the folder, writes plan.json and points `latest` at it.
 * Throws FlounderError "environment" when the folder cannot be written.
 */
export function openResults(baseDir: string, plan: Plan, now: Date = new Date()): Results {
  const base = resolve(baseDir);
  try {
    mkdirSync(base, { recursive: true });
    const dir = makeDir(base, `${utc(now)}-${plan.name}-${plan.seed}`);
    mkdirSync(join(dir, files.logs));
    writeFileSync(join(dir, files.plan), canonical(plan));
    const timeline = openSync(join(dir, files.timeline), "ax");
    pointLatest(base, basename(dir));
    return {
      dir,
      samplesFile: join(dir, files.samples),
      logsDir: join(dir, files.logs),
      event: (event) => void writeSync(timeline, `${JSON.stringify(sorted(event))}\n`),
      plan: (next) => replace(join(dir, files.plan), canonical(next)),
      close: () => closeSync(timeline),
    };
  } catch (error) {
    throw new FlounderError(
      "environment",
      `results folder ${base} cannot be written: ${(error as NodeJS.ErrnoException).code ?? (error as Error).message}`,
      "give a folder that you may write with --results DIR",
      { cause: error },
    );
  }
}

/** 20110425T124500Z: sorts by time, and is a file name everywhere. */
const utc = (now: Date): string => now.toISOString().replace(/[-:]|\.\d+/g, "");

/** Two runs of one second get two folders. */
function makeDir(base: string, name: string): string {
  for (let n = 1; ; n++) {
    const dir = join(base, n === 1 ? name : `${name}-${n}`);
    try {
      mkdirSync(dir);
      return dir;
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== "EEXIST") throw error;
    }
  }
}

/** rename() replaces the old link in one step: whoever reads `latest` finds the old run or the new one, never nothing. */
function pointLatest(base: string, name: string): void {
  const draft = join(base, `.latest-${process.pid}-${name}`);
  rmSync(draft, { force: true });
  symlinkSync(name, draft);
  renameSync(draft, join(base, "latest"));
}

/**
 * Samples are in the order in which probers wrote them: several may have written one file, each a member per second. Throws FlounderError "environment"
 * for a missing file and "plan" for a broken one; what a killed writer cut off is accepted and reported.
 */
export function readResults(dir: string): RunRecord {
  const plan = readPlan(read(dir, files.plan).toString("utf8"), join(dir, files.plan));
  const timeline = lines(read(dir, files.timeline).toString("utf8"), join(dir, files.timeline), eventSchema);
  const packed = unpack(read(dir, files.samples, true), join(dir, files.samples));
  const samples = lines(packed.text, join(dir, files.samples), sampleSchema);
  const load = lines(read(dir, files.load, true).toString("utf8"), join(dir, files.load), loadRowSchema);
  return {
    plan,
    events: timeline.rows,
    samples: samples.rows,
    load: load.rows,
    cuts: [
      ...(timeline.cut ? [`the last line of ${files.timeline} was cut and is left out`] : []),
      ...(load.cut ? [`the last line of ${files.load} was cut and is left out`] : []),
      ...sayCuts(packed),
    ],
  };
}

function read(dir: string, name: string, mayBeAbsent = false): Buffer {
  try {
    return readFileSync(join(dir, name));
  } catch (error) {
    if (mayBeAbsent && (error as NodeJS.ErrnoException).code === "ENOENT") return Buffer.alloc(0);
    throw new FlounderError(
      "environment",
      `${join(dir, name)} cannot be read: ${(error as NodeJS.ErrnoException).code}`,
      "give a results folder: flounder judge results/latest",
      { cause: error },
    );
  }
}

/** A line without its newline is what a kill left of it. */
function lines<S extends z.ZodType>(text: string, where: string, schema: S): { rows: Shape<S>[]; cut: boolean } {
  const all = text.split("\n");
  const rest = all.pop()!;
  const rows = all
    .filter((line) => line !== "")
    .map((line, index) => {
      const refuse = (why: string): never => {
        throw new FlounderError("plan", `${where}, line ${index + 1}, ${why}`, "the folder was damaged after the run; run it again");
      };
      let value: unknown;
      try {
        value = JSON.parse(line);
      } catch (error) {
        return refuse(`is not JSON: ${(error as Error).message}`);
      }
      const parsed = schema.safeParse(value);
      // As it was written: fields that a later version adds are kept.
      return parsed.success ? (value as Shape<S>) : refuse(`is not what it must be: ${firstIssue(parsed.error)}`);
    });
  return { rows, cut: rest !== "" };
}

function unpack(packed: Buffer, where: string): Unpacked {
  try {
    return unpackMembers(packed);
  } catch (error) {
    throw new FlounderError("plan", `${where} is damaged: ${(error as Error).message}`, "only cut members are accepted; run it again", { cause: error });
  }
}

function sayCuts({ cuts, atEnd }: Unpacked): string[] {
  if (cuts === 0) return [];
  if (cuts === 1 && atEnd) return [`the last member of ${files.samples} was cut: at most one second of samples is missing`];
  if (cuts === 1) return [`a member of ${files.samples} was cut: at most one second of one prober's samples is missing`];
  return [`${cuts} members of ${files.samples} were cut: of each, at most one second of one prober's samples is missing`];
}

/**
 * Judges what plan.json, timeline.jsonl and samples.jsonl.gz say, and writes verdict.json, report.html, report.md and junit.xml: the same bytes
 * in any time zone, locale or folder. Throws like readResults, and "environment" when the folder cannot be written.
 */
export async function writeReports(dir: string): Promise<Verdict> {
  const record = readResults(dir);
  const judged = judgement(record.plan, record.events, record.samples, record.load);
  const { verdict } = judged;
  const told = story(record, judged);
  const { html } = await pictures();
  const reports = { [files.verdict]: canonical(verdict), [files.html]: html(told), [files.markdown]: markdown(told), [files.junit]: junit(told) };
  for (const [name, text] of Object.entries(reports)) replace(join(dir, name), text);
  return verdict;
}

/** Loaded by whoever writes reports, not with every command: drawing takes half a second to load. */
const pictures = () => import("../report/html/html.js");
/** Ahead of writeReports(), which loads it again and says what is wrong. */
export const preload = (): void => void pictures().catch(() => {});

/** Whole or not at all: a reader never sees half a report. */
function replace(path: string, text: string): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    writeFileSync(draft, text);
    renameSync(draft, path);
  } catch (error) {
    throw new FlounderError(
      "environment",
      `${path} cannot be written: ${(error as NodeJS.ErrnoException).code}`,
      "make the results folder writable, or judge a copy of it",
      { cause: error },
    );
  }
}
