/**
 * The public API of chaos tests as plain functions, for any test framework and for scripts:
 * `await using live = await up("micro")`, then `live.hurt(…)`, `live.run(…)`, `live.measure(…)`. What is left of it is ended when it is disposed of, or its process dies.
 */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join, resolve } from "node:path";
import type { Act, Capability, Client, Fault, Must, Playbook, Scenario, Selector, TargetSystem } from "../core.js";
import { FlounderError } from "../errors.js";
import { connect } from "../keeper/start.js";
import { loadScenario, loadTarget } from "../registry.js";
import { act } from "../scenario.js";
import { attachForNow } from "../session/attach.js";
import { held, raise } from "../session/foundation.js";
import { runSession } from "../session/session.js";
import { passingName } from "../state/foundation.js";
import { type FinishedRun, finishedRun } from "./finished-run.js";
import { logRun } from "./run-log.js";
import { type Seconds, secondsOf } from "./seconds.js";
import { whileHeld } from "./while-held.js";

export type { FinishedRun, PlaneOutcome } from "./finished-run.js";
export { InconclusiveRun } from "./inconclusive.js";
export type { Seconds } from "./seconds.js";
export { act };

export interface FoundationOptions {
  readonly engine?: string;
  /** The system under test; absent: the default one. */
  readonly target?: string;
  /** Default: the profile's own. */
  readonly timeFactor?: number;
  readonly policy?: Readonly<Record<string, string>>;
  readonly seed?: number;
  /** The name of a foundation that is up already (`flounder up --name`); it is healed, not ended. Its own profile, engine and factor count. */
  readonly attach?: string;
  /** For a Compose project: its config. Default: flounder.config.ts, .mjs or .js of this folder. */
  readonly config?: string;
  /** A run that proved nothing is tried so many times again; never one that failed. Default 0. */
  readonly retries?: number;
  /** Where results go; default: a folder below the system's temp folder that is removed when every run has passed. */
  readonly results?: string;
  /** Progress lines; default: none. */
  readonly say?: (line: string) => void;
}
export interface RunOptions {
  /** A playbook's name, file or value; default: the scenario's own. */
  readonly playbook?: Playbook | string;
  readonly seed?: number;
}

export interface LiveFoundation extends AsyncDisposable {
  readonly client: Client;
  readonly system: TargetSystem;
  /** The folder of results; made when it is first needed. */
  readonly results: string;
  /** Steady before, this fault on these targets for so long, healed, steady after: then judged. */
  hurt<C extends Capability, O>(fault: Fault<C, O>, on: Selector, lasting: Seconds, options?: Partial<O>): Promise<FinishedRun>;
  /** A scenario by name, file or value, on this foundation; or acts with musts of their own. */
  run(scenario: Scenario | string, options?: RunOptions): Promise<FinishedRun>;
  run(name: string, acts: readonly Act[], must: readonly Must[], options?: RunOptions): Promise<FinishedRun>;
  /** Breaks nothing. Measures for so long, or while your own function works (a deployment, a fail-over; at most 10 minutes). */
  measure(what: Seconds | (() => Promise<unknown>)): Promise<FinishedRun>;
  /** Whether a results folder that nobody named stays, whatever its runs found. */
  keepResults(keep: boolean): void;
}

const longestWorkS = 600;

