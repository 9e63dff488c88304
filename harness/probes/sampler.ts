/** Asks the planned probes of a target system, in the one open loop; samples have the names that a run knows them by. */
import type { Credentials, PlannedProbe, Probe, ProbeContext, Route, Sample, Vantage } from "../core.js";
import { AsyncAsker } from "./askers/async-asker.js";
import { type Phases, request } from "./http/request.js";
import type { Stamps } from "./schedule/flight.js";
import { Histogram } from "./schedule/lateness.js";
import { OpenLoop } from "./schedule/open-loop.js";

const noteMax = 120;

export interface SamplerListener {
  /** Stamps relative to zero. */
  sample(sample: Sample): void;
  acked(write: string): void;
}
interface Slot {
  readonly planned: PlannedProbe;
  readonly probe: Probe;
}

export class Sampler {
  readonly lateness = new Histogram();
  /** Recorded. */
  samples = 0;
  readonly #slots: readonly Slot[];
  readonly #loop: OpenLoop;
  #routes = new Map<string, Route>();
  readonly #shared: Record<Vantage, Map<string, unknown>> = { outside: new Map(), inside: new Map() };

  /** Throws an Error for a planned probe that the system does not have. */
  constructor(
    planned: readonly PlannedProbe[],
    probes: readonly Probe[],
    readonly credentials: Credentials,
    readonly zeroUs: number,
    readonly listener: SamplerListener,
  ) {
    this.#slots = planned.map((one) => {
      const probe = probes.find(({ name }) => name === one.probe);
      if (!probe) throw new Error(`the target system has no probe "${one.probe}"`);
      return { planned: one, probe };
    });
    const questions = this.#slots.map((slot) => ({
      schedule: { periodUs: slot.planned.periodMs * 1000, phaseUs: slot.planned.phaseMs * 1000, deadlineUs: slot.planned.deadlineMs * 1000 },
      asker: new AsyncAsker(({ sample }, signal, note) => slot.probe.ask(this.#context(slot.planned, sample.seq, sample, signal, note))),
    }));
    this.#loop = new OpenLoop(questions, (sample) => this.#record(sample));
  }

  /** Of the samples, those not sent because too many were in flight. */
  get shed(): number {
    return this.#loop.shed;
  }
  routes(routes: readonly Route[]): void {
    this.#routes = new Map(routes.map((route) => [`${route.from} ${route.target}`, route]));
  }

  /** Each probe's set-up, all at once; rejects with the first failure, saying whose it was. */
  async setUp(): Promise<void> {
    await Promise.all(
      this.#slots.map(async ({ planned, probe }) => {
        const phases: Phases = { dnsUs: 0, connectUs: 0, firstUs: 0, status: 0 };
        const context = this.#context(planned, 0, phases, AbortSignal.timeout(30_000), () => {});
        await probe.setUp?.(context).catch((error: Error) => {
          throw new Error(`setting up ${planned.probe} ${planned.target} from ${planned.from}: ${error.message}`, { cause: error });
        });
      }),
    );
  }

  /** Begins asking; samples count from warmUpMs on. Resolves then. */
  async start(warmUpMs: number): Promise<void> {
    await this.#loop.start(warmUpMs * 1000);
  }
  /** Sends nothing more; resolves when all that was sent has been recorded. */
  end(): Promise<void> {
    return this.#loop.end();
  }

  #context(planned: PlannedProbe, seq: number, phases: Phases, signal: AbortSignal, note: (says: string) => void): ProbeContext {
    const { from, target } = planned;
    const route = this.#routes.get(`${from} ${target}`) ?? { from, target, url: "", host: "", resolvers: [] };
    return {
      route,
      signal,
      credentials: this.credentials,
      seq,
      shared: this.#shared[from],
      http: (what) => request(route, what, phases, signal),
      note,
      acked: (write) => this.listener.acked(write),
    };
  }

  #record({ target: index, seq, dueUs, sentUs, endUs, dnsUs, connectUs, firstUs, status, outcome, note }: Stamps): void {
    this.samples++;
    this.lateness.add(sentUs - dueUs);
    const { probe, from, target } = this.#slots[index]!.planned;
    this.listener.sample({
      probe,
      from,
      target,
      seq,
      dueUs: dueUs - this.zeroUs,
      sentUs: sentUs - this.zeroUs,
      endUs: endUs - this.zeroUs,
      outcome,
      ...(dnsUs ? { dnsUs: dnsUs - sentUs } : {}),
      ...(connectUs ? { connectUs: connectUs - sentUs } : {}),
      ...(firstUs ? { firstUs: firstUs - sentUs } : {}),
      ...(status ? { status } : {}),
      ...(note ? { note: note.slice(0, noteMax) } : {}),
    });
  }
}
