/** A sample: one answer to one question of the schedule. The schema is the type; docs/samples.schema.json is made from it. */
import { z } from "zod";
import { vantageSchema } from "./scenario.js";
import type { Shape } from "./shape.js";

export const outcomeSchema = z.enum([
  "ok",
  "refused",
  "reset",
  "timeout",
  "dns",
  "http-5xx",
  "no-route",
  "wrong-answer",
  "unknown",
  "not-attempted",
  "observer",
]);
export type Outcome = z.infer<typeof outcomeSchema>;

const us = z.number();
const phase = us.optional().describe("µs after sentUs");
/** A line of samples.jsonl.gz of a run, or of a watched foundation. Fields that a later version adds pass. */
export const sampleSchema = z.object({
  probe: z.string(),
  from: vantageSchema,
  target: z.string(),
  seq: z.number(),
  dueUs: us.describe("µs after the run's zero"),
  sentUs: us,
  endUs: us,
  outcome: outcomeSchema,
  /** Phase ends: dns, connect, first byte. */
  dnsUs: phase,
  connectUs: phase,
  firstUs: phase,
  status: z.number().optional(),
  note: z.string().optional().describe("who answered, or what went wrong"),
});
export interface Sample extends Shape<typeof sampleSchema> {}

/** What an answer to a plain request means that has this status and this header (in lower case), wherever it is asked: the header's value is its note. */
export interface AnswerClass {
  readonly status: number;
  readonly header: string;
  readonly outcome: Exclude<Outcome, "ok">;
}
