/**
 * What suites ran, told to whoever reports: a line of JSON per run, into the file that FLOUNDER_SUITE_LOG names. A file, since mocha's parallel mode runs
 * suites in other processes than its reporter.
 */
import { appendFileSync, existsSync, readFileSync } from "node:fs";
import type { Plan, Result } from "../core.js";
import { type FinishedRun, reportOf } from "./finished-run.js";

export interface LoggedRun {
  /** The full title of the test that ran it, where that is known. */
  readonly test?: string;
  readonly result: Result;
  readonly name: string;
  readonly seed: number;
  readonly planDigest: string;
  readonly engine: string;
  readonly profile: string;
  readonly timeFactor: number;
  readonly report: string;
  /** The command that does it again. */
  readonly repro: string;
}

const variable = "FLOUNDER_SUITE_LOG";
export const openRunLog = (path: string): void => {
  process.env[variable] = path;
};

let current: string | undefined;
/** Which test is under way; undefined: none is known. */
export const nowTesting = (title: string | undefined): void => {
  current = title;
};

export function logRun(run: FinishedRun, plan: Plan, repro: string): void {
  const path = process.env[variable];
  if (!path) return;
  const logged: LoggedRun = {
    ...(current === undefined ? {} : { test: current }),
    result: run.result,
    name: plan.name,
    seed: plan.seed,
    planDigest: plan.digest,
    engine: plan.engine,
    profile: plan.foundation.profile,
    timeFactor: plan.foundation.timeFactor,
    report: reportOf(run),
    repro,
  };
  appendFileSync(path, `${JSON.stringify(logged)}\n`);
}

/** A line that a kill cut is left out. */
export function readRunLog(path: string): readonly LoggedRun[] {
  if (!existsSync(path)) return [];
  const lines = readFileSync(path, "utf8").split("\n").slice(0, -1);
  return lines.map((line) => JSON.parse(line) as LoggedRun);
}
