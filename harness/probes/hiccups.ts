/** Remembers when the observer itself stood still: stopped, swapped out, collecting garbage. Fed by the ticker, which beats at least every 20 ms. */
import { defaultTicker } from "./ticker.js";

/** Longer than this between two beats is a hiccup: a beat, and what a busy machine adds. */
const longestUs = defaultTicker.beatUs + 20_000;
/** Older ones overlap nothing that is still in flight. */
const keptUs = 120e6;

export class Hiccups {
  #list: { fromUs: number; toUs: number }[] = [];
  #lastUs = 0;
  count = 0;

  /** Call it at every wake-up, before anything else. */
  beat(nowUs: number): void {
    if (this.#lastUs > 0 && nowUs - this.#lastUs > longestUs) {
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
    if (this.#lastUs > 0 && toUs - this.#lastUs > longestUs) sum += toUs - Math.max(fromUs, this.#lastUs + defaultTicker.beatUs);
    return sum;
  }
}
