/** What a tab knows of the game, from its stream alone. Pure: no document, no network. */
import type { AbortProgress, LaneBins, LaneHead, SeenEvent, State, StreamEvents } from "../protocol.js";
import type { Stretch } from "./geometry.js";

export class Game {
  state: State | undefined;
  events: SeenEvent[] = [];
  progress: string[] = [];
  abort: AbortProgress | undefined;
  binS = 0;
  /** Lane key → bins from the run's zero. */
  readonly bins = new Map<string, (number | null)[]>();
  /** This tab's clock minus the server's, ms. */
  #aheadMs = 0;

  forget(): void {
    this.events = [];
    this.progress = [];
    this.bins.clear();
  }
  heard<K extends keyof StreamEvents>(name: K, data: StreamEvents[K], index: number, wallMs: number): void {
    if (name === "event") this.events[index - 1] = data as SeenEvent;
    else if (name === "lanes") this.#take(data as LaneBins);
    else if (name === "abort") this.abort = data as AbortProgress;
    else if (name === "progress") this.progress = [...this.progress, (data as StreamEvents["progress"]).says].slice(-60);
    else {
      this.state = data as State;
      this.#aheadMs = wallMs - this.state.nowMs;
    }
  }
  #take({ binUs, from, lost }: LaneBins): void {
    this.binS = binUs / 1e6;
    for (const [key, values] of Object.entries(lost)) {
      const bins = this.bins.get(key) ?? [];
      while (bins.length < from) bins.push(null);
      bins.splice(from, values.length, ...values);
      this.bins.set(key, bins);
    }
  }

  /** Seconds of the run now; undefined before it. It stands still once the run is over. */
  runS(wallMs: number): number | undefined {
    const { state } = this;
    if (!state || state.zeroMs === null) return undefined;
    if (state.stage === "over" || state.stage === "failed") return Math.max(0, ...this.events.map((event) => event.atUs / 1e6), this.lanesEndS());
    return (wallMs - this.#aheadMs - state.zeroMs) / 1000;
  }
  lanesEndS(): number {
    return Math.max(0, ...[...this.bins.values()].map((bins) => bins.length * this.binS));
  }
  stretches(key: string): readonly Stretch[] {
    return (this.bins.get(key) ?? []).map((lost, i) => ({ fromS: i * this.binS, toS: (i + 1) * this.binS, lost }));
  }
}

export type PlaneWord = "up" | "some" | "down" | "unknown";
export interface PlaneNow {
  readonly state: PlaneWord;
  readonly text: string;
}
/** Older answers than this say nothing about now, s. */
const freshS = 4;

/** What a lane is like now, by its newest bin that has an answer. */
export function planeNow(game: Game, { key }: LaneHead, runS: number | undefined): PlaneNow {
  const bins = game.bins.get(key) ?? [];
  const index = bins.findLastIndex((lost) => lost !== null);
  const isOver = game.state?.stage === "over";
  if (index < 0 || (!isOver && runS !== undefined && runS - (index + 1) * game.binS > freshS)) return { state: "unknown", text: "no data" };
  return planeOf(bins[index] ?? null);
}
export function planeOf(lost: number | null): PlaneNow {
  if (lost === null) return { state: "unknown", text: "no data" };
  if (lost === 0) return { state: "up", text: "up" };
  if (lost >= 0.995) return { state: "down", text: "down" };
  return { state: "some", text: `${Math.max(1, Math.round(lost * 100))} % lost` };
}
