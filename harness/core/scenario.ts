/** A scenario: what to break, and what must hold. Written in TypeScript. */
import type { Selector } from "./capability.js";

export type Plane = "control" | "data";

export type Vantage = "outside" | "inside";

export interface When {
  readonly id?: string;
  /** Seconds after the start of turbulence, or after `after` has ended and the foundation is steady again. Default 0. */
  readonly atS?: number;
  readonly after?: string;
  readonly forS: number;
  /** time: the cause passes after forS; playbook: the damage stays and forS is only a rail. Default time. */
  readonly endedBy?: "time" | "playbook";
  /** A label of the scenario's own clock, e.g. 05:45. */
  readonly clock?: string;
}

export interface Act extends When {
  readonly id: string;
  readonly fault: string;
  readonly options: unknown;
  readonly on: Selector;
}

/** What must hold. An act with neither a `min` nor an alarm anywhere proves nothing. */
export type Must = LostMust | AlarmMust;

/** The platform itself must raise this alarm, within the same time as lost seconds are counted. */
export interface AlarmMust {
  readonly during?: string;
  readonly alarm: string;
}

/** `min` is harm: a fault that does none proves nothing. It is held against what happened until somebody repaired it; a quick playbook fails by no `min`. */
export interface LostMust {
  /** From that act's first injection to the next act's, or to the end of the watch. Absent: the whole run from turbulence on. */
  readonly during?: string;
  /** Nothing may be lost before so many seconds after the injection: damage that comes later than the fault. */
  readonly notBeforeS?: number;
  readonly plane: Plane;
  readonly from: Vantage;
  /** Only this operation (login, push …) instead of the whole plane. */
  readonly op?: string;
  readonly lostS: { readonly min?: number; readonly max?: number };
}

export interface Scenario {
  readonly name: string;
  readonly says: string;
  readonly giveUpS: number;
  readonly playbook?: string;
  /** No more injections than this in all: a selector that grew is refused. */
  readonly blastRadius?: number;
  readonly foundation: { readonly profile: string; readonly timeFactor: number; readonly policy?: Readonly<Record<string, string>> };
  readonly acts: readonly Act[];
  readonly must: readonly Must[];
}