/** Brings a foundation up, or attaches to one that is up. "compose:PROJECT" instead of a profile: takes a Docker Compose project that is up, and lets go of it at the end. */
export async function up(profile: string, options: FoundationOptions = {}): Promise<LiveFoundation> {
  const say = options.say ?? (() => {});
  const client = await clientFor(profile, options, say);
  const facts = await client.facts();
  const system = await loadTarget(facts.system);
  const foundation = { profile: facts.profile, timeFactor: facts.timeFactor, policy: options.policy ?? {} };
  let made: string | undefined;
  // Not before it is needed: a suite whose tests are skipped leaves nothing behind.
  const results = () => {
    made ??= resolve(options.results ?? mkdtempSync(join(tmpdir(), "flounder-suite-")));
    return made;
  };
  /** Whoever named no folder for results wants them only where something went wrong. */
  let keep = false;

  const once = async (scenario: Scenario, { playbook, seed = options.seed ?? 1 }: RunOptions, earlier: readonly FinishedRun[]) => {
    const { verdict, folder, plan, about } = await runSession({
      work: { scenario, target: system.name, seed, ...(playbook === undefined ? {} : { playbook }) },
      foundation: held(client),
      resultsDir: results(),
      observers: [{ say }],
    });
    const finished = finishedRun(verdict, folder, earlier);
    keep ||= finished.result !== "pass";
    logRun(finished, plan, about.repro);
    return finished;
  };
  const play = async (given: Scenario, how: RunOptions): Promise<FinishedRun> => {
    const earlier: FinishedRun[] = [];
    for (;;) {
      const finished = await once({ ...given, foundation }, how, [...earlier]);
      if (finished.result !== "inconclusive" || earlier.length >= (options.retries ?? 0)) return finished;
      earlier.push(finished);
    }
  };
  const ofActs = (name: string, acts: readonly Act[], must: readonly Must[], playbook?: Playbook | string): Scenario => ({
    ...{ name, says: `suite: ${name}`, foundation, acts, must },
    giveUpS: 60 + acts.reduce((sum, one) => sum + one.forS + 30, 0),
    ...(playbook === undefined ? {} : { playbook: typeof playbook === "string" ? playbook : playbook.name }),
  });

  const live: LiveFoundation = {
    client,
    system,
    get results() {
      return results();
    },
    hurt(fault, on, lasting, faultOptions = {}) {
      const forS = secondsOf(lasting, `hurt(${fault.name})`);
      return play(ofActs(fault.name, [act(fault, on, { id: fault.name, forS }, faultOptions)], []), {});
    },
    async run(what: Scenario | string, second: RunOptions | readonly Act[] = {}, must: readonly Must[] = [], last: RunOptions = {}) {
      if (!isActs(second)) return play(typeof what === "string" ? (await loadScenario(what, system.name)).scenario : what, second);
      if (typeof what !== "string") throw new FlounderError("usage", "run() was given a scenario and acts", "run(scenario), or run(name, acts, must)");
      return play(ofActs(what, second, must, last.playbook), last);
    },
    async measure(what) {
      const [first] = await client.targets();
      const forS = typeof what === "function" ? longestWorkS : secondsOf(what, "measure");
      const id = "measure";
      const one: Act = { id, fault: "noop", options: {}, on: { of: first!.name, pick: "one" }, forS };
      const run = () => play(ofActs(id, [one], []), {});
      return typeof what === "function" ? whileHeld(client, id, what, run) : run();
    },
    keepResults(wanted) {
      keep = wanted;
    },
    async [Symbol.asyncDispose]() {
      if (client.owned) await client.down();
      else await client[Symbol.asyncDispose]();
      if (options.results === undefined && made !== undefined && !keep) rmSync(made, { recursive: true, force: true });
    },
  };
  return live;
}

const isActs = (value: RunOptions | readonly Act[]): value is readonly Act[] => Array.isArray(value);

async function clientFor(profile: string, options: FoundationOptions, say: (line: string) => void): Promise<Client> {
  if (options.attach !== undefined) return connect(options.attach, { lease: true });
  return profile.startsWith("compose:") ? attachForNow(profile, options.config, say) : bringUp(profile, options, say);
}

async function bringUp(profile: string, options: FoundationOptions, say: (line: string) => void): Promise<Client> {
  const system = await loadTarget(options.target);
  const { engine = "local", timeFactor = system.timeFactorOf(profile), policy = {} } = options;
  return raise({ id: passingName(`suite-${profile}`), system, profile, timeFactor, policy, engine }, say);
}
