/** Polls one witness, one question at a time, and thins what it reads for the timeline without losing a bound of a receipt. */
import { nowUs, sleep, within } from "../../clock.js";
import type { Reading } from "../../core.js";

/** A reading with the time when the witness was asked and when it had answered. */
export interface Timed {
  readonly reading: Reading;
  readonly fromUs: number;
  readonly atUs: number;
}
interface Waiter {
  readonly states: readonly Reading["state"][];
  readonly sinceUs: number;
  readonly found: (timed: Timed | undefined) => void;
}

export const pollEveryMs = 200;
/** Longer than any deadline that a capability's own question has; a witness that takes longer has seen nothing. */
export const witnessMs = 2500;
const heartbeatUs = 1_000_000;

export class Watch {
  readonly #end = new AbortController();
  readonly #waiters = new Set<Waiter>();
  #reported: Timed | undefined;
  #last: Timed | undefined;

  /** `report` gets each reading that differs from the one before, that one as well, and one a second. */
  constructor(
    readonly ask: (signal: AbortSignal) => Promise<Reading>,
    readonly report: (timed: Timed) => void,
  ) {
    void this.#run();
  }
  get last(): Timed | undefined {
    return this.#last;
  }
  /** The first reading of one of these states whose question was asked after sinceUs; undefined if none came in time, or the watch was stopped. */
  see(states: readonly Reading["state"][], sinceUs: number, timeoutMs: number): Promise<Timed | undefined> {
    return new Promise((resolve) => {
      const waiter: Waiter = {
        states,
        sinceUs,
        found: (timed) => {
          clearTimeout(timer);
          this.#waiters.delete(waiter);
          resolve(timed);
        },
      };
      const timer = setTimeout(() => waiter.found(undefined), timeoutMs);
      this.#waiters.add(waiter);
    });
  }
  stop(): void {
    if (this.#last) this.#report(this.#last);
    this.#end.abort(new Error("the watch is over"));
    for (const waiter of this.#waiters) waiter.found(undefined);
  }

  async #run(): Promise<void> {
    const { signal } = this.#end;
    while (!signal.aborted) {
      const fromUs = nowUs();
      const reading = await this.#ask();
      if (signal.aborted) return;
      this.#see({ reading, fromUs, atUs: nowUs() });
      await sleep(Math.max(10, pollEveryMs - (nowUs() - fromUs) / 1000), signal).catch(() => {});
    }
  }
  /** A witness that throws or is late has seen nothing: unknown. What it still waits for is told to end by its signal. */
  async #ask(): Promise<Reading> {
    const over = new AbortController();
    const end = () => over.abort(this.#end.signal.reason);
    this.#end.signal.addEventListener("abort", end, { once: true });
    try {
      return await within(witnessMs, "the witness", this.ask(over.signal));
    } catch {
      return { state: "unknown" };
    } finally {
      this.#end.signal.removeEventListener("abort", end);
      over.abort(new Error("the witness took too long"));
    }
  }
  #see(timed: Timed): void {
    const before = this.#last;
    const changed = before === undefined || before.reading.state !== timed.reading.state || before.reading.generation !== timed.reading.generation;
    if (changed && before) this.#report(before);
    this.#last = timed;
    if (changed || timed.atUs - this.#reported!.atUs >= heartbeatUs) this.#report(timed);
    for (const waiter of this.#waiters) if (waiter.states.includes(timed.reading.state) && timed.fromUs >= waiter.sinceUs) waiter.found(timed);
  }
  #report(timed: Timed): void {
    if (this.#reported === timed) return;
    this.#reported = timed;
    this.report(timed);
  }
}
