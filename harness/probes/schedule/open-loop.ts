/**
 * The one open loop that every figure comes from: questions are sent on an absolute monotonic schedule, whether or not earlier ones were answered. What could not
 * be sent in time, was too much, or was spoilt because we stood still ourselves, is recorded as the observer's fault and never left out.
 * What a question is, is its asker's to know (flight.ts).
 */
import { nowUs } from "../../clock.js";
import { type Asker, Flight, Lane, type Schedule, type Stamps } from "./flight.js";
import { Hiccups } from "./hiccups.js";
import { CoarseTicker, defaultTicker, SlowTicker, Ticker } from "./ticker.js";

/** Deadlines bound what is in flight; this bounds a defect. */
const inFlightMax = 12_000;
/** Sending for longer at a stretch, when more is due than can be sent, would leave answers unread. */
const turnUs = 5000;
/** From here on a wake-up for each costs more than the request. */
const coarseFromHz = 1500;
/** From such a period on the millisecond that a timer may be late is a hundredth of it, and not worth a thread and spinning. */
const slowFromUs = 100_000;
/** Later than half a period it is not this slot's answer any more; below this the lateness is the host's usual noise. */
const lateUs = 10_000;
/** Longer between two wake-ups is standing still. */
const patienceUs = 10_000;
const slowUsual = 100_000;

export interface Question {
  readonly schedule: Schedule;
  readonly asker: Asker;
}

export class OpenLoop {
  /** Not sent because too many were in flight. */
  shed = 0;
  readonly hiccups = new Hiccups(patienceUs);
  readonly #lanes: Lane[];
  readonly #onSample: (sample: Stamps) => void;
  readonly #settled = (flight: Flight) => this.#over(flight);
  #ticker: Ticker | CoarseTicker | SlowTicker | undefined;
  #ended = false;
  /** Samples due before are warm-up: asked, not recorded. */
  #fromUs = Number.POSITIVE_INFINITY;
  #pending = 0;
  #idle: (() => void) | undefined;

  /** `onSample` gets each sample when all is known of it. */
  constructor(questions: readonly Question[], onSample: (sample: Stamps) => void) {
    this.#lanes = questions.map(({ schedule, asker }, i) => new Lane(i, schedule, asker));
    this.#onSample = onSample;
  }

