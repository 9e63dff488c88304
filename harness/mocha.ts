/**
 * The public API of chaos suites: `foundation("org")` in a describe, `org.hurt(fault, on, forS)` in an it.
 * The foundation is up before the first test and reaped after the last, whatever happens in between.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { after, before } from "mocha";
import type { Act, Capability, Client, Fault, Must, Plane, Playbook, Result, Selector, TargetSystem, Vantage, Verdict } from "./core.js";
import { FlounderError } from "./errors.js";
import { passingName } from "./foundation.js";
import { loadEngine, loadTarget } from "./registry.js";
import { act } from "./scenario.js";
import { held, raise } from "./session/foundation.js";
import { runSession } from "./session/session.js";
import { hasFailed } from "./suites/failed.js";

export { act };

export interface FoundationOptions {
  readonly engine?: "local" | "compose";
  readonly target?: string;
  /** Default: the profile's own. */
  readonly timeFactor?: number;
  readonly policy?: Readonly<Record<string, string>>;
  readonly seed?: number;
  /** Where the results of each `hurt` go; default: a folder below the system's temp folder, named in `results`, that is removed when every test has passed. */
  readonly results?: string;
}

/** What one `hurt` found. */
export interface Hurt {
  readonly result: Result;
  /** Seconds without service, as bounds, over the whole run from the injection on. */
  lost(plane: Plane, from: Vantage): { readonly loS: number; readonly hiS: number };
  /** Acknowledged writes that were gone afterwards. */
  readonly missingWrites: readonly string[];
  readonly verdict: Verdict;
  /** The results folder: report.html is in it. */
  readonly dir: string;
}

export interface SuiteFoundation {
  /** The folder of results; made when the foundation comes up, or when it is first asked for. */
  readonly results: string;
  /** Only between before and after. */
  client(): Client;
  system(): TargetSystem;
  /** Steady before, this fault on these targets for forS seconds, healed, steady after: then judged. */
  hurt<C extends Capability, O>(fault: Fault<C, O>, on: Selector, forS: number, options?: Partial<O>): Promise<Hurt>;
  /** Several acts with musts of their own, for what `hurt` is too small for; acts that a playbook ends need one. */
  run(name: string, acts: readonly Act[], must: readonly Must[], how?: { readonly playbook?: Playbook; readonly seed?: number }): Promise<Hurt>;
}

const bootTimeoutMs = 120_000;

/** Call it inside a describe: it registers the hooks that bring the foundation up and down. */
export function foundation(profile: string, options: FoundationOptions = {}): SuiteFoundation {
  const engine = options.engine ?? "local";
  const timeFactorOf = (system: TargetSystem) => options.timeFactor ?? system.timeFactorOf(profile);
  const policy = options.policy ?? {};
  let made: string | undefined;
  // Not before it is needed: a suite that is skipped leaves nothing behind.
  const results = () => {
    made ??= options.results ?? mkdtempSync(join(tmpdir(), "flounder-suite-"));
    return made;
  };
  let live: { client: Client; system: TargetSystem } | undefined;
  const up = () => {
    if (!live) throw new FlounderError("usage", `the foundation "${profile}" is not up`, "use it inside of it(), in the describe that called foundation()");
    return live;
  };
  before(async function () {
    this.timeout(bootTimeoutMs);
    const system = await loadTarget(options.target ?? "foundry");
    const id = passingName(`suite-${profile}`);
    live = { client: await raise({ id, system, profile, timeFactor: timeFactorOf(system), policy, engine }, () => {}), system };
  });
  after(async function () {
    this.timeout(bootTimeoutMs);
    await live?.client.down();
    live = undefined;
    // Whoever named no folder for results wants them only where something went wrong.
    const suite = this.test?.parent;
    if (options.results === undefined && made !== undefined && suite && !hasFailed(suite)) rmSync(made, { recursive: true, force: true });
  });

  const suite: SuiteFoundation = {
    get results() {
      return results();
    },
    client: () => up().client,
    system: () => up().system,
    hurt: (fault, on, forS, faultOptions = {}) => suite.run(fault.name, [act(fault, on, { id: fault.name, forS }, faultOptions)], []),
    async run(name, acts, must, { playbook, seed } = {}) {
      const { client, system } = up();
      const scenario = {
        name,
        says: `suite: ${name}`,
        foundation: { profile, timeFactor: timeFactorOf(system), policy },
        acts,
        must,
        giveUpS: 60 + acts.reduce((sum, one) => sum + one.forS + 30, 0),
        ...(playbook ? { playbook: playbook.name } : {}),
      };
      const { verdict, folder } = await runSession({
        work: { scenario, target: system.name, seed: seed ?? options.seed ?? 1, playbook },
        foundation: held(client),
        resultsDir: results(),
      });
      const over = verdict.lostS;
      return {
        result: verdict.result,
        lost: (plane, from) => ({ loS: over[plane][from].lo, hiS: over[plane][from].hi }),
        missingWrites: verdict.ledger.missing,
        verdict,
        dir: folder,
      };
    },
  };
  return suite;
}

/** What this machine lacks for an engine, as one text; empty if nothing. Suites say it instead of skipping silently. */
export async function lacking(engine: "local" | "compose" = "local"): Promise<string> {
  return (await (await loadEngine(engine)).check()).map(({ what, hint }) => `${what} (${hint})`).join("; ");
}
