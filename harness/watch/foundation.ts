/**
 * Watches both planes of a foundation, outside and inside, with the probes of its target system. What needs nothing is measured from the first second, however ill the
 * platform is; what works on apps of its own begins as soon as these could be made.
 */
import { nowUs, sleep, within } from "../clock.js";
import type { PlannedProbe, TargetSystem } from "../core.js";
import { folders } from "../keeper/folder.js";
import { noFoundation } from "../keeper/of-others.js";
import type { KeeperStatus } from "../keeper/socket/verbs.js";
import { connect } from "../keeper/start.js";
import { type Prober, startAtVantages } from "../probes/launch/child.js";
import type { ProberReport } from "../probes/protocol.js";
import { loadTarget } from "../registry.js";
import { plural } from "../words.js";
import { wallOffsetUs } from "./result.js";
import { type Described, type Measured, measuredBy, type Watching } from "./watch.js";

const routesEveryMs = 500;
/** Between two tries to make what probes work on. */
const againMs = 2000;
/** Removing what probes made: a platform that is ill holds nobody up. */
const tidyMs = 15_000;

export interface WatchFoundation {
  readonly id: string;
  readonly samplesFile?: string | undefined;
  /** Each second. */
  readonly onMeasured: (measured: Measured) => void;
  /** Only what needs nothing of its own: reads apps and logs in, and changes nothing. */
  readonly readsOnly?: boolean;
  readonly say: (line: string) => void;
}

/** Resolves when the first probes sample. Rejects with FlounderError if there is no such foundation, or its keeper is dead. */
export async function watchFoundation({ id, samplesFile, onMeasured, readsOnly = false, say }: WatchFoundation): Promise<Watching> {
  if (!folders().includes(id)) throw noFoundation(id);
  const client = await connect(id, { lease: false });
  const facts = await client.facts();
  const system = await loadTarget(facts.system);
  const planned = system.plannedProbes(await client.topology());
  const isReady = readyProbes(system);
  const rival = readsOnly ? undefined : rivalOf(await client.status());
  if (rival !== undefined) say(`${rival} is at work on ${id}: only what changes nothing is measured (log-ins, apps)`);
  const groups = [planned.filter(isReady), readsOnly || rival !== undefined ? [] : planned.filter((one) => !isReady(one))]
    .filter((group) => group.length > 0)
    // Each prober has those of its vantage, in their order.
    .map((probes) => ({ parts: facts.vantages ? byVantage(probes) : [probes], newest: new Map<number, ProberReport>() }));
  const [first, later] = groups;
  if (first === undefined) throw new Error(`the target system ${facts.system} plans no probes`);
  const offsetUs = wallOffsetUs();
  const zeroUs = nowUs();
  const measured = () =>
    measuredBy(
      groups.flatMap(({ parts, newest }) =>
        parts.map((part, i) => ({ report: newest.get(i) ?? notBegun(part.length), described: part.map((probe) => describe(probe)) })),
      ),
      offsetUs,
    );
  const credentials = { user: facts.user, password: facts.password };
  const start = async ({ parts, newest }: (typeof groups)[number], appends: boolean): Promise<Prober> => {
    const ask = { system: facts.system, probes: parts.flat(), routes: await client.routes(), credentials };
    return startAtVantages(
      { zeroUs, ask, tell: "totals", warmUpMs: 1000, ...(samplesFile === undefined ? {} : { samplesFile }) },
      {
        report(report, index) {
          newest.set(index, report);
          if (newest === first.newest && index === 0 && newest.size === parts.length) onMeasured(measured());
        },
        trouble: (says) => void process.stderr.write(`prober: ${says}\n`),
      },
      facts,
      { appends },
    );
  };

  const probers = [await start(first, false)];
  await probers[0]!.ready.catch(async (error: unknown) => {
    await probers[0]!.end();
    throw error;
  });
  const over = new AbortController();
  const { signal } = over;
  const begun = later && startLater();
  async function startLater(): Promise<void> {
    say(`measuring ${plural(first!.parts.flat().length, "probe")} from now on, ${later!.parts.flat().length} more as soon as their apps are there`);
    for (let tried = 0; !signal.aborted; tried++)
      try {
        await system.prepare(await client.facts(), say, true, signal);
        if (!signal.aborted) probers.push(await start(later!, true));
        return;
      } catch (error) {
        if (tried === 0 && !signal.aborted) say(`not yet: ${(error as Error).message}; it is tried again`);
        await sleep(againMs, signal).catch(() => {});
      }
  }
  let ceded = false;
  /** Somebody's run has the foundation to itself: what these probes write would be charged to it. */
  const cede = async () => {
    if (ceded || probers.length < 2) return;
    const { writer } = await client.status();
    if (!writer || ceded) return;
    ceded = true;
    say(`${writer.command} (process ${writer.pid}) has ${id} from now on: only what changes nothing is measured any more`);
    await probers[1]!.end();
  };
  begun?.catch((error: Error) => say(`the other probes could not begin: ${error.message}`));
  const routing = setInterval(() => {
    cede().catch(() => {}); // no keeper, no run
    client.routes().then(
      (routes) => {
        for (const prober of probers) prober.routes(routes);
      },
      () => {}, // while the keeper cannot say, the last routes stand
    );
  }, routesEveryMs);
  return {
    broken: probers[0]!.broken,
    async end() {
      over.abort(new Error("the watch is over"));
      clearInterval(routing);
      await Promise.all(probers.map((prober) => prober.end()));
      const last = measured();
      if (probers.length > 1 && !ceded) await tidied(system, client.facts, say);
      await client[Symbol.asyncDispose]();
      return last;
    },
  };
}

