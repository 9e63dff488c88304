/** Load that somebody else's tool makes while a run goes on. Its figures are that tool's: no lost second is counted from them. */
import { z } from "zod";
import type { Shape } from "./shape.js";

const thresholdSchema = z.strictObject({
  metric: z.string().describe("http_req_duration{expected_response:true}"),
  expression: z.string().describe("p(95)<500"),
});
export interface Threshold extends Shape<typeof thresholdSchema> {}

/** command: any other tool, by a shell's words; nothing is known of it but how it ends. */
const toolSchema = z.enum(["k6", "command"]);

export const plannedLoadSchema = z.strictObject({
  tool: toolSchema,
  name: z.string().describe("the file's name without its ending, or the command's first word"),
  script: z.string().describe("the k6 script as one file, with all that it imports of its own; or the command"),
  thresholds: z.array(thresholdSchema).describe("what k6 holds against its own metrics; each is a must of the run"),
});
export interface PlannedLoad extends Shape<typeof plannedLoadSchema> {}

/** How a load ended, as the timeline has it. */
export const loadEndShape = {
  byItself: z.boolean().describe("it was not told to"),
  exitCode: z.number().int().nullable().describe("null: a signal ended it"),
  thresholds: z.array(thresholdSchema.extend({ held: z.boolean() })).describe("as k6 decided them; those that it did not get to are not there"),
};
const loadEndSchema = z.strictObject(loadEndShape);
export interface LoadEnd extends Shape<typeof loadEndSchema> {}

/** A line of load.jsonl. */
export const loadRowSchema = z.strictObject({
  /** From the run's zero, a multiple of 100. */
  atMs: z.number(),
  requests: z.number(),
  /** k6: answered otherwise than the script expects, or not at all. */
  failed: z.number(),
  /** Of those that did not fail: how long each took, ms with three digits, and how many took that. */
  ms: z.record(z.string(), z.number()),
});
/** Requests that began within one tenth of a second of the run; several rows may be of one. */
export interface LoadRow extends Shape<typeof loadRowSchema> {}

const ms = z.number().nonnegative();
const figures = {
  requests: z.number().int().nonnegative(),
  failed: z.number().int().nonnegative(),
  latencyMs: z.strictObject({ p50: ms, p95: ms, p99: ms, max: ms }).nullable().describe("of requests that did not fail; null: there was none"),
};
const figuresSchema = z.strictObject(figures);
/** Of a stretch of the run. */
export interface LoadFigures extends Shape<typeof figuresSchema> {}

export const loadVerdictSchema = z
  .strictObject({
    tool: toolSchema,
    name: z.string(),
    end: loadEndSchema.nullable(),
    all: figuresSchema.describe("from turbulence to the end of the watch"),
    steady: figuresSchema.describe("in the steady phase before"),
    acts: z.array(z.strictObject({ act: z.string(), ...figures })).describe("while the act's fault held, by its receipts"),
  })
  .describe("what the load's own tool reported; no lost second is counted from it");
export interface LoadVerdict extends Shape<typeof loadVerdictSchema> {}
