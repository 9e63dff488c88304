/**
 * The runner: walks a plan on a live foundation and writes the timeline.
 * 1 routes and prober · 2 settle · 3 steady phase · 4 acts, each healed by the keeper, then recovered and steady again
 * · 5 watch: the delayed-damage window · 6 tidy, ledger, fingerprint · 7 verdict and reports.
 * It decides nothing that the plan has not decided, injects nothing itself, and whatever throws, the keeper heals.
 */
import { release } from "node:os";
import { nowUs, sleep, within } from "../clock.js";
import type { About, Client, Event, EventBody, FoundationFacts, Plan, Sample } from "../core.js";
import { FlounderError } from "../errors.js";
import { nameOf, self } from "../keeper/socket/who.js";
import { loadEnv } from "../load/env.js";
import { type Load, startLoad } from "../load/start.js";
import { thisMachine } from "../measure/calibration.js";
import { Conditions } from "../playbooks/conditions.js";
import { refuseOther } from "../playbooks/planned.js";
import { playProcedures, type Supervise } from "../playbooks/play.js";
import { type Prober, startAtVantages } from "../probes/launch/child.js";
import { Combined } from "../probes/launch/combined.js";
import { startReporter } from "../results/apart.js";
import { openResults } from "../results/results.js";
import { keepAlarms, keepLogs, keepRoutes, relay } from "./feeds.js";
import { foreignDeed } from "./foreign.js";
import type { Observer } from "./observers.js";
import { invalidReasons, type Outcome } from "./outcome.js";
import { OpenActs, type People } from "./people.js";
import type { Planned } from "./planning.js";
import type { Stage } from "./stage.js";
import { SteadyWatch, settled } from "./steady.js";
import { steadyPhase } from "./steady-phase.js";
import { playActs } from "./turbulence.js";

export interface RunInputs {
  readonly planned: Omit<Planned, "notes">;
  readonly client: Client;
  /** The foundation stays when the run is over. */
  readonly attached: boolean;
  readonly resultsDir: string;
  /** The command that does it again, given the results folder. */
  readonly reproIn: (folder: string) => string;
  readonly observer: Required<Observer>;
  readonly version: string;
  /** Aborts the run: heal all, end the watch, judge what there is. */
  readonly signal: AbortSignal;
  /** Ends what the run no longer needs; goes on while the reports are written. */
  readonly ending: () => Promise<void>;
  /** They play, and no playbook is. Absent: the plan's playbook is played. */
  readonly people?: People | undefined;
  /** A person is asked before each step of the playbook, which is played then also where people do. */
  readonly supervise?: Supervise | undefined;
  /** Monotonic µs when boot began. */
  readonly zeroUs: number;
}
/** For what probes made to be removed after a run that went wrong. */
const tidyMs = 20_000;

