/**
 * A reporter for mocha: `mocha --reporter flounder/reporter`. The terminal shows what mocha's spec shows. After each test junit.xml and ctrf.json are written anew,
 * whole or not at all, so that a run that is killed leaves what was finished. Options (`--reporter-option name=value`): junit, ctrf (paths; "" for none),
 * annotations=true (GitHub), flakyResult=pass.
 */
import { mkdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join, relative, resolve } from "node:path";
import { root } from "../paths.js";
import { addToStepSummary } from "../report/step-summary.js";
import { suiteCtrf } from "./ctrf.js";
import { annotations, stepSummary } from "./github.js";
import { suiteJunit } from "./junit.js";
import { type LoggedRun, openRunLog, readRunLog } from "./run-log.js";
import { count, repros, type SuiteReport, type TestReport, type TestStatus, type Trouble, troubleOf } from "./suite-report.js";

/** As much of mocha's as is used: 10 to 12 have it alike. */
interface Runnable {
  readonly title: string;
  readonly type?: string;
  readonly file?: string;
  readonly duration?: number;
  readonly state?: string;
  readonly pending?: boolean;
  readonly parent?: Suite;
  titlePath(): string[];
  fullTitle(): string;
}
interface Suite {
  readonly file?: string;
  eachTest(visit: (test: Runnable) => void): void;
}
interface Runner {
  readonly suite: Suite;
  on(event: string, listener: (test: Runnable, error: unknown) => void): void;
}
interface Options {
  readonly reporterOption?: Readonly<Record<string, string | undefined>>;
}
const { Spec } = (createRequire(import.meta.url)("mocha") as { readonly reporters: { readonly Spec: new (runner: Runner, options: Options) => object } })
  .reporters;
const { version } = JSON.parse(readFileSync(join(root, "package.json"), "utf8")) as { readonly version: string };

export default class FlounderReporter extends Spec {
  readonly #options: Readonly<Record<string, string | undefined>>;
  readonly #fromMs = Date.now();
  readonly #tests: TestReport[] = [];
  readonly #attempts = new Map<string, Trouble[]>();
  readonly #log: string;
  #logged = 0;
  /** Why a report could not be written: a full disk ends no test, and no run that lacks it passes. */
  #unwritten: string | undefined;

  constructor(runner: Runner, options: Options) {
    super(runner, options);
    this.#options = options.reporterOption ?? {};
    const { junit, ctrf } = this.#paths();
    // Beside the reports: a run that is killed leaves what it ran with what it found.
    this.#log = resolve(dirname(junit || ctrf || join("results", "junit.xml")), `.runs-${process.pid}.jsonl`);
    mkdirSync(dirname(this.#log), { recursive: true });
    openRunLog(this.#log);
    process.once("exit", () => rmSync(this.#log, { force: true }));
    runner.on("pass", (test) => this.#ended(test, this.#failedBefore(test) ? "flaky" : "pass"));
    runner.on("pending", (test) => this.#ended(test, "skipped"));
    runner.on("fail", (test, error) => this.#ended(test, troubleOf(error).kind, troubleOf(error)));
    runner.on("retry", (test, error) => {
      const title = test.fullTitle();
      this.#attempts.set(title, [...(this.#attempts.get(title) ?? []), troubleOf(error)]);
    });
    runner.on("end", () => {
      this.#notRun(runner.suite);
      this.#finish();
    });
    this.#write();
  }

  /** mocha asks with how many failures the run ends: a flaky test is one, unless it was asked to count as passed. */
  done(failures: number, end: (failures: number) => void): void {
    const flaky = this.#options.flakyResult === "pass" ? 0 : count(this.#report(), "flaky");
    end(failures + flaky + (this.#unwritten === undefined ? 0 : 1));
  }

  #paths(): { readonly junit: string; readonly ctrf: string } {
    const { junit = join("results", "junit.xml"), ctrf = join("results", "ctrf.json") } = this.#options;
    return { junit, ctrf };
  }
  #report = (): SuiteReport => ({ flounder: version, fromMs: this.#fromMs, toMs: Date.now(), tests: this.#tests });
  #failedBefore = (test: Runnable): boolean => this.#attempts.get(test.fullTitle())?.some(({ kind }) => kind === "fail") ?? false;

  #ended(test: Runnable, status: TestStatus, trouble?: Trouble): void {
    const path = test.titlePath();
    const runs = this.#runsOf(test.fullTitle(), trouble?.detail ?? "");
    // An attempt that proved nothing was tried again by the suite itself: its run is here, no error was thrown.
    const open = runs.slice(0, -1).filter(({ result }) => result === "inconclusive");
    this.#tests.push({
      suite: path.slice(0, -1),
      title: path.at(-1) ?? test.title,
      file: relative(process.cwd(), test.file ?? test.parent?.file ?? ""),
      durationMs: test.duration ?? 0,
      status,
      ...(trouble ? { trouble } : {}),
      attempts: [...(this.#attempts.get(test.fullTitle()) ?? []), ...open.map(unproved)],
      runs,
    });
    this.#write();
  }

  /** Those of this test; those that its message is about, which a hook may have run for several; and those since the last test that are nobody's. */
  #runsOf(title: string, detail: string): readonly LoggedRun[] {
    const all = readRunLog(this.#log);
    const own = all.filter(({ test, report }, at) => test === title || detail.includes(report) || (test === undefined && at >= this.#logged));
    this.#logged = all.length;
    return own.map(shownHere);
  }

  /** mocha says nothing of tests that a failed hook, or --bail, kept from running. */
  #notRun(suite: Suite): void {
    suite.eachTest((test) => {
      if (test.state !== undefined || test.pending) return;
      this.#ended(test, "not-run", { kind: "fail", message: "not run: something before it failed, or the run was ended", detail: "" });
    });
  }

  #write(): void {
    const report = this.#report();
    const { junit, ctrf } = this.#paths();
    this.#unwritten = undefined;
    this.#replace(junit, suiteJunit(report));
    this.#replace(ctrf, suiteCtrf(report));
  }
  #replace(path: string, text: string): void {
    if (path === "") return;
    try {
      replace(path, text);
    } catch (error) {
      this.#unwritten = `${path} could not be written, which counts as failed: ${(error as Error).message}`;
    }
  }

  #finish(): void {
    const report = this.#report();
    addToStepSummary(stepSummary(report), (line) => console.log(line));
    if (this.#options.annotations === "true") for (const line of annotations(report)) console.log(line);
    const [flaky, open] = [count(report, "flaky"), count(report, "inconclusive")];
    if (flaky > 0) console.log(`  ${flaky} flaky: failed, and passed when tried again${this.#options.flakyResult === "pass" ? "" : "; counted as failed"}`);
    if (open > 0) console.log(`  ${open} inconclusive: nothing was proved, neither way`);
    for (const line of repros(report)) console.log(line);
    if (this.#unwritten !== undefined) console.log(`  ${this.#unwritten}`);
  }
}

/** GitLab shows attachments by their path in the project; others by any. */
const shownHere = (run: LoggedRun): LoggedRun => (process.env.GITLAB_CI ? { ...run, report: relative(process.cwd(), run.report) } : run);
const unproved = ({ report }: LoggedRun): Trouble => ({
  kind: "inconclusive",
  message: "a run was inconclusive, and was tried again",
  detail: `report: ${report}`,
});

function replace(path: string, text: string): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, text);
  renameSync(draft, path);
}
