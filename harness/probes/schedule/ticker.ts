/**
 * Wakes the main thread when a slot of an absolute monotonic schedule is due. A worker thread sleeps in `Atomics.wait` and the main thread waits
 * in `Atomics.waitAsync`: half the lateness of timers, which Node rounds to whole milliseconds, at little CPU.
 */
import { Worker } from "node:worker_threads";
import { nowUs } from "../../clock.js";

export interface Schedule {
  /** Monotonic µs. */
  readonly firstUs: number;
  readonly periodUs: number;
}
export interface TickerOptions {
  /**
   * The worker aims so much before a slot at most, and the main thread spins for the rest. What a wake-up costs on this machine is learnt while it runs,
   * so that three of four are in time and little is spun.
   */
  readonly leadUs: number;
  /** A wake-up at least so often, due or not: a gap between two is how a frozen observer is noticed. */
  readonly beatUs: number;
}
/** Shared with the worker, 32 bits each: how often it woke us, whether to stop, and the lead by now; and in 64 bits (`aimed`) the instant it last aimed at, µs. */
export const cells = { ticks: 0, stop: 1, lead: 2, count: 4 } as const;
export const aimed = { at: 0, offset: 4 * cells.count } as const;
export interface TickerData extends TickerOptions {
  readonly buffer: SharedArrayBuffer;
  readonly schedules: readonly Schedule[];
}

type WaitAsync = (cells: Int32Array, index: number, value: number) => { readonly async: false } | { readonly async: true; readonly value: Promise<string> };
// ES2024; Node 16 and later have it, TypeScript's ES2023 library does not.
const waitAsync = (Atomics as unknown as { waitAsync: WaitAsync }).waitAsync;

const leastLeadUs = 20;
export const defaultTicker: TickerOptions = { leadUs: 150, beatUs: 20_000 };

/** The lead after a wake-up that took `tookUs`, µs: where they take now this, now that, it goes to where one of four comes too late. */
export const nextLead = (leadUs: number, tookUs: number, mostUs: number): number =>
  Math.min(mostUs, Math.max(leastLeadUs, leadUs + (tookUs > leadUs ? 3 : -1)));

/** Calls `onTick` from the main thread until stop(). */
export class Ticker {
  readonly #buffer = new SharedArrayBuffer(aimed.offset + 8);
  readonly #cells = new Int32Array(this.#buffer, 0, cells.count);
  readonly #aimed = new Float64Array(this.#buffer, aimed.offset);
  readonly #worker: Worker;
  readonly #alive: NodeJS.Timeout;
  #stopped = false;

  constructor(schedules: readonly Schedule[], onTick: (nowUs: number) => void, options: TickerOptions = defaultTicker) {
    const data: TickerData = { buffer: this.#buffer, schedules, ...options };
    let leadUs = options.leadUs;
    Atomics.store(this.#cells, cells.lead, leadUs);
    this.#worker = new Worker(new URL("./ticker-worker.js", import.meta.url), { workerData: data });
    // A pending waitAsync does not keep the event loop alive.
    this.#alive = setInterval(() => {}, 60_000);
    let seen = 0;
    const next = () => {
      if (this.#stopped) return;
      seen = Atomics.load(this.#cells, cells.ticks);
      onTick(nowUs());
      wait();
    };
    const woken = () => {
      const tookUs = nowUs() - this.#aimed[aimed.at]!;
      leadUs = nextLead(leadUs, tookUs, options.leadUs);
      Atomics.store(this.#cells, cells.lead, leadUs);
      next();
    };
    const wait = () => {
      if (this.#stopped) return;
      const pending = waitAsync(this.#cells, cells.ticks, seen);
      // A tick that came while the last one was worked off: sockets have their turn first.
      if (pending.async) pending.value.then(woken);
      else setImmediate(next);
    };
    wait();
  }

  async stop(): Promise<void> {
    this.#stopped = true;
    clearInterval(this.#alive);
    Atomics.store(this.#cells, cells.stop, 1);
    Atomics.notify(this.#cells, cells.stop);
    Atomics.notify(this.#cells, cells.ticks);
    await this.#worker.terminate();
  }
}

/** For schedules so slow that a millisecond is nothing to them: one timer until the next slot, and neither a thread nor a main thread that spins. */
export class SlowTicker {
  #timer: NodeJS.Timeout | undefined;
  #stopped = false;

  /** `nextUs`: when the next slot is due. */
  constructor(nextUs: () => number, onTick: (nowUs: number) => void, { beatUs } = defaultTicker) {
    const wait = () => {
      const leftUs = Math.min(beatUs, nextUs() - nowUs());
      this.#timer = setTimeout(next, Math.max(0, Math.ceil(leftUs / 1000)));
    };
    const next = () => {
      onTick(nowUs());
      if (!this.#stopped) wait();
    };
    wait();
  }
  async stop(): Promise<void> {
    this.#stopped = true;
    clearTimeout(this.#timer);
  }
}

/** For schedules so fast that the slots of a millisecond share a wake-up anyway: a timer is cheapest, if a millisecond later. */
export class CoarseTicker {
  readonly #timer: NodeJS.Timeout;
  constructor(onTick: (nowUs: number) => void) {
    this.#timer = setInterval(() => onTick(nowUs()), 1);
  }
  async stop(): Promise<void> {
    clearInterval(this.#timer);
  }
}
