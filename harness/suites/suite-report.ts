/** What a suite's tests came to: the one source of JUnit, CTRF and step summary. Pure data. */
import type { LoggedRun } from "./run-log.js";

/** inconclusive: nothing was proved. flaky: it failed, and passed when it was tried again. skipped: on purpose. not-run: something before it failed. */
export type TestStatus = "pass" | "fail" | "inconclusive" | "flaky" | "skipped" | "not-run";

export interface Trouble {
  readonly kind: "fail" | "inconclusive";
  readonly message: string;
  readonly detail: string;
}
export interface TestReport {
  /** Titles of its suites, outermost first; its own. */
  readonly suite: readonly string[];
  readonly title: string;
  readonly file: string;
  readonly durationMs: number;
  readonly status: TestStatus;
  /** What it ended with; absent where it passed. */
  readonly trouble?: Trouble;
  /** Attempts before the last one. */
  readonly attempts: readonly Trouble[];
  readonly runs: readonly LoggedRun[];
}
export interface SuiteReport {
  readonly flounder: string;
  readonly fromMs: number;
  readonly toMs: number;
  readonly tests: readonly TestReport[];
}

/** Anything that a test threw. */
export function troubleOf(error: unknown): Trouble {
  const { name, message, stack } = (typeof error === "object" && error !== null ? error : { message: String(error) }) as Partial<Error>;
  const kind = name === "InconclusiveRun" ? "inconclusive" : "fail";
  return { kind, message: String(message ?? error).split("\n")[0]!, detail: String(stack ?? message ?? error) };
}

export const count = (report: SuiteReport, ...statuses: readonly TestStatus[]): number => report.tests.filter(({ status }) => statuses.includes(status)).length;

/** How to run again what each test that is not green ran, and what for. */
export const repros = (report: SuiteReport): readonly string[] => [
  ...new Set(
    report.tests
      .filter(({ status }) => status === "fail" || status === "inconclusive" || status === "flaky")
      .flatMap(({ runs }) => (runs.at(-1) ? [`Repro: ${runs.at(-1)!.repro}`] : [])),
  ),
];
