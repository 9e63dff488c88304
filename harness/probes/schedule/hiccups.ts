/** Remembers when the observer itself stood still: stopped, swapped out, collecting garbage. Fed by the ticker, which beats at least every 20 ms. */
import { defaultTicker } from "./ticker.js";

/** Older ones overlap nothing that is still in flight. */
const keptUs = 120e6;

export class Hiccups {
  #list: { fromUs: number; toUs: number }[] = [];
  #lastUs = 0;
  count = 0;
  readonly #longestUs: number;

  /** Longer between two beats than one beat and `patienceUs` is a hiccup: what a busy machine adds is none. */
  constructor(patienceUs = 20_000) {
    this.#longestUs = defaultTicker.beatUs + patienceUs;
  }

  /** Call it at every wake-up, before anything else. */
  beat(nowUs: number): void {
    if (this.#lastUs > 0 && nowUs - this.#lastUs > this.#longestUs) {
      this.count++;
      this.#list.push({ fromUs: this.#lastUs + defaultTicker.beatUs, toUs: nowUs });
      this.#list = this.#list.filter((one) => one.toUs > nowUs - keptUs);
    }
    this.#lastUs = nowUs;
  }

  /** How long we stood still within [fromUs, toUs], µs; a gap since the last beat that is still going on included. */
  overlapUs(fromUs: number, toUs: number): number {
    let sum = 0;
    for (const one of this.#list) sum += Math.max(0, Math.min(toUs, one.toUs) - Math.max(fromUs, one.fromUs));
    if (this.#lastUs > 0 && toUs - this.#lastUs > this.#longestUs) sum += toUs - Math.max(fromUs, this.#lastUs + defaultTicker.beatUs);
    return sum;
  }
}
