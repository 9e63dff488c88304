/**
 * The public API of chaos suites for mocha: `foundation("org")` in a describe, `org.hurt(fault, on, forS)` in an it.
 * The foundation is up before the first test and reaped after the last, whatever happens in between. The same without mocha: suites/live.ts.
 */
import type { Suite, Test } from "mocha";
import type { Act, Capability, Client, Fault, Must, Scenario, Selector, TargetSystem } from "./core.js";
import { FlounderError } from "./errors.js";
import { loadEngine } from "./registry.js";
import { act } from "./scenario.js";
import { hasFailed } from "./suites/failed.js";
import type { FinishedRun } from "./suites/finished-run.js";
import { type FoundationOptions, type LiveFoundation, type RunOptions, up } from "./suites/live.js";
import { nowTesting } from "./suites/run-log.js";
import type { Seconds } from "./suites/seconds.js";

export type { FinishedRun, PlaneOutcome } from "./suites/finished-run.js";
export { InconclusiveRun } from "./suites/inconclusive.js";
export type { FoundationOptions } from "./suites/live.js";
export { act };

export interface SuiteFoundation {
  /** Where results go; only between before and after, unless the options name it. */
  readonly results: string;
  /** Only between before and after. */
  client(): Client;
  system(): TargetSystem;
  /** Steady before, this fault on these targets for so long, healed, steady after: then judged. */
  hurt<C extends Capability, O>(fault: Fault<C, O>, on: Selector, lasting: Seconds, options?: Partial<O>): Promise<FinishedRun>;
  /** A scenario by name, file or value, on this foundation; or several acts with musts of their own. Acts that a playbook ends need one. */
  run(scenario: Scenario | string, options?: RunOptions): Promise<FinishedRun>;
  run(name: string, acts: readonly Act[], must: readonly Must[], options?: RunOptions): Promise<FinishedRun>;
  /** Breaks nothing. Measures for so long, or while your own function works. */
  measure(what: Seconds | (() => Promise<unknown>)): Promise<FinishedRun>;
}

interface HookContext {
  timeout(ms: number): unknown;
  readonly currentTest?: Test;
  readonly test?: { readonly parent?: Suite };
}
type Hook = (body: (this: HookContext) => Promise<void> | void) => void;

/** Those of the mocha that runs the file, in its BDD or TDD words: another copy would hook nothing. */
function hooks(): Readonly<Record<"before" | "after" | "beforeEach", Hook>> {
  const { before, after, beforeEach, suiteSetup, suiteTeardown, setup } = globalThis as unknown as Readonly<Record<string, Hook | undefined>>;
  const [first, last, each] = [before ?? suiteSetup, after ?? suiteTeardown, beforeEach ?? setup];
  if (first && last && each) return { before: first, after: last, beforeEach: each };
  throw new FlounderError(
    "usage",
    "foundation() was called outside of mocha: there is no before()",
    "run the file with mocha; elsewhere use up() of flounder/live",
  );
}

const bootTimeoutMs = 120_000;

/** Call it inside a describe: it registers the hooks that bring the foundation up and down. */
export function foundation(profile: string, options: FoundationOptions = {}): SuiteFoundation {
  const { before, after, beforeEach } = hooks();
  let live: LiveFoundation | undefined;
  const now = () => {
    if (!live) throw new FlounderError("usage", `the foundation "${profile}" is not up`, "use it inside of it(), in the describe that called foundation()");
    return live;
  };
  before(async function () {
    this.timeout(bootTimeoutMs);
    live = await up(profile, options);
  });
  beforeEach(function () {
    nowTesting(this.currentTest?.fullTitle());
  });
  after(async function () {
    this.timeout(bootTimeoutMs);
    nowTesting(undefined);
    const suite = this.test?.parent;
    live?.keepResults(suite === undefined || hasFailed(suite));
    await live?.[Symbol.asyncDispose]();
    live = undefined;
  });
  return {
    get results() {
      return now().results;
    },
    client: () => now().client,
    system: () => now().system,
    hurt: (...given) => now().hurt(...given),
    run: ((...given: Parameters<LiveFoundation["run"]>) => now().run(...given)) as LiveFoundation["run"],
    measure: (what) => now().measure(what),
  };
}

/** What this machine lacks for an engine, as one text; empty if nothing. Suites say it instead of skipping silently. */
export async function lacking(engine: string = "local"): Promise<string> {
  return (await (await loadEngine(engine)).check()).map(({ what, hint }) => `${what} (${hint})`).join("; ");
}
