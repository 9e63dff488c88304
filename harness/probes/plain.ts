/**
 * Asks plain HTTP endpoints on their schedule, open loop, at up to tens of thousands of requests per second: what `flounder watch` measures with.
 * Per sample a deadline of its own; an answer is checked (status, text); redirects are followed within the sample.
 */
import { nowUs } from "../clock.js";
import type { Outcome } from "../core.js";
import { type Address, Names } from "./http/names.js";
import { type Exchange, Wire } from "./http/wire.js";
import { Hiccups } from "./schedule/hiccups.js";
import { type Flight, Lane, type PlainSample, type PlainTarget } from "./schedule/lane.js";
import { CoarseTicker, defaultTicker, Ticker } from "./schedule/ticker.js";

export type { PlainSample, PlainTarget };

const redirectsMax = 5;
const inFlightMax = 12_000;
/** Sending for longer at a stretch, when more is due than can be sent, would leave answers unread. */
const turnUs = 5000;
/** From here on a wake-up for each costs more than the request. */
const coarseFromHz = 1500;

export class PlainProber {
  shed = 0;
  readonly hiccups: Hiccups;
  readonly #lanes: Lane[];
  readonly #onSample: (sample: PlainSample) => void;
  readonly #names = new Names();
  #ticker: Ticker | CoarseTicker | undefined;
  #ended = false;
  #fromUs = 0;
  #pending = 0;
  #idle: (() => void) | undefined;

  constructor(targets: readonly PlainTarget[], onSample: (sample: PlainSample) => void) {
    this.#lanes = targets.map((target, i) => new Lane(i, target));
    this.#onSample = onSample;
    this.hiccups = new Hiccups(10_000);
  }