  /** Begins; samples count from warmUpUs on. Resolves then, with that instant. */
  async start(warmUpUs: number): Promise<number> {
    const baseUs = Math.ceil((nowUs() + 50_000) / 1000) * 1000; // the ticker's thread takes a moment to start
    this.#fromUs = baseUs + warmUpUs;
    for (const lane of this.#lanes) lane.dueUs = baseUs + lane.schedule.phaseUs;
    const rate = this.#lanes.reduce((sum, lane) => sum + 1e6 / lane.schedule.periodUs, 0);
    await new Promise<void>((resolve) => {
      const onTick = (now: number, leadUs: number) => {
        this.hiccups.beat(now);
        this.#sendDue(now, leadUs);
        if (now >= this.#fromUs) resolve();
      };
      this.#ticker = this.#tickerOf(rate, onTick);
    });
    return this.#fromUs;
  }

  /** Sends nothing more; resolves when all that was sent is recorded. */
  async end(): Promise<void> {
    this.#ended = true;
    await this.#ticker?.stop();
    if (this.#pending > 0)
      await new Promise<void>((resolve) => {
        this.#idle = resolve;
      });
    for (const lane of this.#lanes) {
      clearTimeout(lane.timer);
      lane.asker.close();
    }
  }

  #tickerOf(rateHz: number, onTick: (nowUs: number, leadUs: number) => void): Ticker | CoarseTicker | SlowTicker {
    if (rateHz > coarseFromHz) return new CoarseTicker((now) => onTick(now, 0));
    if (this.#lanes.every(({ schedule }) => schedule.periodUs >= slowFromUs))
      return new SlowTicker(
        () => this.#nextUs(),
        (now) => onTick(now, 0),
      );
    const schedules = this.#lanes.map((lane) => ({ firstUs: lane.dueUs, periodUs: lane.schedule.periodUs }));
    return new Ticker(schedules, (now) => onTick(now, defaultTicker.leadUs));
  }
  #nextUs(): number {
    let next = Number.POSITIVE_INFINITY;
    for (const { dueUs } of this.#lanes) if (dueUs < next) next = dueUs;
    return next;
  }

  #sendDue(wokenUs: number, leadUs: number): void {
    let now = wokenUs;
    while (!this.#ended && now < wokenUs + turnUs) {
      let next = this.#lanes[0];
      if (!next) return;
      for (const lane of this.#lanes) if (lane.dueUs < next.dueUs) next = lane;
      if (next.dueUs - now > leadUs * 1.5) return;
      while (now < next.dueUs) now = nowUs(); // the rest of the ticker's lead
      const { dueUs } = next;
      next.dueUs += next.schedule.periodUs;
      this.#send(next, dueUs, now);
      now = nowUs();
    }
  }

  #send(lane: Lane, dueUs: number, sentUs: number): void {
    const sample = lane.sample(dueUs, sentUs);
    const late = sentUs - dueUs;
    if (late > Math.max(lane.schedule.periodUs / 2, lateUs)) {
      this.#refuse(sample, `not sent: ${Math.round(late / 1000)} ms late`);
      return;
    }
    if (lane.pending >= lane.inFlightMax || this.#pending >= inFlightMax) {
      this.shed++;
      this.#refuse(sample, `shed: ${lane.pending} in flight`);
      return;
    }
    const flight = new Flight(lane, sample, this.#settled);
    lane.begin(flight);
    this.#pending++;
    if (!lane.timer) this.#arm(lane);
    flight.asking = lane.asker.ask(flight);
  }

  #refuse(sample: Stamps, note: string): void {
    sample.outcome = "observer";
    sample.note = note;
    sample.endUs = sample.sentUs;
    if (sample.dueUs >= this.#fromUs) this.#onSample(sample);
  }

  /** Records the sample. */
  #over(flight: Flight): void {
    const { sample, lane } = flight;
    this.#pending--;
    sample.endUs ||= nowUs();
    const { sentUs, endUs } = sample;
    const blindUs = this.hiccups.count === 0 && endUs - sentUs < 50_000 ? 0 : this.hiccups.overlapUs(sentUs, endUs);
    if (blindUs > 0) this.#doubt(flight, blindUs);
    lane.ended();
    if (sample.dueUs >= this.#fromUs) this.#onSample(sample);
    if (this.#ended && this.#pending === 0) this.#idle?.();
  }

  /** We stood still meanwhile: what time alone would say about the target may be our own doing. */
  #doubt({ sample, lane, writtenUs }: Flight, blindUs: number): void {
    const { outcome } = sample;
    const { slowUs = slowUsual, deadlineUs } = lane.schedule;
    const tookUs = sample.endUs - sample.sentUs;
    const slowByUs = outcome === "ok" && tookUs > slowUs && tookUs - blindUs <= slowUs;
    // Not asked in full before we stopped, it could not be answered; given a tenth less time than it was promised, it may have been.
    const cheated = (outcome === "timeout" || outcome === "unknown") && writtenUs === 0 && sample.connectUs === 0 && blindUs > deadlineUs / 10;
    // Of several steps nobody knows which one was held up.
    const held = (outcome === "timeout" || outcome === "unknown" || outcome === "reset") && writtenUs === 0 && blindUs > deadlineUs / 2;
    if (!slowByUs && !cheated && !held) return;
    sample.note = `${outcome} after ${Math.round(blindUs / 1000)} ms in which we stood still`;
    sample.outcome = "observer";
  }

  #arm(lane: Lane): void {
    let next = lane.head;
    while (next < lane.inFlight.length && (lane.inFlight[next]!.over || lane.inFlight[next]!.expired)) next++;
    const first = lane.inFlight[next];
    if (!first) {
      lane.timer = undefined;
      return;
    }
    const leftUs = first.sample.sentUs + lane.schedule.deadlineUs - nowUs();
    // After a freeze timers run before sockets: what has arrived meanwhile is read first.
    lane.timer = setTimeout(() => setImmediate(() => this.#expire(lane)), Math.max(1, Math.ceil(leftUs / 1000)));
  }

  #expire(lane: Lane): void {
    const now = nowUs();
    // Settling moves those at the head away.
    for (const flight of lane.inFlight.slice(lane.head)) {
      if (flight.sample.sentUs + lane.schedule.deadlineUs > now) break;
      if (flight.over || flight.expired) continue;
      flight.expired = true;
      if (flight.asking) flight.asking.expire(now);
      else flight.settle("timeout", "no answer", now);
    }
    this.#arm(lane);
  }
}
