/**
 * Observations in columns. As objects, those of some seconds at thousands per second are what collections of the prober's memory would be busy with:
 * each would be copied twice before it is forgotten.
 */
import type { Outcome } from "../core.js";
import type { Observation } from "./outages.js";

const firstRoom = 1024;

export class Observed {
  length = 0;
  #due = new Float64Array(firstRoom);
  #sent = new Float64Array(firstRoom);
  #end = new Float64Array(firstRoom);
  #outcome = new Uint8Array(firstRoom);
  readonly #outcomes: Outcome[] = ["ok"];

  push({ dueUs, sentUs, endUs, outcome }: Observation): void {
    const i = this.length++;
    if (i === this.#sent.length) this.#grow();
    this.#due[i] = dueUs ?? Number.NaN;
    this.#sent[i] = sentUs;
    this.#end[i] = endUs;
    this.#outcome[i] = this.#numberOf(outcome);
  }

  sentUs(i: number): number {
    return this.#sent[i]!;
  }
  at(i: number): Observation {
    const dueUs = this.#due[i]!;
    const seen = { sentUs: this.#sent[i]!, endUs: this.#end[i]!, outcome: this.#outcomes[this.#outcome[i]!]! };
    return Number.isNaN(dueUs) ? seen : { dueUs, ...seen };
  }
  /** Those of [from, to), by when they were sent. */
  sorted(from = 0, to = this.length): Observation[] {
    return Array.from({ length: to - from }, (_, i) => this.at(from + i)).sort((a, b) => a.sentUs - b.sentUs);
  }

  /** Puts all in the order in which they were sent. What is so already is left alone: in a long outage that is nearly all. */
  sort(): void {
    const sent = this.#sent;
    let first = 1;
    while (first < this.length && sent[first]! >= sent[first - 1]!) first++;
    let least = Number.POSITIVE_INFINITY;
    for (let i = first; i < this.length; i++) least = Math.min(least, sent[i]!);
    let from = Math.min(first, this.length);
    while (from > 0 && sent[from - 1]! > least) from--;
    const rest = this.sorted(from);
    this.length = from;
    for (const one of rest) this.push(one);
  }
  /** Forgets so many of the first. */
  drop(count: number): void {
    for (const column of this.#columns()) column.copyWithin(0, count, this.length);
    this.length -= count;
  }

  #numberOf(outcome: Outcome): number {
    const known = this.#outcomes.indexOf(outcome);
    return known >= 0 ? known : this.#outcomes.push(outcome) - 1;
  }
  #columns = () => [this.#due, this.#sent, this.#end, this.#outcome] as const;
  #grow(): void {
    const room = 2 * this.#sent.length;
    const larger = (column: Float64Array) => {
      const all = new Float64Array(room);
      all.set(column);
      return all;
    };
    this.#due = larger(this.#due);
    this.#sent = larger(this.#sent);
    this.#end = larger(this.#end);
    const outcome = new Uint8Array(room);
    outcome.set(this.#outcome);
    this.#outcome = outcome;
  }
}