  /** Begins; samples count from warmUpUs on. Resolves then, with that instant. */
  async start(warmUpUs: number): Promise<number> {
    const baseUs = Math.ceil((nowUs() + 50_000) / 1000) * 1000;
    this.#fromUs = baseUs + warmUpUs;
    for (const lane of this.#lanes) lane.dueUs = baseUs + lane.target.phaseUs;
    const rate = this.#lanes.reduce((sum, lane) => sum + 1e6 / lane.target.periodUs, 0);
    const coarse = rate > coarseFromHz;
    const schedules = this.#lanes.map((lane) => ({ firstUs: lane.dueUs, periodUs: lane.target.periodUs }));
    await new Promise<void>((resolve) => {
      const onTick = (now: number) => {
        this.hiccups.beat(now);
        this.#sendDue(now, coarse ? 0 : defaultTicker.leadUs);
        if (now >= this.#fromUs) resolve();
      };
      this.#ticker = coarse ? new CoarseTicker(onTick) : new Ticker(schedules, onTick);
    });
    return this.#fromUs;
  }

  /** Resolves when all that was sent is recorded. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#ticker?.stop();
    if (this.#pending > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    for (const lane of this.#lanes) {
      clearTimeout(lane.timer);
      for (const { wire } of lane.idle) wire.destroy();
    }
  }

  #sendDue(wokenUs: number, leadUs: number): void {
    let now = wokenUs;
    while (!this.#ended && now < wokenUs + turnUs) {
      let next = this.#lanes[0]!;
      for (const lane of this.#lanes) if (lane.dueUs < next.dueUs) next = lane;
      if (next.dueUs - now > leadUs * 1.5) return;
      while (now < next.dueUs) now = nowUs();
      const { dueUs } = next;
      next.dueUs += next.target.periodUs;
      this.#send(next, dueUs, now);
      now = nowUs();
    }
  }

  #send(lane: Lane, dueUs: number, sentUs: number): void {
    const sample = lane.sample(dueUs, sentUs);
    const lateUs = sentUs - dueUs;
    if (lateUs > Math.max(lane.target.periodUs / 2, 10_000)) {
      this.#refuse(sample, `not sent: ${Math.round(lateUs / 1000)} ms late`);
      return;
    }
    if (lane.pending >= lane.inFlightMax || this.#pending >= inFlightMax) {
      this.shed++;
      this.#refuse(sample, `shed: ${lane.pending} in flight`);
      return;
    }
    const flight: Flight = { sample, wire: undefined, over: false, redirects: 0, writtenUs: 0 };
    lane.begin(flight);
    this.#pending++;
    if (!lane.timer) this.#arm(lane);
    this.#go(lane, flight, lane.target.url);
  }

  #refuse(sample: PlainSample, note: string): void {
    sample.outcome = "observer";
    sample.note = note;
    sample.endUs = sample.sentUs;
    if (sample.dueUs >= this.#fromUs) this.#onSample(sample);
  }

  #go(lane: Lane, flight: Flight, url: string): void {
    const ready = this.#names.known(url);
    if (ready) {
      this.#ask(lane, flight, ready);
      return;
    }
    this.#names.find(url, (found, problem) => {
      if (flight.over) return;
      if (flight.redirects === 0) flight.sample.dnsUs = nowUs();
      if (found) this.#ask(lane, flight, found);
      else this.#over(lane, flight, "dns", problem);
    });
  }

  #ask(lane: Lane, flight: Flight, { endpoint, fresh, keep }: Address): void {
    const kept = lane.target.connection === "kept" && flight.redirects === 0;
    const wire = (kept ? lane.takeIdle(flight.sample.sentUs) : undefined) ?? new Wire(endpoint);
    flight.wire = wire;
    wire.request(kept ? keep : fresh, "GET", (exchange) => this.#answered(lane, flight, wire, exchange));
  }

  #answered(lane: Lane, flight: Flight, wire: Wire, exchange: Exchange): void {
    const { sample } = flight;
    if (wire.idle) {
      if (lane.target.connection === "kept" && flight.redirects === 0) lane.idle.push({ wire, sinceUs: exchange.endUs });
      else wire.destroy();
    }
    if (flight.over) return;
    flight.writtenUs = exchange.writtenUs;
    sample.connectUs ||= exchange.connectUs;
    sample.firstUs ||= exchange.firstUs;
    const { failure, reader } = exchange;
    if (failure) {
      this.#over(lane, flight, failure.outcome, failure.note, exchange.endUs);
      return;
    }
    sample.status = reader.status;
    if (reader.status >= 300 && reader.status < 400 && reader.status !== 304) {
      this.#redirected(lane, flight, reader.headers.location);
      return;
    }
    const { expect } = lane.target;
    if (reader.status >= 500) this.#over(lane, flight, "http-5xx", "", exchange.endUs);
    else if (reader.status === 404 && reader.headers["x-cf-routererror"])
      this.#over(lane, flight, "no-route", reader.headers["x-cf-routererror"]!, exchange.endUs);
    else if (reader.status >= 400) this.#over(lane, flight, "wrong-answer", `status ${reader.status}`, exchange.endUs);
    else if (expect !== undefined && !reader.body.includes(expect)) this.#over(lane, flight, "wrong-answer", "the expected text is missing", exchange.endUs);
    else this.#over(lane, flight, "ok", "", exchange.endUs);
  }

  #redirected(lane: Lane, flight: Flight, location: string | undefined): void {
    flight.redirects++;
    const to = location === undefined ? undefined : absolute(location, lane.target.url);
    if (flight.redirects > redirectsMax) this.#over(lane, flight, "wrong-answer", `redirected more than ${redirectsMax} times`);
    else if (to === undefined) this.#over(lane, flight, "wrong-answer", "redirected to nowhere");
    else this.#go(lane, flight, to);
  }

  /** Records the sample, once. */
  #over(lane: Lane, flight: Flight, outcome: Outcome, note: string, endUs = nowUs()): void {
    if (flight.over) return;
    flight.over = true;
    this.#pending--;
    const { sample } = flight;
    sample.endUs = endUs;
    sample.outcome = outcome;
    sample.note = note;
    const blindUs = this.hiccups.count === 0 && endUs - sample.sentUs < 50_000 ? 0 : this.hiccups.overlapUs(sample.sentUs, endUs);
    if (blindUs > 0) this.#doubt(lane, flight, blindUs);
    lane.ended();
    if (sample.dueUs >= this.#fromUs) this.#onSample(sample);
    if (this.#ended && this.#pending === 0) this.#idle?.();
  }

  /** We stood still meanwhile: what time alone would say about the target may be our own doing. */
  #doubt(lane: Lane, flight: Flight, blindUs: number): void {
    const { sample } = flight;
    const tookUs = sample.endUs - sample.sentUs;
    const slowUs = lane.target.slowUs ?? 100_000;
    const slowByUs = sample.outcome === "ok" && tookUs > slowUs && tookUs - blindUs <= slowUs;
    // Not written before we stopped, it could not be answered; given a tenth less time than it was promised, it may have been.
    const cheated = sample.outcome === "timeout" && flight.writtenUs === 0 && sample.connectUs === 0 && blindUs > lane.target.deadlineUs / 10;
    if (!slowByUs && !cheated) return;
    sample.note = `${sample.outcome} after ${Math.round(blindUs / 1000)} ms in which we stood still`;
    sample.outcome = "observer";
  }

  #arm(lane: Lane): void {
    const first = lane.inFlight[lane.head];
    if (!first) {
      lane.timer = undefined;
      return;
    }
    const leftUs = first.sample.sentUs + lane.target.deadlineUs - nowUs();
    // After a freeze timers run before sockets: what has arrived meanwhile is read first.
    lane.timer = setTimeout(() => setImmediate(() => this.#expire(lane)), Math.max(1, Math.ceil(leftUs / 1000)));
  }

  #expire(lane: Lane): void {
    const now = nowUs();
    for (let i = lane.head; i < lane.inFlight.length; i++) {
      const flight = lane.inFlight[i]!;
      if (flight.sample.sentUs + lane.target.deadlineUs > now) break;
      if (flight.over) continue;
      const wire = flight.wire;
      if (wire && !wire.idle) {
        // Its stamps say how far it got.
        wire.abort("timeout", `no answer in ${Math.round(lane.target.deadlineUs / 1000)} ms`);
        if (!flight.over) this.#over(lane, flight, "timeout", "no answer", now);
        i = lane.head - 1;
      } else {
        this.#over(lane, flight, "dns", "no address before the deadline", now);
        i = lane.head - 1;
      }
    }
    this.#arm(lane);
  }
}

const absolute = (location: string, base: string): string | undefined => {
  try {
    const url = new URL(location, base);
    return url.protocol === "http:" || url.protocol === "https:" ? url.href : undefined;
  } catch {
    return undefined;
  }
};
