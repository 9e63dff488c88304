/**
 * The runner: walks a plan on a live foundation and writes the timeline.
 * 1 routes and prober · 2 settle · 3 steady phase · 4 acts, each healed by the keeper, then recovered and steady again
 * · 5 watch: the delayed-damage window · 6 tidy, ledger, fingerprint · 7 verdict and reports.
 * It decides nothing that the plan has not decided, injects nothing itself, and whatever throws, the keeper heals.
 */
import { copyFile } from "node:fs/promises";
import { join } from "node:path";
import { nowUs, sleep } from "./clock.js";
import type { Client, Event, FoundationFacts, Plan, Playbook, SaidAlarm, Sample, TargetSystem, Topology, Verdict } from "./core.js";
import { FlounderError } from "./errors.js";
import { thisMachine } from "./measure/calibration.js";
import { Conditions } from "./playbooks/conditions.js";
import { refuseOther } from "./playbooks/planned.js";
import { playProcedures } from "./playbooks/play.js";
import { type Prober, startAtVantages } from "./probes/child.js";
import { Combined } from "./probes/combined.js";
import { startReporter } from "./report/apart.js";
import type { LiveView } from "./report/terminal.js";
import { openResults } from "./results.js";
import type { EventBody, Stage } from "./stage.js";
import { SteadyWatch, settled } from "./steady.js";
import { steadyPhase } from "./steady-phase.js";
import { playActs } from "./turbulence.js";

export interface RunInputs {
  readonly plan: Plan;
  readonly system: TargetSystem;
  /** The one that the plan names. */
  readonly playbook?: Playbook | undefined;
  readonly client: Client;
  readonly resultsDir: string;
  readonly live: LiveView;
  readonly version: string;
  /** Aborts the run: heal all, end the watch, judge what there is. */
  readonly signal: AbortSignal;
  /** Ends what the run no longer needs; goes on while the reports are written. */
  readonly ending?: () => Promise<void>;
  /** Monotonic µs when boot began; default: now. */
  readonly zeroUs?: number;
}
const routesEveryMs = 500;
const alarmsEveryMs = 250;

export async function run(inputs: RunInputs): Promise<{ readonly verdict: Verdict; readonly dir: string }> {
  const { plan, system, client, live, playbook } = inputs;
  if (plan.procedures && !playbook) throw new Error(`the plan has a playbook, "${plan.playbook}", and the run was given none`);
  if (plan.procedures && playbook) refuseOther(plan.procedures, playbook);
  const results = await openResults(inputs.resultsDir, plan);
  const reporter = startReporter();
  const zeroUs = inputs.zeroUs ?? nowUs();
  const listeners = new Set<(event: Event) => void>();
  const now = () => nowUs() - zeroUs;
  let closed = false;
  const write = (event: Event) => {
    if (closed) return; // the timeline is sealed before it is judged: what comes later is not of this run
    results.event(event);
    live.event(event);
    for (const listener of listeners) listener(event);
  };
  const note = (body: EventBody) => write({ atUs: now(), by: "script", ...body } as Event);
  const steady = new SteadyWatch(plan.probes);
  const conditions = new Conditions(plan.probes);
  listeners.add((event) => conditions.event(event));
  /** Nobody measures any more: whatever is broken from now on proves nothing. */
  const blind = new AbortController();
  const giveUp = AbortSignal.any([inputs.signal, blind.signal, AbortSignal.timeout(plan.giveUpS * 1000)]);
  const pause = (ms: number) => sleep(ms, giveUp);
  const topology = system.topology(plan.foundation.profile, plan.foundation.timeFactor, plan.foundation.policy ?? {});
  const stage: Stage = {
    plan,
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
      if (!plan.procedures || !playbook) return undefined;
      const console = system.console?.(client.call, topology, "script", ({ atIso: _, ...line }) => note({ kind: "audit", ...line }));
      return playProcedures({ procedures: plan.procedures, playbook, console, conditions, signal: giveUp, now, note });
    },
  };

  note({ kind: "zero", wallIso: new Date(Date.now() - now() / 1000).toISOString(), flounder: inputs.version, machine: thisMachine().id });
  note({ kind: "phase", phase: "boot" });
  const keeperEvents = relay(client, zeroUs, write);
  let prober: Prober | undefined;
  const acked: string[] = [];
  try {
    const facts = await client.facts();
    await system.prepare(facts, (says) => live.say(says));
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
          live.samples(batch);
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
      await theActs(stage);
    } finally {
      routing.stop();
      hearing.stop();
      await prober.end();
    }
    await afterwards(stage, acked);
    await Promise.all([keepLogs(facts, results.logsDir, note), keeperEvents.drain()]);
    note({ kind: "phase", phase: "end" });
  } catch (error) {
    if (giveUp.aborted && giveUp.reason !== blind.signal.reason) {
      const why = inputs.signal.aborted ? String(inputs.signal.reason?.message ?? inputs.signal.reason) : `not done after giveUpS = ${plan.giveUpS} s`;
      note({ kind: "aborted", why });
    } else {
      // What went wrong belongs in the timeline; the verdict of a run without its end is inconclusive at best.
      note({ kind: "broken-off", why: error instanceof Error ? error.message : String(error) });
      if (!(error instanceof FlounderError)) process.exitCode = 70;
    }
    await prober?.end();
    await client.heal().catch((cause: Error) => note({ kind: "trouble", from: "runner", says: `healing: ${cause.message}` }));
    await keeperEvents.drain();
  }
  closed = true;
  results.close();
  const [verdict] = await Promise.all([reporter.write(results.dir), inputs.ending?.()]).finally(() => reporter.end());
  live.end(verdict, results.dir);
  return { verdict, dir: results.dir };
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

