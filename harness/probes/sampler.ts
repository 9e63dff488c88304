/**
 * Asks the planned probes of a target system on their schedule, open loop: a sample is sent when it is due, whether or not earlier ones were answered,
 * and what could not be sent on time is recorded as the observer's fault, never left out.
 */
import { nowUs } from "../clock.js";
import {
  type Credentials,
  type Outcome,
  type PlannedProbe,
  type Probe,
  type ProbeContext,
  ProbeFailure,
  type Route,
  type Sample,
  type Vantage,
} from "../core.js";
import { type Phases, request } from "./http/request.js";
import { Hiccups } from "./schedule/hiccups.js";
import { Histogram } from "./schedule/lateness.js";
import { Ticker } from "./schedule/ticker.js";

/** Whoever asks is given so long to say what a time-out means before it is just a time-out. */
const graceMs = 25;
/** Of all probes together. Deadlines bound what is in flight; this bounds a defect. */
const inFlightMax = 1000;

export interface SamplerListener {
  /** Stamps relative to zero. */
  sample(sample: Sample): void;
  acked(write: string): void;
}

/** A planned probe and where it is in its schedule. */
interface Slot {
  readonly planned: PlannedProbe;
  readonly probe: Probe;
  readonly periodUs: number;
  dueUs: number;
  seq: number;
  inFlight: number;
}