/** Who writes to the platform already: a run, or whoever watches longer than we do. Two would count each other's deeds as outages, or as lost writes. */
function rivalOf({ writer, clients = [] }: KeeperStatus): string | undefined {
  if (writer) return `${writer.command} (process ${writer.pid})`;
  const [first] = clients.filter(({ name }) => name.startsWith("flounder watch"));
  return first && first.pid !== process.pid ? first.name : undefined;
}

/** Probes that need nothing to be set up for them. */
const readyProbes =
  ({ probes }: TargetSystem) =>
  ({ probe }: PlannedProbe): boolean =>
    probes.find(({ name }) => name === probe)?.setUp === undefined;

const byVantage = (planned: readonly PlannedProbe[]): PlannedProbe[][] =>
  (["outside", "inside"] as const).map((from) => planned.filter((one) => one.from === from)).filter((part) => part.length > 0);

/** Whoever was started again may have another address. What cannot be removed now is no loss to what was measured. */
async function tidied(system: TargetSystem, facts: () => Promise<Parameters<TargetSystem["tidy"]>[0]>, say: (line: string) => void): Promise<void> {
  const tidy = async () => system.tidy(await facts());
  await within(tidyMs, "removing what the probes made", tidy()).catch((error: Error) =>
    say(`what the probes made could not be removed: ${error.message}; the next watch or run does`),
  );
}

const nothing = { p50: 0, p99: 0, max: 0 };
/** Of a prober that has not begun. */
const notBegun = (lanes: number): ProberReport => ({
  kind: "report",
  fromUs: 0,
  atUs: 0,
  cpuUs: 0,
  samples: 0,
  shed: 0,
  hiccups: 0,
  latenessUs: nothing,
  lanes: Array.from({ length: lanes }, () => ({
    counts: {},
    slow: 0,
    slowUs: null,
    outages: [],
    lostS: { lo: 0, hi: 0 },
    latencyUs: nothing,
    lastBad: null,
    last: null,
    findings: {},
  })),
});

const describe = ({ probe, target, from, plane, periodMs, deadlineMs }: PlannedProbe): Described => ({
  name: `${probe} ${target} ${from}`,
  url: target,
  kind: "probe",
  connection: "fresh",
  probe,
  from,
  plane,
  rateHz: Math.round(1e5 / periodMs) / 100,
  deadlineMs,
});
