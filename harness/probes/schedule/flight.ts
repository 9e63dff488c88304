/** One sample on its way, and the lane that it belongs to: a place in the schedule, and what of it is in flight. */
import type { Outcome } from "../../core.js";

/** What is known of one sample. Stamps in monotonic µs; phase ends are 0 where there was no such phase. */
export interface Stamps {
  /** The lane's index. */
  readonly target: number;
  readonly seq: number;
  readonly dueUs: number;
  readonly sentUs: number;
  dnsUs: number;
  connectUs: number;
  firstUs: number;
  endUs: number;
  outcome: Outcome;
  status: number;
  /** A request met the closing of a kept connection and was made again on a fresh one. */
  isRepeated: boolean;
  note: string;
}

/** Puts one question; made for a lane, used for each of its samples. */
export interface Asker {
  /** Asks, and settles the flight once, now or later. What it returns is told when the deadline has passed. */
  ask(flight: Flight): Asking | undefined;
  /** Nothing is asked any more. */
  close(): void;
}
export interface Asking {
  /** The deadline has passed: ends what is under way and settles the flight, at once or after the little that it takes to know what that means. */
  expire(nowUs: number): void;
}

export interface Schedule {
  readonly periodUs: number;
  readonly phaseUs: number;
  readonly deadlineUs: number;
  /** Only to tell the observer's slowness from the target's. */
  readonly slowUs?: number;
}

export class Flight {
  over = false;
  /** The deadline has passed, and its asker was told. */
  expired = false;
  /** All of the question was handed to the kernel: from here on only the target's answer is missing. 0: not known. */
  writtenUs = 0;
  asking: Asking | undefined;

  constructor(
    readonly lane: Lane,
    readonly sample: Stamps,
    private readonly settled: (flight: Flight) => void,
  ) {}

  /** Says what came of it; only the first word counts. */
  settle(outcome: Outcome, note = "", endUs?: number): void {
    if (this.over) return;
    this.over = true;
    this.sample.outcome = outcome;
    this.sample.note = note;
    this.sample.endUs = endUs ?? 0;
    this.settled(this);
  }
}

export class Lane {
  dueUs = 0;
  inFlight: Flight[] = [];
  /** Of inFlight, those before are over. */
  head = 0;
  timer: NodeJS.Timeout | undefined;
  pending = 0;
  readonly inFlightMax: number;
  #seq = 0;

  constructor(
    readonly index: number,
    readonly schedule: Schedule,
    readonly asker: Asker,
  ) {
    this.inFlightMax = Math.ceil((1.3 * schedule.deadlineUs) / schedule.periodUs) + 10;
  }

  /** The next one, of which nothing is known yet. */
  sample(dueUs: number, sentUs: number): Stamps {
    const seq = this.#seq++;
    return { target: this.index, seq, dueUs, sentUs, dnsUs: 0, connectUs: 0, firstUs: 0, endUs: 0, outcome: "ok", status: 0, isRepeated: false, note: "" };
  }
  begin(flight: Flight): void {
    this.inFlight.push(flight);
    this.pending++;
  }
  /** One of those in flight is over: those at the head that are so are let go of. */
  ended(): void {
    this.pending--;
    while (this.head < this.inFlight.length && this.inFlight[this.head]!.over) this.head++;
    if (this.head > 256 || this.head === this.inFlight.length) {
      this.inFlight.splice(0, this.head);
      this.head = 0;
    }
  }
}
