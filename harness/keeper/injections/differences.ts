/**
 * The machine is believed, not the journal: what is otherwise than it was made, and is no live injection's, is named and put right, whoever did it and whatever was
 * recorded. Doctor, status, heal and a healing that is not proved all take this one look.
 */
import { sleep, within } from "../../clock.js";
import type { Capability, Difference, HealReport, SaidDifference } from "../../core.js";
import type { LiveInjection } from "./injection.js";

/** Between the two looks that a difference must be seen in: what restarts or is mended just then differs for an instant. */
const twiceMs = 300;
/** What needed another to be put right first is seen, or can be mended, only then. */
const rounds = 4;

export interface DifferencesDeps {
  readonly mendMs: number;
  look(): Promise<readonly Difference[]>;
  injections(): readonly Pick<LiveInjection, "injection" | "fault" | "state">[];
  /** Each that was put right, or could not be. */
  tell(report: HealReport): void;
}

/** These act on one config; an operator's verbs do so as well. */
const oneConfig: readonly Capability[] = ["config", "rules", "pool", "console"];
const sameDeed = (a: Capability, b: Capability) => a === b || (oneConfig.includes(a) && oneConfig.includes(b));
const placeOf = ({ target, capability }: SaidDifference) => `${capability} of ${target}`;

export class Differences {
  #mending: Promise<readonly HealReport[]> | undefined;

  constructor(private readonly deps: DifferencesDeps) {}

  async seen(): Promise<readonly Difference[]> {
    const first = await this.#look();
    if (first.length === 0) return first;
    await sleep(twiceMs);
    const again = await this.#look();
    return again.filter((one) => first.some((other) => placeOf(one) === placeOf(other) && one.says === other.says));
  }
  /** Puts right all of it; a report for each. Callers at the same time share one mending. */
  mend(): Promise<readonly HealReport[]> {
    this.#mending ??= this.#mend().finally(() => {
      this.#mending = undefined;
    });
    return this.#mending;
  }

  async #look(): Promise<readonly Difference[]> {
    return (await this.deps.look()).filter((one) => !this.#isHeld(one));
  }
  /** A live injection's own: a component's links are those of its isolation, too. One that healing could not prove holds nothing any more. */
  #isHeld({ target, capability }: SaidDifference): boolean {
    return this.deps.injections().some(({ injection, fault, state }) => {
      if (state === "unproved") return false;
      if (injection.target === target) return fault.needs.some((need) => sameDeed(need, capability));
      return capability === "link" && fault.needs.includes("links") && target.split(/[>.]/).includes(injection.target);
    });
  }

  async #mend(): Promise<readonly HealReport[]> {
    const found = new Map<string, Difference>();
    const failed = new Map<string, string>();
    let now = await this.seen();
    for (let round = 0; now.length > 0 && round < rounds; round++) {
      for (const one of now) found.set(`${placeOf(one)}: ${one.says}`, one);
      const done = await Promise.all(now.map((one) => this.#mendOne(one, failed)));
      // What failed would fail again, as long as nothing else has changed.
      if (!done.some(Boolean)) break;
      now = await this.seen();
    }
    const left = new Map(now.map((one) => [placeOf(one), one]));
    return [...found.values()].map((one) => {
      const still = left.get(placeOf(one));
      const says = still
        ? `${one.says}; it could not be put right: ${failed.get(placeOf(one)) ?? `still ${still.says}`}`
        : `${one.says}; no injection recorded it`;
      const report = { injection: "", target: one.target, proved: still === undefined, says };
      this.deps.tell(report);
      return report;
    });
  }
  /** False if it failed. */
  async #mendOne(one: Difference, failed: Map<string, string>): Promise<boolean> {
    // An injection may have begun meanwhile.
    if (this.#isHeld(one)) return false;
    failed.delete(placeOf(one));
    try {
      await within(this.deps.mendMs, "putting it right", one.mend());
      return true;
    } catch (error) {
      failed.set(placeOf(one), error instanceof Error ? error.message : String(error));
      return false;
    }
  }
}
