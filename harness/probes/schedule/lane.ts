/** One endpoint of plain.ts: what is asked of it, its place in the schedule, what is in flight, idle connections. */
import type { Outcome } from "../../core.js";
import type { Wire } from "../http/wire.js";

export interface PlainTarget {
  readonly url: string;
  /** kept: a pool, as a browser or a service has; fresh: a connection per sample, which is what a new user feels. */
  readonly connection: "fresh" | "kept";
  readonly periodUs: number;
  readonly phaseUs: number;
  readonly deadlineUs: number;
  /** What the body of a good answer holds. */
  readonly expect?: string;
  /** Only to tell the observer's slowness from the target's. */
  readonly slowUs?: number;
}
/** Stamps in monotonic µs; phase ends are 0 where there was no such phase. */
export interface PlainSample {
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
  note: string;
}

/** One question that was asked, until it is over. */
export interface Flight {
  readonly sample: PlainSample;
  wire: Wire | undefined;
  over: boolean;
  redirects: number;
  writtenUs: number;
}

/** Idle connections are closed before servers close them (Node after 5 s): else a request meets the closing and looks like a reset. */
const idleMaxUs = 2e6;

export class Lane {
  dueUs = 0;
  inFlight: Flight[] = [];
  /** Of inFlight, those before are over. */
  head = 0;
  idle: { wire: Wire; sinceUs: number }[] = [];
  timer: NodeJS.Timeout | undefined;
  pending = 0;
  readonly inFlightMax: number;
  #seq = 0;

  constructor(
    readonly index: number,
    readonly target: PlainTarget,
  ) {
    this.inFlightMax = Math.ceil((1.3 * target.deadlineUs) / target.periodUs) + 10;
  }

  /** The next one, of which nothing is known yet. */
  sample(dueUs: number, sentUs: number): PlainSample {
    const seq = this.#seq++;
    return { target: this.index, seq, dueUs, sentUs, dnsUs: 0, connectUs: 0, firstUs: 0, endUs: 0, outcome: "ok", status: 0, note: "" };
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
  /** The connection that was used last, if it is still good for a question asked at `atUs`. */
  takeIdle(atUs: number): Wire | undefined {
    for (;;) {
      const last = this.idle.pop();
      if (!last) return undefined;
      if (last.sinceUs < atUs - idleMaxUs) last.wire.destroy();
      else if (last.wire.idle) return last.wire;
    }
  }
}
