/** Playbooks: how an outage is ended, by whom, and how hands slip. What a plan keeps of them are schemas, of which the types are made. */
import { z } from "zod";
import { planeSchema, vantageSchema } from "./scenario.js";
import type { Shape } from "./shape.js";

const conditionSchema = z.union([
  z.strictObject({ alarm: z.string() }),
  z.strictObject({ plane: planeSchema, from: vantageSchema, is: z.enum(["up", "down"]), forS: z.number().nonnegative() }),
]);
/** up: every probe of that plane and vantage was answered well for so long; down: none. */
export type Condition = Shape<typeof conditionSchema>;

/** The part of a step in the recovery clock. */
export const doesSchema = z.enum(["decide", "prevent", "restore", "verify", "release"]);

export interface Step<Console = unknown> {
  readonly say: string;
  /** Its part in the recovery clock. */
  readonly does: z.infer<typeof doesSchema>;
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

/** In the order in which they are drawn. */
export const slips = ["wrong-target", "wrong-step", "skipped", "repeated", "wrong-terminal"] as const;
export const slipSchema = z.enum(slips);
/** What goes wrong with a step in the hands of a person. wrong-terminal: it is typed where something else listens. */
export type Slip = z.infer<typeof slipSchema>;
const plannedSlipSchema = z.strictObject({ kind: slipSchema, draw: z.number() });
/** draw: from 0 to 1, chooses which of what there is. */
export interface PlannedSlip extends Shape<typeof plannedSlipSchema> {}

export const operatorSchema = z.strictObject({
  name: z.string(),
  delays: z.number().positive(),
  sigma: z.number().nonnegative(),
  slips: z.partialRecord(slipSchema, z.number()),
});
/** Who plays the playbook: `delays` multiplies the medians of human delays, `sigma` is their log-normal width, `slips` are probabilities per step. */
export interface OperatorModel extends Shape<typeof operatorSchema> {}
/** A console on which hands can slip: what comes of it is the target's to know. */
export interface SlipperyConsole {
  slip(kind: "wrong-target" | "wrong-terminal", draw: number): Promise<string>;
}

export const procedureSchema = z.strictObject({
  name: z.string(),
  detect: conditionSchema,
  steps: z.array(
    z.strictObject({
      say: z.string(),
      does: doesSchema,
      humanS: z.number().nonnegative(),
      guard: conditionSchema.optional(),
      until: conditionSchema.optional(),
      limitS: z.number().positive(),
      slip: plannedSlipSchema.optional(),
    }),
  ),
});
/** Pure data: what will be done, without what does it. */
export interface PlannedProcedure extends Shape<typeof procedureSchema> {}
export type PlannedStep = PlannedProcedure["steps"][number];
