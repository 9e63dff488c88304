/** What a cabinet can move in all, per second: one queue for its clients' requests and answers and for mirrors that come and go, first come, first served. */
import { sleep } from "../base/until.js";

/** A shorter wait is none: timers are no better. */
const leastMs = 2;

export class Bandwidth {
  #freeAtMs = 0;
  readonly #moved = { clients: 0, mirrors: 0 };

  constructor(readonly bytesPerS: number) {}

  /** Takes a place in the queue; ms until these bytes have been moved, 0 for at once. */
  take(bytes: number, whose: "clients" | "mirrors"): number {
    const now = performance.now();
    this.#freeAtMs = Math.max(now, this.#freeAtMs) + (1000 * bytes) / this.bytesPerS;
    this.#moved[whose] += bytes;
    const ms = this.#freeAtMs - now;
    return ms < leastMs ? 0 : ms;
  }
  async pass(bytes: number, whose: "clients" | "mirrors"): Promise<void> {
    const ms = this.take(bytes, whose);
    if (ms > 0) await sleep(ms);
  }
  report(): { readonly bytesPerS: number; readonly queueMs: number; readonly movedBytes: { readonly clients: number; readonly mirrors: number } } {
    return { bytesPerS: this.bytesPerS, queueMs: Math.max(0, Math.round(this.#freeAtMs - performance.now())), movedBytes: { ...this.#moved } };
  }
}
