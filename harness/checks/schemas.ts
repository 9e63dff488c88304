/** The published JSON Schemas (2020-12) of all that Flounder writes and reads: file below docs/ → schema. `node scripts/schema.mjs` writes them, tests hold them equal. */
import { z } from "zod";
import { comparisonJsonSchema } from "../compare/shapes.js";
import { eventSchema } from "../core/event.js";
import { planSchema } from "../core/plan.js";
import { outcomeSchema, sampleSchema } from "../core/sample.js";
import { verdictSchema } from "../core/verdict.js";
import { watchConfigJsonSchema } from "../watch/endpoints.js";
import { watchSchema } from "../watch/result-schema.js";

/** Of endpoints, which have no plan: first a line that says what the columns are and whose they are, then a row for each sample. */
const endpointLines = [
  z.strictObject({ columns: z.array(z.string()), targets: z.array(z.looseObject({ kind: z.string(), place: z.string() })) }),
  z.array(z.union([z.number(), outcomeSchema, z.string()])).length(11),
];
const sampleLine = z
  .union([sampleSchema, ...endpointLines])
  .describe("a line of samples.jsonl.gz of a run, or of flounder watch --samples: there rows begin with the target's place in the head");

export const schemas: Readonly<Record<string, () => unknown>> = {
  "plan.schema.json": () => z.toJSONSchema(planSchema.describe("plan.json of a Flounder run"), { io: "input" }),
  "timeline.schema.json": () => z.toJSONSchema(eventSchema.describe("a line of timeline.jsonl of a Flounder run"), { io: "input" }),
  "samples.schema.json": () => z.toJSONSchema(sampleLine, { io: "input" }),
  "verdict.schema.json": () => z.toJSONSchema(verdictSchema),
  "comparison.schema.json": comparisonJsonSchema,
  "watch.schema.json": () => z.toJSONSchema(watchSchema),
  "watch-config.schema.json": watchConfigJsonSchema,
};