export async function run(inputs: RunInputs): Promise<Outcome> {
  const { client, observer, zeroUs } = inputs;
  const { system, playbook } = inputs.planned;
  let { plan } = inputs.planned;
  if (inputs.supervise && !plan.procedures)
    throw new FlounderError(
      "usage",
      "--supervised: the plan has no playbook, so there is no step to ask for",
      "name one: --playbook NAME; flounder list playbooks",
    );
  if (plan.procedures && !playbook) throw new Error(`the plan has a playbook, "${plan.playbook}", and the run was given none`);
  if (plan.procedures && playbook) refuseOther(plan.procedures, playbook);
  const { versions } = await client.facts();
  const results = openResults(inputs.resultsDir, plan);
  const reporter = startReporter();
  const about: About = {
    foundation: { id: client.id, attached: inputs.attached },
    versions: { flounder: inputs.version, node: process.versions.node, kernel: release(), ...versions },
    repro: inputs.reproIn(results.dir),
  };
  observer.begin(plan, about, results.dir);
  const listeners = new Set<(event: Event) => void>();
  const now = () => nowUs() - zeroUs;
  const me = nameOf(self());
  let closed = false;
  const write = (event: Event) => {
    if (closed) return; // the timeline is sealed before it is judged: what comes later is not of this run
    results.event(event);
    observer.event(event);
    for (const listener of listeners) listener(event);
    const foreign = foreignDeed(plan, me, event);
    if (foreign !== undefined) write({ atUs: event.atUs, by: "person", kind: "foreign", says: foreign });
  };
  const note = (body: EventBody) => write({ atUs: now(), by: "script", ...body } as Event);
  const steady = new SteadyWatch(plan.probes);
  const conditions = new Conditions(plan.probes);
  listeners.add((event) => conditions.event(event));
  /** Nobody measures any more, or nobody heals: whatever is broken from now on proves nothing. */
  const blind = new AbortController();
  const giveUp = AbortSignal.any([inputs.signal, blind.signal, AbortSignal.timeout(plan.giveUpS * 1000)]);
  const pause = (ms: number) => sleep(ms, giveUp);
  const topology = await client.topology();
  const replan = (next: Plan) => {
    results.plan(next);
    plan = next;
  };
  const open = inputs.people && new OpenActs({ plan: () => plan, replan, now, note, signal: giveUp });
  const stage: Stage = {
    get plan() {
      return plan;
    },
    open,
    system,
    topology,
    client,
    steady,
    signal: giveUp,
    now,
    note,
    onEvent(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    pause,
    settle: (quiet, budgetMs, since) => settled(steady, { now, pause }, quiet, budgetMs, since),
    play() {
      if (!plan.procedures || !playbook || (inputs.people && !inputs.supervise)) return undefined;
      const console = system.console?.(client.call, topology, "script", ({ atIso: _, ...line }) => note({ kind: "audit", ...line }));
      return playProcedures({ procedures: plan.procedures, playbook, console, conditions, signal: giveUp, now, note, supervise: inputs.supervise });
    },
  };

  const wallIso = new Date(Date.now() - now() / 1000).toISOString();
  note({ kind: "zero", wallIso, flounder: inputs.version, machine: thisMachine().id, ...about });
  note({ kind: "phase", phase: "boot" });
  if (inputs.people) note({ kind: "people", by: "person", blind: inputs.people.blind, seats: inputs.people.seats });
  const deaf = inputs.people?.listen({
    event: (event) => write({ ...event, atUs: Math.max(0, event.atUs - zeroUs) }),
    begin: (act, who) => open?.begin(act, who),
    noMore: () => open?.noMore(),
  });
  const keeperEvents = relay(client, zeroUs, write, (error) => blind.abort(error));
  let prober: Prober | undefined;
  let load: Load | undefined;
  let prepared = false;
  let how: Pick<Outcome, "aborted" | "brokenOff" | "defect"> = {};
  const acked: string[] = [];
  try {
    const facts = await client.facts();
    prepared = true;
    await Promise.race([system.prepare(facts, (says) => observer.say(says), true, giveUp), rejectOnAbort(blind.signal)]);
    const before = await client.fingerprint();
    note({ kind: "fingerprint", when: "before", values: before });
    const vantages = facts.vantages ? new Set(plan.probes.map(({ from }) => from)).size : 1;
    const health = new Combined(vantages, (all) => note({ ...all, kind: "observer" }));
    const ask = { system: plan.system, probes: plan.probes, routes: await client.routes(), credentials: { user: facts.user, password: facts.password } };
    prober = startAtVantages(
      { zeroUs, ask, tell: "samples", samplesFile: results.samplesFile, warmUpMs: 1000 },
      {
        samples(batch: readonly Sample[]) {
          steady.add(batch);
          conditions.samples(batch);
          observer.samples(batch);
        },
        acked(what, atUs) {
          acked.push(what);
          write({ atUs, by: "script", kind: "acked", write: what });
        },
        report: (report, index) => health.said(report, index),
        trouble: (says) => note({ kind: "trouble", from: "prober", says }),
      },
      facts,
    );
    void prober.broken.then((says) => blind.abort(new FlounderError("environment", says, "run it again; if it stays so, flounder doctor")));
    const routing = keepRoutes(client, prober, giveUp, note);
    const hearing = keepAlarms(system, topology, client, giveUp, ({ from, alarm, on, says }) =>
      write({ atUs: now(), by: "platform", kind: "alarm", from, alarm, says: `${alarm} ${on}: ${says}` }),
    );
    try {
      await Promise.race([prober.ready, rejectOnAbort(giveUp)]);
      if (plan.load) {
        const zeroWallMs = Date.now() - now() / 1000;
        load = startLoad(plan.load, { dir: results.dir, logsDir: results.logsDir, env: loadEnv(system, facts), zeroWallMs, note });
        await Promise.race([load.begun, rejectOnAbort(giveUp)]);
      }
      await theActs(stage);
    } finally {
      routing.stop();
      hearing.stop();
      await Promise.all([prober.end(), load?.end()]);
      health.end();
    }
    await afterwards(stage, acked);
    await Promise.all([keepLogs(facts, results.logsDir, note), keeperEvents.drain()]);
    note({ kind: "phase", phase: "end" });
  } catch (error) {
    how = ended(error, inputs.signal, giveUp, blind.signal, plan.giveUpS);
    // What went wrong belongs in the timeline; the verdict of a run without its end is inconclusive at best.
    if (how.aborted !== undefined) note({ kind: "aborted", why: how.aborted });
    else note({ kind: "broken-off", why: how.brokenOff ?? "unknown" });
    await prober?.end();
    await client.heal().catch((cause: Error) => note({ kind: "trouble", from: "runner", says: `healing: ${cause.message}` }));
    if (inputs.attached && prepared) await tidyUp(stage);
    await keeperEvents.drain();
  }
  deaf?.();
  closed = true;
  keeperEvents.stop();
  results.close();
  const [verdict] = await Promise.all([reporter.write(results.dir), inputs.ending()]).finally(() => reporter.end());
  observer.end(verdict, results.dir);
  return { verdict, plan, folder: results.dir, about, ...how, invalid: invalidReasons(verdict) };
}

function ended(
  error: unknown,
  asked: AbortSignal,
  giveUp: AbortSignal,
  blind: AbortSignal,
  giveUpS: number,
): Pick<Outcome, "aborted" | "brokenOff" | "defect"> {
  if (giveUp.aborted && giveUp.reason !== blind.reason)
    return { aborted: asked.aborted ? String(asked.reason?.message ?? asked.reason) : `not done after giveUpS = ${giveUpS} s` };
  const brokenOff = error instanceof Error ? error.message : String(error);
  return error instanceof FlounderError ? { brokenOff } : { brokenOff, defect: error };
}

/** Steady phase, turbulence, watch. */
async function theActs(stage: Stage): Promise<void> {
  const { plan, note } = stage;
  if (!(await steadyPhase(stage))) return;
  note({ kind: "phase", phase: "turbulence" });
  await playActs(stage);
  note({ kind: "phase", phase: "watch" });
  await stage.pause(plan.phases.watchS * 1000);
}

/** After the last sample: remove what the probes made, read the ledger back, compare the fingerprints. */
async function afterwards(stage: Stage, acked: readonly string[]): Promise<void> {
  const { system, client, note } = stage;
  const facts = await client.facts(); // whoever was started again may have another address
  for (const write of await system.missing(acked, facts, client.call)) note({ kind: "missing", write });
  await system.tidy(facts);
  note({ kind: "fingerprint", when: "after", values: await client.fingerprint() });
}

/** A foundation that stays must not keep what the probes of a run made that went wrong. What cannot be removed is said; the next run removes it. */
async function tidyUp({ system, client, note }: Stage): Promise<void> {
  try {
    const facts: FoundationFacts = await client.facts();
    await within(tidyMs, "removing what the probes made", system.tidy(facts));
  } catch (error) {
    note({ kind: "trouble", from: "runner", says: `what the probes made is left, until the next run: ${(error as Error).message}` });
  }
}

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
