/** How well the prober measures on this machine, as far as a plan keeps it. */
import { z } from "zod";
import type { Shape } from "./shape.js";

/** Whose questions: a plain request of `watch` ("http"), a target's probe of several steps, or one of the other kinds of endpoint. */
export const calibratedAskerSchema = z.enum(["http", "probe", "tcp", "dns", "exec", "http2"]);
export type CalibratedAsker = z.infer<typeof calibratedAskerSchema>;

const rowSchema = z.object({
  /** Absent: "http". */
  asker: calibratedAskerSchema.optional(),
  /** How the outages were: 503, refuse, stall … */
  mode: z.string(),
  connection: z.enum(["fresh", "kept"]),
  rateHz: z.number().positive(),
  windows: z.number().int().nonnegative(),
  missed: z.number().int().nonnegative(),
  /** Reported − true length: its mean, and the root of its mean square. */
  biasMs: z.number(),
  rmsMs: z.number().nonnegative(),
  /** Share of windows whose bounds hold the truth at both edges, 0 to 1. */
  coverage: z.number().min(0).max(1),
  /** The shortest outage that was tried, and the longest that was missed (0: none was). Absent: a record of before that was kept. */
  shortestMs: z.number().nonnegative().optional(),
  longestMissedMs: z.number().nonnegative().optional(),
});
/** Outage lengths as the prober reported them, held against the true ones. */
export interface CalibratedRow extends Shape<typeof rowSchema> {}

const machineSchema = z.object({
  /** Same machine, same id. Says nothing else. */
  id: z.string(),
  cpu: z.string(),
  cores: z.number(),
  kernel: z.string(),
  node: z.string(),
});
export interface Machine extends Shape<typeof machineSchema> {}

export const plannedCalibrationSchema = z.object({
  madeIso: z.string(),
  /** A few short outages only. */
  quick: z.boolean(),
  machine: machineSchema,
  rows: z.array(rowSchema),
});
/** What a plan keeps of the record that `flounder calibrate` writes; the rest of it is left out. */
export interface PlannedCalibration extends Shape<typeof plannedCalibrationSchema> {}
