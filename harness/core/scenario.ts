/** A scenario: what to break, and what must hold. Written in TypeScript; the schema is the type, and holds what comes from a file against it. */
import { z } from "zod";
import type { Shape } from "./shape.js";

export const planeSchema = z.enum(["control", "data"]);
export type Plane = z.infer<typeof planeSchema>;
export const vantageSchema = z.enum(["outside", "inside"]);
export type Vantage = z.infer<typeof vantageSchema>;

const seconds = z.number().nonnegative();
const percentage = z
  .string()
  .regex(/^(100|[1-9]\d?)%$/, 'expected "one", "minority", "majority", "all", a count or a percentage such as "30%"') as unknown as z.ZodType<`${number}%`>;
const selectorSchema = z.strictObject({
  of: z.string().min(1),
  pick: z.union([z.enum(["one", "minority", "majority", "all"]), z.number().int().positive(), percentage]),
});
/** `of`: a role, or a glob over target names (picomatch). Only targets that can what the fault needs are counted. */
export interface Selector extends Shape<typeof selectorSchema> {}

/** time: the cause passes after forS; playbook: the damage stays and forS is only a rail. Default time. */
export const endedBySchema = z.enum(["time", "playbook"]);
const whenFields = {
  /** Seconds after the start of turbulence, or after `after` has ended and the foundation is steady again. Default 0. */
  atS: seconds.optional(),
  after: z.string().optional(),
  forS: z.number().positive(),
  endedBy: endedBySchema.optional(),
  /** A label of the scenario's own clock, e.g. 05:45. */
  clock: z.string().optional(),
  /** It begins when the facilitator of a game day says so, or never. */
  unplanned: z.literal(true).optional(),
};
const actSchema = z.strictObject({ id: z.string().min(1), fault: z.string(), options: z.unknown(), on: selectorSchema, ...whenFields });
export interface Act extends Shape<typeof actSchema> {}
/** When an act takes place, as authors say it. */
export interface When extends Omit<Act, "id" | "fault" | "options" | "on"> {
  readonly id?: string;
}

const lostMustSchema = z.strictObject({
  /** From that act's first injection to the next act's, or to the end of the watch. Absent: the whole run from turbulence on. */
  during: z.string().optional(),
  /** Nothing may be lost before so many seconds after the injection: damage that comes later than the fault. */
  notBeforeS: seconds.optional(),
  plane: planeSchema,
  from: vantageSchema,
  /** Only this operation (login, push …) instead of the whole plane. */
  op: z.string().optional(),
  lostS: z.strictObject({ min: seconds.optional(), max: seconds.optional() }),
});
/** `min` is harm: a fault that does none proves nothing. It is held against what happened until somebody repaired it; a quick playbook fails by no `min`. */
export interface LostMust extends Shape<typeof lostMustSchema> {}
const alarmMustSchema = z.strictObject({ during: z.string().optional(), alarm: z.string().min(1) });
/** The platform itself must raise this alarm, within the same time as lost seconds are counted. */
export interface AlarmMust extends Shape<typeof alarmMustSchema> {}
/** What must hold. An act with neither a `min` nor an alarm anywhere proves nothing. */
export type Must = LostMust | AlarmMust;

export const scenarioSchema = z.strictObject({
  name: z.string().regex(/^[a-z0-9][a-z0-9-]*$/, "expected a kebab-case name"),
  /** The target that it is for; absent: the one that is asked for, or the default. */
  system: z.string().min(1).optional(),
  says: z.string().min(1),
  giveUpS: seconds,
  playbook: z.string().optional(),
  /** No more injections than this in all: a selector that grew is refused. */
  blastRadius: z.number().int().positive().optional(),
  foundation: z.strictObject({ profile: z.string(), timeFactor: z.number().min(1).max(1000), policy: z.record(z.string(), z.string()).optional() }),
  acts: z.array(actSchema),
  /** On a game day: both gives players the inside vantage as well, which in April 2011 only operations had. Default outside. */
  playersSee: z.enum(["outside", "both"]).optional(),
  must: z.array(z.union([lostMustSchema, alarmMustSchema])),
});
export interface Scenario extends Shape<typeof scenarioSchema> {}