/** The components' logs go with the results: whoever reads the report later has no foundation any more. */
async function keepLogs(facts: FoundationFacts, dir: string, note: (event: EventBody) => void): Promise<void> {
  const kept = facts.components.map(({ name, log }) =>
    copyFile(log, join(dir, `${name}.log`)).catch((error: Error) =>
      note({ kind: "trouble", from: "runner", says: `the log of ${name} could not be kept: ${error.message}` }),
    ),
  );
  await Promise.all(kept);
}

/** Keeper events into the timeline, their stamps made relative to the run's zero. */
function relay(client: Client, zeroUs: number, write: (event: Event) => void) {
  let seen = 0;
  const done = (async () => {
    for await (const event of client.events()) {
      seen++;
      write(event.kind === "reading" ? { ...event, atUs: event.atUs - zeroUs, fromUs: event.fromUs - zeroUs } : { ...event, atUs: event.atUs - zeroUs });
    }
  })();
  done.catch((error: Error) => write({ atUs: nowUs() - zeroUs, by: "script", kind: "trouble", from: "keeper", says: error.message }));
  return {
    /** Lets events that are under way arrive: none came for 50 ms. */
    async drain() {
      for (let before = -1; before !== seen; ) {
        before = seen;
        await sleep(50);
      }
    },
  };
}

/** Instances move; the prober is told where they are now, whenever that has changed. */
function keepRoutes(client: Client, prober: Prober, signal: AbortSignal, note: (event: EventBody) => void) {
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  let last = "";
  void (async () => {
    while (!both.aborted) {
      try {
        const routes = await client.routes();
        const text = JSON.stringify(routes);
        if (text !== last) prober.routes(routes);
        last = text;
      } catch (error) {
        if (!both.aborted) note({ kind: "trouble", from: "runner", says: `routes: ${(error as Error).message}` });
      }
      await sleep(routesEveryMs, both).catch(() => {});
    }
  })();
  return { stop: () => end.abort() };
}

/** The platform's own alarms, each once; those that were raised before are not this run's. */
function keepAlarms(system: TargetSystem, topology: Topology, client: Client, signal: AbortSignal, say: (alarm: SaidAlarm) => void) {
  const end = new AbortController();
  const both = AbortSignal.any([signal, end.signal]);
  void (async () => {
    let known: Set<string> | undefined;
    while (!both.aborted && system.alarms) {
      // A monitor that is dead or cut off says nothing: that is what it is there to show.
      const alarms = await system.alarms(topology, client.call).catch(() => undefined);
      if (alarms && known) for (const alarm of alarms) if (!known.has(alarm.id)) say(alarm);
      if (alarms) known = new Set([...(known ?? []), ...alarms.map(({ id }) => id)]);
      await sleep(alarmsEveryMs, both).catch(() => {});
    }
  })();
  return { stop: () => end.abort() };
}

const rejectOnAbort = (signal: AbortSignal): Promise<never> =>
  new Promise((_, reject) => {
    if (signal.aborted) reject(signal.reason);
    signal.addEventListener("abort", () => reject(signal.reason), { once: true });
  });
