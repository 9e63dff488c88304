/** A verdict: what is judged of plan, timeline and samples. The schema of verdict.json is the type; docs/verdict.schema.json is made from it. */
import { z } from "zod";
import { aboutSchema } from "./event.js";
import { loadVerdictSchema } from "./load.js";
import { doesSchema } from "./recovery.js";
import type { Shape } from "./shape.js";

const seconds = z.number().nonnegative();
const count = z.number().int();
const instant = z.number().nullable();
const interval = z.strictObject({ lo: count, hi: count }).nullable().describe("µs after the run's zero; null: never seen");

const resultSchema = z.enum(["pass", "fail", "inconclusive", "aborted"]);
export type Result = z.infer<typeof resultSchema>;

const findingSchema = z.strictObject({ result: resultSchema, says: z.string(), atUs: z.array(count) });
export interface Finding extends Shape<typeof findingSchema> {}

/** Seconds, with the bounds that the sampling period leaves open. */
const boundsSchema = z.strictObject({ lo: seconds, hi: seconds }).describe("seconds, with the bounds that the sampling period leaves open");
export interface Bounds extends Shape<typeof boundsSchema> {}
const lostS = z.strictObject({
  control: z.strictObject({ outside: boundsSchema, inside: boundsSchema }),
  data: z.strictObject({ outside: boundsSchema, inside: boundsSchema }),
});

const receiptSchema = z.strictObject({
  injection: z.string(),
  act: z.string(),
  fault: z.string(),
  target: z.string(),
  bitUs: interval,
  healedUs: interval,
});
/** The proof, per injection: between which readings it bit, and between which it was healed. null: never seen. */
export interface Receipt extends Shape<typeof receiptSchema> {}

const planeStateSchema = z.enum(["up", "degraded", "down"]);
export type PlaneState = z.infer<typeof planeStateSchema>;
const states = z.strictObject({ control: planeStateSchema, data: planeStateSchema });
const cellSchema = z.strictObject({ outside: states, inside: states, seconds });
export interface MatrixCell extends Shape<typeof cellSchema> {}

const stepClockSchema = z.strictObject({
  procedure: z.string(),
  step: count,
  says: z.string(),
  does: doesSchema,
  /** From the instant that it was due to its beginning. */
  humanS: seconds,
  /** From its beginning to its end. */
  machineS: seconds,
  state: z.enum(["done", "refused", "gave-up", "unfinished"]),
  came: z.string(),
});
export interface StepClock extends Shape<typeof stepClockSchema> {}

const recoveryClockSchema = z.strictObject({
  act: z.string(),
  /** The procedure's detection, or without one the platform's first alarm. */
  detectedS: instant,
  /** First step that was begun; a person's delay comes before it. */
  decidedS: instant,
  restoredS: instant,
  verifiedS: instant,
  /** Last healing, proved. */
  healedS: instant,
  stableS: instant,
  /** How long it would have taken is not known. */
  censored: z.boolean().describe("ended by the rail, not by the playbook"),
  /** What people took, and what machines took, in all steps. */
  humanS: seconds,
  machineS: seconds,
  steps: z.array(stepClockSchema),
});
/** Per act: seconds from its first injection to each instant, null if it never came. */
export interface RecoveryClock extends Shape<typeof recoveryClockSchema> {}

const setupSchema = z.strictObject({
  target: z.string(),
  timeFactor: z.number(),
  policies: z.record(z.string(), z.string()),
  /** null: nobody's. */
  playbook: z.string().nullable(),
  about: aboutSchema.nullable().describe("null: the run did not record it"),
});
/** What was run, on what. */
export interface Setup extends Shape<typeof setupSchema> {}

const operation = boundsSchema.extend({ ok: count.nonnegative(), bad: count.nonnegative() });

const between = z.strictObject({ lo: z.number(), hi: z.number() }).nullable();
const peopleClockSchema = z.strictObject({
  act: z.string(),
  noticedS: between.describe('the first "something is wrong" since it bit'),
  namedS: between.describe('the first "I know what"'),
  firstActionS: between.describe("the first verb or step that was begun"),
  saidFixedS: between.describe('the first "it is fixed"'),
  restoredS: between.describe("users outside were served well again; null: nothing was lost, or it stayed so"),
  healedS: between.describe("witnessed: all of it was whole again; null: it was never seen"),
});
/** Per act that was seen to bite: seconds from the witnessed bite, with the witness's bounds. */
export interface PeopleClock extends Shape<typeof peopleClockSchema> {}
const peopleSchema = z.strictObject({
  blind: z.boolean(),
  clocks: z.array(peopleClockSchema).describe("per act that was seen to bite, seconds from then, with the witness's bounds; null: it never came"),
  marks: z.array(z.strictObject({ atUs: count, who: z.string(), seat: z.string(), mark: z.enum(["wrong", "cause", "fixed"]), says: z.string() })),
  verbs: z.array(z.strictObject({ verb: z.string(), done: count, refused: count })),
  steps: z.strictObject({ of: count, done: count, leftOut: count, outOfOrder: count }).describe("of the playbook, by people"),
  falseAlarms: count.describe('"something is wrong" before anything was'),
  earlyAllClears: count.describe('"it is fixed" while a witness read broken'),
});
/** What people did on a game day. It judges nothing, and nobody. */
export interface PeopleFigures extends Shape<typeof peopleSchema> {}

export const verdictSchema = z
  .strictObject({
    version: z.literal(1),
    result: resultSchema.describe("the worst of the findings: pass < inconclusive < fail; aborted overrides"),
    scenario: z.string(),
    seed: count,
    planDigest: z.string(),
    engine: z.string(),
    profile: z.string(),
    lostS: lostS.describe("lost seconds of the whole run, from turbulence to the end of the watch: mean over the probes of a plane and vantage"),
    acts: z.array(z.strictObject({ act: z.string(), lostS })).describe("the same per act: from its first injection to the next act's"),
    operations: z.record(z.string(), z.strictObject({ outside: operation, inside: operation })).describe("per control-plane operation"),
    matrix: z.array(cellSchema).describe("how long each combination of states lasted"),
    receipts: z.strictObject({ bit: count, healed: count, of: count, each: z.array(receiptSchema) }),
    ledger: z.strictObject({ acknowledged: count, missing: z.array(z.string()) }),
    recovery: z.array(recoveryClockSchema).describe("seconds from an act's injection to each instant of the recovery clock; null: it never came"),
    observerFaults: z.number().min(0).max(1).describe("share of samples lost to the observer"),
    findings: z.array(findingSchema).describe("atUs: the evidence, µs after the run's zero"),
    load: loadVerdictSchema.optional(),
    people: peopleSchema.optional().describe("what people did on a game day; absent: nobody played"),
    setup: setupSchema.optional().describe("what was run, on what; absent: a verdict of a version before"),
  })
  .describe("verdict.json of a Flounder run");
/** verdict.json. */
export interface Verdict extends Shape<typeof verdictSchema> {}
