/** Watches both planes of a foundation, outside and inside, with the probes of its target system. */

import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { nowUs } from "../clock.js";
import type { Outcome, PlannedProbe, Sample } from "../core.js";
import { connect } from "../keeper/start.js";
import { OutageStream } from "../measure/outage-stream.js";
import { startProber } from "../probes/child.js";
import type { ObserverHealth } from "../probes/combined.js";
import { loadTarget } from "../registry.js";
import { type LastBad, type MeasuredEndpoint, stamped, total, wallOffsetUs } from "./result.js";
import type { Measured, Watching } from "./watch.js";

const routesEveryMs = 500;

/** Rejects with FlounderError if there is no such foundation, or its keeper is dead. `onMeasured` is called each second. */
export async function watchFoundation(
  id: string,
  limits: { readonly slowMs?: number; readonly samplesFile?: string },
  onMeasured: (measured: Measured) => void,
): Promise<Watching> {
  const client = await connect(id, { lease: false });
  const facts = await client.facts();
  const system = await loadTarget(facts.system);
  await system.prepare(facts, (line) => void process.stderr.write(`${line}\n`));
  const planned = system.plannedProbes(system.topology(facts.profile, facts.timeFactor, {}));
  const offsetUs = wallOffsetUs();
  const zeroUs = nowUs();
  // The prober always keeps its samples; nobody asked for these.
  const passing = limits.samplesFile === undefined ? await mkdtemp(join(tmpdir(), "flounder-watch-")) : undefined;
  const forget = async () => {
    if (passing !== undefined) await rm(passing, { recursive: true, force: true });
  };
  const watched = new Map(planned.map((probe) => [keyOf(probe), new WatchedProbe(probe, limits.slowMs)]));
  let health: ObserverHealth = { cpuUs: 0, latenessP50Us: 0, latenessP99Us: 0, samples: 0, shed: 0 };
  let troubled = 0;
  const prober = startProber(
    {
      zeroUs,
      system: facts.system,
      probes: planned,
      routes: await client.routes(),
      credentials: { user: facts.user, password: facts.password },
      samplesFile: limits.samplesFile ?? join(passing!, "samples.jsonl.gz"),
      warmUpMs: 1000,
    },
    {
      samples(batch) {
        for (const sample of batch) watched.get(keyOf(sample))?.add(sample);
      },
      acked() {},
      observer(now) {
        health = now;
      },
      trouble(says) {
        troubled++;
        process.stderr.write(`prober: ${says}\n`);
      },
    },
    facts,
  );
  await prober.ready.catch(async (error: unknown) => {
    await prober.end();
    await forget();
    throw error;
  });
  const fromUs = nowUs();
  const measured = (): Measured => {
    const seconds = (nowUs() - fromUs) / 1e6;
    const endpoints = [...watched.values()].map((one) => one.endpoint(zeroUs, offsetUs));
    const faults = endpoints.reduce((sum, one) => sum + one.observerFaults, 0);
    const samples = endpoints.reduce((sum, one) => sum + one.samples, 0);
    const latenessMs = { p50: health.latenessP50Us / 1000, p99: health.latenessP99Us / 1000, max: health.latenessP99Us / 1000 };
    const observer = {
      faults,
      share: samples === 0 ? 0 : faults / samples,
      shed: health.shed,
      hiccups: troubled,
      cpuShare: health.cpuUs / 1e6 / seconds,
      latenessMs,
    };
    return { seconds, endpoints, observer };
  };
  const timers = [
    setInterval(() => {
      for (const one of watched.values()) one.stream.settle(nowUs() - zeroUs);
      onMeasured(measured());
    }, 1000),
    setInterval(() => {
      client.routes().then(prober.routes, () => {}); // while the keeper cannot say, the last routes stand
    }, routesEveryMs),
  ];
  return {
    broken: prober.broken.then((why) => `${why} before its time: nothing was measured after that`),
    async end() {
      for (const timer of timers) clearInterval(timer);
      await prober.end();
      const last = measured();
      await system.tidy(await client.facts()); // whoever was started again may have another address
      await client[Symbol.asyncDispose]();
      await forget();
      return last;
    },
  };
}

const keyOf = (of: { readonly probe: string; readonly from: string; readonly target: string }): string => `${of.from} ${of.probe} ${of.target}`;

class WatchedProbe {
  readonly stream: OutageStream;
  readonly #counts: Partial<Record<Outcome, number>> = {};
  #slow = 0;
  #lastBad: LastBad | undefined;
  #last: Outcome | undefined;
  readonly #slowMs: number;

  /** How long an operation may take is its deadline's to say, unless told otherwise. */
  constructor(
    readonly planned: PlannedProbe,
    slowMs: number | undefined,
  ) {
    this.#slowMs = slowMs ?? planned.deadlineMs;
    this.stream = new OutageStream({
      periodUs: planned.periodMs * 1000,
      deadlineUs: planned.deadlineMs * 1000,
      slowUs: slowMs === undefined ? Number.POSITIVE_INFINITY : slowMs * 1000,
    });
  }

  add(sample: Sample): void {
    this.#counts[sample.outcome] = (this.#counts[sample.outcome] ?? 0) + 1;
    if (sample.outcome === "ok" && sample.endUs - sample.sentUs > this.#slowMs * 1000) this.#slow++;
    const { outcome, note = "" } = sample;
    this.#last = outcome;
    if (outcome !== "ok" && outcome !== "observer" && outcome !== "not-attempted") this.#lastBad = { outcome, note };
    this.stream.add(sample);
  }

  endpoint(zeroUs: number, offsetUs: number): MeasuredEndpoint {
    const { planned, stream } = this;
    const { outages, lostS } = stream.losses();
    const absolute = ({ lo, hi }: { lo: number; hi: number }) => ({ lo: lo + zeroUs, hi: hi + zeroUs });
    return {
      name: `${planned.probe} ${planned.target} ${planned.from}`,
      url: planned.target,
      kind: "probe",
      connection: "fresh",
      probe: planned.probe,
      from: planned.from,
      plane: planned.plane,
      rateHz: Math.round(1e5 / planned.periodMs) / 100,
      deadlineMs: planned.deadlineMs,
      slowMs: this.#slowMs,
      samples: total(this.#counts),
      counts: this.#counts,
      slow: this.#slow,
      observerFaults: this.#counts.observer ?? 0,
      lostS,
      outages: outages.map((outage) => stamped({ ...outage, startUs: absolute(outage.startUs), endUs: absolute(outage.endUs) }, offsetUs)),
      latencyMs: { p50: stream.latency.quantile(0.5) / 1000, p99: stream.latency.quantile(0.99) / 1000, max: stream.latency.max / 1000 },
      ...(this.#lastBad === undefined ? {} : { lastBad: this.#lastBad }),
      ...(this.#last === undefined ? {} : { last: this.#last }),
      findings: {},
    };
  }
}
