/**
 * How long a sample lasts: what works in it learns when it is over, and why. An AbortSignal would do as well, and costs more than all else that is ours in a
 * sample; whoever wants one gets it.
 */
import type { ProbeFailure } from "../../core.js";

type End = (why: ProbeFailure) => void;

export class Span {
  #over: ProbeFailure | undefined;
  #ends: End[] = [];
  #abort: AbortController | undefined;

  /** Why it is over; undefined: it is not. */
  get over(): ProbeFailure | undefined {
    return this.#over;
  }
  get signal(): AbortSignal {
    if (!this.#abort) {
      this.#abort = new AbortController();
      if (this.#over) this.#abort.abort(this.#over);
    }
    return this.#abort.signal;
  }

  /** Called once, when it is over. Of something that is over already it is never called. */
  onEnd(end: End): void {
    this.#ends.push(end);
  }
  offEnd(end: End): void {
    const at = this.#ends.indexOf(end);
    if (at >= 0) this.#ends.splice(at, 1);
  }
  /** Only the first reason counts. */
  end(why: ProbeFailure): void {
    if (this.#over) return;
    this.#over = why;
    const ends = this.#ends;
    this.#ends = [];
    for (const end of ends) end(why);
    this.#abort?.abort(why);
  }
}
