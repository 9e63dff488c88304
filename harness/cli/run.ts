/** flounder run: plans, brings a foundation up (or takes one that is up), runs, judges, reports, ends what it started. */
import { accessSync, constants, existsSync, readFileSync, statSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { type Command, Option } from "commander";
import { nowUs } from "../clock.js";
import type { Client, Plan, Playbook, Result, TargetInfo, TargetSystem } from "../core.js";
import { FlounderError } from "../errors.js";
import { isProtected, newFoundation, passingName } from "../foundation.js";
import { startKeeper } from "../keeper/start.js";
import { plannedCalibration } from "../measure/calibration.js";
import { makePlan, readPlan } from "../plan.js";
import { loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget, version } from "../registry.js";
import { serveMetrics } from "../report/exposition.js";
import { counted, RunMetrics } from "../report/run-metrics.js";
import { liveView } from "../report/terminal.js";
import { run } from "../run.js";
import { checkScenario } from "../scenario.js";
import { engineOption, jsonOption, open, playbookOption, positive, say, seedOption, whole } from "./options.js";

export const exitOf: Readonly<Record<Result, number>> = { pass: 0, fail: 1, inconclusive: 2, aborted: 3 };

export interface PlanFlags {
  readonly seed: number;
  readonly engine: "local" | "compose";
  readonly profile?: string;
  readonly timeFactor?: number;
  readonly playbook?: string;
}
interface RunFlags extends PlanFlags {
  readonly foundation?: string;
  readonly approve?: string;
  readonly portBase?: number;
  readonly results: string;
  readonly metrics?: number;
  readonly json?: boolean;
}
export interface Planned {
  readonly plan: Plan;
  readonly system: TargetSystem;
  readonly playbook: Playbook | undefined;
}

/** A plan from a scenario's name or file, or from a plan's JSON file, with the system that it is for. */
export async function planFor(what: string | undefined, flags: PlanFlags, live?: readonly TargetInfo[]): Promise<Planned> {
  if (what?.endsWith(".json")) {
    if (flags.playbook !== undefined)
      throw new FlounderError(
        "usage",
        `--playbook ${flags.playbook} with a plan file: a plan has its playbook already`,
        "make another: flounder plan SCENARIO --playbook NAME > plan.json",
      );
    const path = resolve(what);
    if (!existsSync(path)) throw new FlounderError("usage", `plan file ${path} does not exist`, "make it with: flounder plan SCENARIO --seed N > plan.json");
    const plan = readPlan(readFileSync(path, "utf8"), path);
    return { plan, system: await loadTarget(plan.system), playbook: plan.playbook === undefined ? undefined : await loadPlaybook(plan.playbook, plan.system) };
  }
  const { scenario: loaded, system: systemName } = await loadScenario(what ?? (await loadTarget("foundry")).defaultScenario);
  const system = await loadTarget(systemName);
  const found = checkScenario(flags.playbook ? { ...loaded, playbook: flags.playbook } : loaded, what ?? loaded.name);
  const foundation = {
    ...found.foundation,
    ...(flags.profile ? { profile: flags.profile } : {}),
    ...(flags.timeFactor ? { timeFactor: flags.timeFactor } : {}),
  };
  const playbook = found.playbook === undefined ? undefined : await loadPlaybook(found.playbook, systemName);
  const scenario = { ...found, foundation, ...(playbook ? { playbook: playbook.name } : {}) };
  const targets =
    live ?? (await (await loadEngine(flags.engine)).targets(system.topology(foundation.profile, foundation.timeFactor, foundation.policy ?? {}), system));
  const faults = await loadFaults();
  const calibration = plannedCalibration();
  return { plan: makePlan({ scenario, seed: flags.seed, system, engine: flags.engine, faults, targets, playbook, calibration }), system, playbook };
}

export function register(program: Command): void {
  program
    .command("run")
    .argument("[scenario]", "a scenario's name or file, or a plan.json")
    .description("breaks a foundation by a scenario, measures, heals and judges (exit 0 pass, 1 fail, 2 inconclusive, 3 aborted)")
    .addOption(seedOption())
    .addOption(engineOption())
    .addOption(new Option("--profile <name>", "instead of the scenario's"))
    .addOption(new Option("--time-factor <n>", "instead of the scenario's").argParser(positive))
    .addOption(playbookOption())
    .addOption(new Option("-f, --foundation <name>", "a foundation that is up already; it is healed, not ended"))
    .addOption(new Option("--approve <digest>", "the plan's digest, for a foundation made with up --protect"))
    .addOption(new Option("--port-base <n>", "first port of the foundation's block").argParser(whole))
    .addOption(new Option("--results <dir>", "where results go").default("results"))
    .addOption(new Option("--metrics <port>", "serves Prometheus /metrics on 127.0.0.1 while it runs; 0 takes a free port").argParser(whole))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder run four-cuts --seed 7")
    .action(async (what: string | undefined, flags: RunFlags) => {
      refuseUnwritable(resolve(flags.results));
      let metrics: RunMetrics | undefined;
      const served = flags.metrics === undefined ? undefined : await serveMetrics(flags.metrics, () => metrics?.text() ?? "");
      if (served) say(`metrics at http://127.0.0.1:${served.port}/metrics`);
      const abort = abortOnSignals();
      const attached = flags.foundation === undefined ? undefined : await open(flags.foundation, { lease: true, write: true });
      let client: Client | undefined = attached;
      let ended: Promise<void> | undefined;
      /** Once: a foundation of this run is ended, any other is only let go. */
      const end = async () => {
        ended ??= client?.owned ? client.down() : Promise.resolve(client?.[Symbol.asyncDispose]());
        await ended;
      };
      try {
        const facts = await attached?.facts();
        const { plan, system, playbook } = await planFor(
          what,
          facts ? { ...flags, profile: facts.profile, timeFactor: facts.timeFactor } : flags,
          await attached?.targets(),
        );
        if (attached) refuseUnapproved(attached.id, plan, flags.approve);
        client ??= await bringUp(plan, system, flags.portBase);
        const zeroUs = nowUs();
        metrics = new RunMetrics(plan);
        const view = liveView(plan, process.stderr);
        const outcome = await run({
          plan,
          system,
          playbook,
          client,
          resultsDir: resolve(flags.results),
          live: served ? counted(view, metrics) : view,
          version: await version(),
          signal: abort.signal,
          zeroUs,
          ending: end,
        });
        if (flags.json) process.stdout.write(`${JSON.stringify(outcome.verdict, null, 2)}\n`);
        process.exitCode = Math.max(Number(process.exitCode ?? 0), exitOf[outcome.verdict.result]);
      } finally {
        await end();
        served?.close();
        abort.off();
      }
    });
}

async function bringUp(plan: Plan, system: TargetSystem, portBase: number | undefined): Promise<Client> {
  const { profile, timeFactor, policy } = plan.foundation;
  const engine = plan.engine as "local" | "compose";
  await refuseTrouble(engine);
  const spec = await newFoundation({ id: passingName(plan.name), system, profile, timeFactor, policy: policy ?? {}, engine, portBase });
  return startKeeper(spec, say);
}

/** A foundation made with up --protect takes only a plan that somebody has read: its digest is the signature. */
function refuseUnapproved(id: string, plan: Plan, approved: string | undefined): void {
  if (!isProtected(id) || approved === plan.digest) return;
  throw new FlounderError(
    "refused",
    `the foundation "${id}" is protected, and ${approved ? `--approve ${approved} is not` : "nobody has approved"} this plan's digest ${plan.digest}`,
    `read it: flounder plan ${plan.name} --seed ${plan.seed}; then add --approve ${plan.digest}`,
  );
}

/** Before anything is started: the results folder, or the nearest one above it that exists, must be a folder that we may write. */
function refuseUnwritable(dir: string): void {
  let above = dir;
  while (!existsSync(above) && dirname(above) !== above) above = dirname(above);
  try {
    if (!statSync(above).isDirectory()) throw new Error(`${above} is no folder`);
    accessSync(above, constants.W_OK);
  } catch (error) {
    throw new FlounderError(
      "environment",
      `results folder ${dir} cannot be written: ${(error as Error).message}`,
      "give a folder that you may write with --results DIR",
      { cause: error },
    );
  }
}

/** Every missing thing before anything is started: the first one is the error, doctor shows all. */
export async function refuseTrouble(engine: string): Promise<void> {
  const [first, ...more] = await (await loadEngine(engine)).check();
  if (first) throw new FlounderError("environment", first.what + (more.length > 0 ? ` (and ${more.length} more: flounder doctor)` : ""), first.hint);
}

/** The first signal aborts and heals; a second one leaves at once: the keeper heals by itself. */
function abortOnSignals(): { signal: AbortSignal; off(): void } {
  const abort = new AbortController();
  const onSignal = (name: NodeJS.Signals) => {
    if (abort.signal.aborted) process.exit(3);
    say(`${name}: healing and ending; once more to leave at once (the keeper heals by itself)`);
    abort.abort(new FlounderError("aborted", `stopped by ${name}`, "run again"));
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return { signal: abort.signal, off: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal) };
}
