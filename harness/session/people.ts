/** People who play instead of a script: what a run is told of what they do, and the acts that it leaves for them to begin. */
import { sleep } from "../clock.js";
import type { Act, Event, EventBody, Plan } from "../core.js";
import { FlounderError } from "../errors.js";
import { withBegun } from "../planning/unplanned.js";

export interface People {
  /** They are told nothing of what was planned, injected and witnessed. */
  readonly blind: boolean;
  readonly seats: readonly string[];
  /** What they do from now on, each once. Returns what ends it; by then everything that was done before has come. */
  listen(to: Ears): () => void;
}
export interface Ears {
  /** Stamped by the host's monotonic clock. */
  event(event: Event): void;
  /** An unplanned act is to begin. */
  begin(act: string, who: string): void;
  /** No more unplanned acts: the run may go on to its watch. */
  noMore(who: string): void;
}

interface OpenActsInputs {
  plan(): Plan;
  /** The plan in which it has begun, before anything is injected: whoever finds the folder of a run that was killed has the plan of what was done. */
  replan(plan: Plan): void;
  now(): number;
  note(event: EventBody): void;
  readonly signal: AbortSignal;
}
const lookMs = 50;
/** An act that begins later than this share of the run's time could not be watched to its end. */
const latestShare = 0.6;

/** The unplanned acts of a run: they begin while it is at its acts, and it does not leave them before they are over. */
export class OpenActs {
  readonly #playing: Promise<unknown>[] = [];
  #play: ((act: Act) => Promise<unknown>) | undefined;
  #sinceUs = 0;
  #noMore = false;

  constructor(readonly inputs: OpenActsInputs) {}

  begin(id: string, who: string): void {
    const { plan, replan, note, now } = this.inputs;
    const said = (ok: boolean, says: string) => note({ kind: "facilitator", by: "person", who, did: "inject", act: id, ok, says });
    try {
      if (!this.#play) throw new FlounderError("refused", "the run is not at its acts", "wait until it is");
      const next = withBegun(plan(), id, Math.round((now() - this.#sinceUs) / 1000) / 1000);
      replan(next);
      said(true, `${id} begins`);
      const playing = this.#play(next.acts.at(-1)!);
      playing.catch(() => {}); // during() says it
      this.#playing.push(playing);
    } catch (error) {
      said(false, (error as Error).message);
    }
  }
  noMore(): void {
    this.#noMore = true;
  }
  /** Resolves when the planned acts are over, everything that has begun meanwhile is, and nothing more will begin. */
  async during(planned: Promise<unknown>, play: (act: Act) => Promise<unknown>): Promise<void> {
    this.#play = play;
    this.#sinceUs = this.inputs.now();
    const latestUs = latestShare * this.inputs.plan().giveUpS * 1e6;
    try {
      await planned;
      while (!this.#noMore && this.inputs.plan().unplanned && this.inputs.now() < latestUs) await sleep(lookMs, this.inputs.signal);
      for (let seen = 0; seen < this.#playing.length; ) {
        seen = this.#playing.length;
        await Promise.all(this.#playing);
      }
    } finally {
      this.#play = undefined;
    }
  }
}
