/** Playbooks: how an outage is ended, by whom, and how hands slip. */
import type { Plane, Vantage } from "./scenario.js";

/** up: every probe of that plane and vantage was answered well for so long; down: none. */
export type Condition = { readonly alarm: string } | { readonly plane: Plane; readonly from: Vantage; readonly is: "up" | "down"; readonly forS: number };

export interface Step<Console = unknown> {
  readonly say: string;
  /** Its part in the recovery clock. */
  readonly does: "decide" | "prevent" | "restore" | "verify" | "release";
  /** Median of what a person needs before it; each run draws its own from the seed. Absent: nobody is asked. */
  readonly humanS?: number;
  /** Waited for before it is begun. */
  readonly guard?: Condition;
  /** Resolves with what came of it. Tried again until limitS while the platform refuses or does not answer. */
  run?(console: Console): Promise<string>;
  /** Waited for before it counts as done. */
  readonly until?: Condition;
  /** From its beginning: then it is given up, and its procedure with it. */
  readonly limitS: number;
}

/** Begun whenever its condition comes to hold; again when it has ended and the condition comes to hold anew. */
export interface Procedure<Console = unknown> {
  readonly name: string;
  readonly detect: Condition;
  readonly steps: readonly Step<Console>[];
}

/** Every targets/<name>/playbooks/*.ts default-exports one, named like its file. */
export interface Playbook<Console = unknown> {
  readonly name: string;
  /** One sentence: what it bets on. */
  readonly says: string;
  /** How the platform must be configured for it, instead of what the scenario says: a remedy that is in place before anything breaks. */
  readonly policy?: Readonly<Record<string, string>>;
  /** Done before anything breaks, as last night's backup; no part of the recovery. */
  before?(console: Console): Promise<string>;
  readonly procedures: readonly Procedure<Console>[];
}

/** What goes wrong with a step in the hands of a person. wrong-terminal: it is typed where something else listens. */
export type Slip = "wrong-target" | "wrong-step" | "skipped" | "repeated" | "wrong-terminal";

/** draw: from 0 to 1, chooses which of what there is. */
export interface PlannedSlip {
  readonly kind: Slip;
  readonly draw: number;
}

/** Who plays the playbook: `delays` multiplies the medians of human delays, `sigma` is their log-normal width, `slips` are probabilities per step. */
export interface OperatorModel {
  readonly name: string;
  readonly delays: number;
  readonly sigma: number;
  readonly slips: Readonly<Partial<Record<Slip, number>>>;
}

/** A console on which hands can slip: what comes of it is the target's to know. */
export interface SlipperyConsole {
  slip(kind: "wrong-target" | "wrong-terminal", draw: number): Promise<string>;
}

/** Pure data: what will be done, without what does it. */
export type PlannedStep = Omit<Step, "run" | "humanS"> & { readonly humanS: number; readonly slip?: PlannedSlip };

export interface PlannedProcedure {
  readonly name: string;
  readonly detect: Condition;
  readonly steps: readonly PlannedStep[];
}