export class Sampler {
  readonly lateness = new Histogram();
  /** Samples recorded, and of them those not sent because too many were in flight. */
  samples = 0;
  shed = 0;
  readonly #slots: Slot[];
  #routes = new Map<string, Route>();
  readonly #shared: Record<Vantage, Map<string, unknown>> = { outside: new Map(), inside: new Map() };
  readonly #hiccups = new Hiccups();
  readonly #pending = new Set<Promise<void>>();
  #ticker: Ticker | undefined;
  /** Samples due before are warm-up: asked, not recorded. */
  #fromUs = Number.POSITIVE_INFINITY;
  #ended = false;

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
      return { planned: one, probe, periodUs: one.periodMs * 1000, dueUs: 0, seq: 0, inFlight: 0 };
    });
  }

  routes(routes: readonly Route[]): void {
    this.#routes = new Map(routes.map((route) => [`${route.from} ${route.target}`, route]));
  }

  /** Each probe's set-up, all at once; rejects with the first failure, saying whose it was. */
  async setUp(): Promise<void> {
    await Promise.all(
      this.#slots.map(async ({ planned, probe }) => {
        const context = this.#context(planned, 0, newPhases(), AbortSignal.timeout(30_000), () => {});
        await probe.setUp?.(context).catch((error: Error) => {
          throw new Error(`setting up ${planned.probe} ${planned.target} from ${planned.from}: ${error.message}`, { cause: error });
        });
      }),
    );
  }

  /** Begins asking; samples count from warmUpMs on. Resolves then. */
  async start(warmUpMs: number): Promise<void> {
    const base = Math.ceil((nowUs() + 50_000) / 1000) * 1000; // the ticker's thread takes a moment to start
    this.#fromUs = base + warmUpMs * 1000;
    for (const slot of this.#slots) slot.dueUs = base + slot.planned.phaseMs * 1000;
    const schedules = this.#slots.map((slot) => ({ firstUs: slot.dueUs, periodUs: slot.periodUs }));
    await new Promise<void>((resolve) => {
      this.#ticker = new Ticker(schedules, (now) => {
        this.#hiccups.beat(now);
        this.#sendDue(now);
        if (now >= this.#fromUs) resolve();
      });
    });
  }

  /** Sends nothing more; resolves when all that was sent has been recorded. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#ticker?.stop();
    await Promise.all(this.#pending);
  }

  #sendDue(wokenUs: number): void {
    let now = wokenUs;
    for (;;) {
      let next: Slot | undefined;
      for (const slot of this.#slots) if (!next || slot.dueUs < next.dueUs) next = slot;
      if (!next || this.#ended || next.dueUs - now > 250) return;
      while (now < next.dueUs) now = nowUs(); // the rest of the ticker's lead
      const { dueUs } = next;
      next.dueUs += next.periodUs;
      this.#send(next, next.seq++, dueUs, nowUs());
      now = nowUs();
    }
  }

  #send(slot: Slot, seq: number, dueUs: number, sentUs: number): void {
    const lateUs = sentUs - dueUs;
    if (dueUs >= this.#fromUs) this.lateness.add(lateUs);
    // Later than half a period it is not this slot's answer any more; below 5 ms the lateness is the host's usual noise.
    if (lateUs > Math.max(slot.periodUs / 2, 5000))
      this.#record(slot, seq, dueUs, sentUs, sentUs, "observer", `not sent: ${Math.round(lateUs / 1000)} ms late`);
    else if (this.#pending.size >= inFlightMax || slot.inFlight > (1.5 * slot.planned.deadlineMs) / slot.planned.periodMs + 5) {
      this.shed++;
      this.#record(slot, seq, dueUs, sentUs, sentUs, "observer", `shed: ${slot.inFlight} in flight`);
    } else {
      const asking = this.#ask(slot, seq, dueUs, sentUs);
      slot.inFlight++;
      this.#pending.add(asking);
      void asking.finally(() => {
        slot.inFlight--;
        this.#pending.delete(asking);
      });
    }
  }

  async #ask(slot: Slot, seq: number, dueUs: number, sentUs: number): Promise<void> {
    const { planned, probe } = slot;
    const abort = new AbortController();
    const phases = newPhases();
    let note = "";
    let settled = false;
    const context = this.#context(planned, seq, phases, abort.signal, (says) => {
      note = says;
    });
    const asked: Promise<Ending> = probe.ask(context).then(
      () => ({ outcome: "ok", note, endUs: nowUs() }),
      (error: Error) => ({
        outcome: error instanceof ProbeFailure ? error.outcome : "observer",
        note: error instanceof ProbeFailure ? error.message : `the probe threw: ${error.message}`,
        endUs: nowUs(),
      }),
    );
    let timer: NodeJS.Timeout | undefined;
    const late = new Promise<Ending>((resolve) => {
      timer = setTimeout(
        () =>
          // After a freeze timers run before sockets: what has arrived meanwhile is read first.
          setImmediate(() => {
            if (settled) return;
            const endUs = nowUs();
            abort.abort(new ProbeFailure("timeout", `no answer in ${planned.deadlineMs} ms`));
            setTimeout(() => resolve({ outcome: "timeout", note: `no answer in ${planned.deadlineMs} ms`, endUs }), graceMs);
          }),
        Math.max(0, planned.deadlineMs - (nowUs() - sentUs) / 1000),
      );
    });
    const ending = await Promise.race([asked, late]);
    settled = true;
    clearTimeout(timer);
    abort.abort(); // whatever the probe still has under way ends with its sample
    // Answered after the deadline, while the probe was made to give up.
    const outcome = ending.outcome === "ok" && ending.endUs - sentUs > (planned.deadlineMs + 5) * 1000 ? "timeout" : ending.outcome;
    // Answers that came while we stood still were read before the time-out; but frozen for half of the deadline, we cannot say that the target did not answer in time.
    const blindUs = this.#hiccups.overlapUs(sentUs, ending.endUs);
    const ours = ["timeout", "unknown", "reset"].includes(outcome) && blindUs > planned.deadlineMs * 500;
    if (ours) this.#record(slot, seq, dueUs, sentUs, ending.endUs, "observer", `${outcome} after we were frozen for ${Math.round(blindUs / 1000)} ms`, phases);
    else this.#record(slot, seq, dueUs, sentUs, ending.endUs, outcome, ending.note, phases);
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

  #record(slot: Slot, seq: number, dueUs: number, sentUs: number, endUs: number, outcome: Outcome, note: string, phases = newPhases()): void {
    if (dueUs < this.#fromUs) return;
    this.samples++;
    const { probe, from, target } = slot.planned;
    this.listener.sample({
      probe,
      from,
      target,
      seq,
      dueUs: dueUs - this.zeroUs,
      sentUs: sentUs - this.zeroUs,
      endUs: endUs - this.zeroUs,
      outcome,
      ...(phases.dnsUs ? { dnsUs: phases.dnsUs - sentUs } : {}),
      ...(phases.connectUs ? { connectUs: phases.connectUs - sentUs } : {}),
      ...(phases.firstUs ? { firstUs: phases.firstUs - sentUs } : {}),
      ...(phases.status ? { status: phases.status } : {}),
      ...(note ? { note: note.slice(0, 120) } : {}),
    });
  }
}

interface Ending {
  readonly outcome: Outcome;
  readonly note: string;
  readonly endUs: number;
}
const newPhases = (): Phases => ({ dnsUs: 0, connectUs: 0, firstUs: 0, status: 0 });
