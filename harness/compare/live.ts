/** What a comparison says while it runs: a line per trial that is over; on a terminal a last line with where it is, who leads, and how long it will take. */
import { sayDuration } from "../durations.js";
import { sayBounds } from "../judge/findings.js";
import type { Out } from "../report/terminal/terminal.js";
import { leader } from "./analysis/sentence.js";
import type { Slot } from "./measured.js";
import type { Comparison, Design, Trial } from "./shapes.js";
import { type Shard, trialsLeft } from "./trials.js";

export class LiveComparison {
  readonly #tookMs = new Map<string, number[]>();
  #beganMs = 0;
  #ticking = false;
  #where = "";

  constructor(
    readonly design: Design,
    readonly trials: () => readonly Trial[],
    readonly out: Out,
    readonly shard: Shard | undefined,
    readonly nowMs: () => number = () => performance.now(),
  ) {}

  begins(slot: Slot, comparison: Comparison): void {
    this.#beganMs = this.nowMs();
    const { blocks, maxBlocks, path, order } = this.design;
    const of = path === "fixed" ? blocks : `${blocks} to ${maxBlocks}`;
    const delays = slot.delays === 1 ? "" : ` at human delays × ${slot.delays}`;
    const again = slot.attempt > 1 ? `, attempt ${slot.attempt}` : "";
    const left = this.#leftMs();
    this.#where = `block ${slot.block} of ${of}, trial ${slot.position} of ${order[0]!.arms.length}`;
    this.#line(`${this.#where}: ${slot.arm}${delays}${again}; ${leader(comparison)}${left === undefined ? "" : `; about ${sayDuration(left)} left`}`);
  }

  ended(trial: Trial): void {
    const tookMs = this.nowMs() - this.#beganMs;
    this.#tookMs.set(trial.arm, [...(this.#tookMs.get(trial.arm) ?? []), tookMs]);
    const { plane, from } = this.design.outcome;
    const recovered = trial.recovered ? `recovered after ${trial.recoveryS.toFixed(1)} s` : `not recovered within ${this.design.capS} s`;
    const ending = trial.ending === "finished" ? "" : `; the playbook ${endings[trial.ending]}`;
    const writes = trial.writes.lost > 0 ? `; ${trial.writes.lost} acknowledged writes lost` : "";
    const says = trial.invalid
      ? `does not count (${trial.invalid.code}: ${trial.invalid.says})`
      : `lost ${sayBounds(trial.lostS[plane][from])}, ${recovered}${writes}${ending}`;
    this.say(`  block ${trial.block}  ${trial.arm.padEnd(24)} ${says}  [${(tookMs / 1000).toFixed(1)} s]`);
  }

  say(line: string): void {
    this.#clear();
    this.out.write(`${line}\n`);
  }

  /** A line of progress of the trial that is on: on a terminal alone, it would fill a file. */
  progress(line: string): void {
    if (this.out.isTTY === true) this.#line(`${this.#where}: ${line}`);
  }
  done(): void {
    this.#clear();
  }

  /** By the mean of the trials so far. */
  #leftMs(): number | undefined {
    const all = [...this.#tookMs.values()].flat();
    if (all.length === 0) return undefined;
    return trialsLeft(this.design, this.trials(), this.shard) * (all.reduce((sum, ms) => sum + ms, 0) / all.length);
  }

  #line(text: string): void {
    this.#clear();
    if (this.out.isTTY !== true) return void this.out.write(`${text}\n`);
    this.out.write(text.slice(0, (this.out.columns ?? 80) - 1));
    this.#ticking = true;
  }
  #clear(): void {
    if (this.#ticking) this.out.write("\r\u001b[2K");
    this.#ticking = false;
  }
}

const endings = {
  threw: "threw an error",
  hung: "hung",
  "did-nothing": "did nothing",
  frozen: "was stopped by a freeze",
} as const satisfies Readonly<Record<Exclude<Trial["ending"], "finished">, string>>;
