/** A game as its server knows it: all that is true now, whatever a role may see of it, and what may be done. The live one is in live-game.ts, a made-up one in testing/. */
import type { Event } from "../core.js";
import type { AbortProgress, ConsoleState, Debrief, LaneHead, MarkKind, Role, Seat, SecretState, StageName } from "./protocol.js";

/** Who asks. */
export interface Viewer {
  readonly role: Role;
  readonly name: string;
  /** Players have one. */
  readonly seat?: Seat | undefined;
}
/** Everything that is true of a game now. sight.ts says who sees what of it. */
export interface Truth {
  readonly stage: StageName;
  readonly blind: boolean;
  readonly zeroMs: number | null;
  readonly frozen: { readonly untilIso: string; readonly reason: string } | null;
  readonly seats: readonly Seat[];
  readonly lanes: readonly LaneHead[];
  readonly console: ConsoleState;
  readonly secret: SecretState;
  readonly abort: AbortProgress | null;
  readonly why?: string | undefined;
}
/** Share of users served badly, per lane and bin; null: nothing was measured. */
export interface Bins {
  readonly binUs: number;
  readonly lost: ReadonlyMap<string, readonly (number | null)[]>;
}
/** What has changed; `fromBin`: from that bin on. */
export type Change =
  | { readonly of: "truth" | "events" | "abort" }
  | { readonly of: "lanes"; readonly fromBin: number }
  | { readonly of: "progress"; readonly says: string };

export interface Came {
  readonly ok: boolean;
  readonly says: string;
}
export interface Game {
  readonly truth: Truth;
  /** In the order in which they were written. Only grows. */
  readonly events: readonly Event[];
  readonly bins: Bins;
  /** Returns what ends the listening. */
  onChange(listener: (change: Change) => void): () => void;
  /** These reject with a FlounderError where it cannot be done: "refused" for what is not possible now, "usage" for what there is not. */
  go(who: Viewer): Promise<void>;
  inject(act: string, who: Viewer): Promise<void>;
  noMore(who: Viewer): Promise<void>;
  note(says: string, who: Viewer): Promise<void>;
  freeze(forS: number, reason: string, who: Viewer): Promise<void>;
  unfreeze(reason: string, who: Viewer): Promise<void>;
  /** Resolves as soon as it is under way: what comes of it are changes. */
  abort(reason: string, who: Viewer): Promise<void>;
  /** When it was, by the run's clock. */
  mark(mark: MarkKind, says: string, who: Viewer): Promise<number>;
  verb(name: string, args: readonly string[], who: Viewer): Promise<Came>;
  step(procedure: string, step: number, does: "tick" | "run" | "skip", who: Viewer): Promise<Came>;
  approve(ask: number, go: boolean, who: Viewer): Promise<void>;
  components(): Promise<readonly string[]>;
  log(component: string, lines: number): Promise<readonly string[]>;
  debrief(): Promise<Debrief>;
  reportHtml(): Promise<string>;
}
