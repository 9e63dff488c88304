/** What `flounder watch --json` writes as a zod schema; docs/watch.schema.json is made from it (`node scripts/schema.mjs`), and a test holds them equal. */
import { z } from "zod";
import { calibratedAskerSchema, plannedCalibrationSchema } from "../core/calibration.js";
import { outcomeSchema } from "../core/sample.js";
import type { WatchResult } from "./result.js";

const number = z.number();
const count = z.number().int().nonnegative();
const bounds = z.strictObject({ lo: number, hi: number }).describe("seconds, with the bounds that sampling leaves open");
const interval = (says: string) => z.strictObject({ lo: number, hi: number }).describe(says);
const spread = z.strictObject({ p50: number, p99: number, max: number });

const ruler = z.strictObject({
  asker: calibratedAskerSchema,
  rateHz: number,
  windows: count,
  missed: count,
  biasMs: number,
  rmsMs: number,
  theoryMs: number,
  ownMs: number,
  coverage: number,
});
const outage = z.strictObject({
  startMs: interval("wall clock, ms since 1970"),
  endMs: interval("wall clock, ms since 1970"),
  startNs: interval("CLOCK_MONOTONIC of this host"),
  endNs: interval("CLOCK_MONOTONIC of this host"),
  knownMs: number.describe("when the third bad answer was in, wall clock"),
  lostS: bounds,
  errorBarS: bounds.optional().describe("with the ruler's own error; absent where that is not known"),
  cause: z.union([outcomeSchema.exclude(["ok", "observer", "not-attempted"]), z.enum(["slow", "stall"])]),
  badShare: number.describe("1, or less in a brown-out"),
  samples: count,
  open: z.strictObject({ start: z.boolean(), end: z.boolean() }).describe("it was under way when sampling began or ended"),
});
const endpoint = z.strictObject({
  name: z.string(),
  url: z.string().describe("where it is asked, without credentials"),
  kind: z.enum(["http", "tcp", "dns", "exec", "probe"]),
  connection: z.enum(["fresh", "kept"]),
  proxy: z.string().optional(),
  probe: z.string().optional(),
  from: z.string().optional(),
  plane: z.string().optional(),
  rateHz: number,
  deadlineMs: number,
  slowMs: number.describe("answers that took longer were bad"),
  samples: count,
  counts: z.partialRecord(outcomeSchema, count),
  slow: count,
  observerFaults: count,
  lostS: bounds,
  errorBarS: bounds.optional(),
  outages: z.array(outage),
  latencyMs: spread,
  lastBad: z.strictObject({ outcome: outcomeSchema, note: z.string() }).optional(),
  last: outcomeSchema.optional(),
  findings: z.record(z.string(), count),
  verdict: z.strictObject({ result: z.enum(["pass", "measured", "fail", "inconclusive"]), says: z.array(z.string()) }),
});
export const watchSchema = z
  .strictObject({
    version: z.literal(2),
    flounder: z.string(),
    startedIso: z.string(),
    seconds: number,
    complete: z.boolean().describe("false while it runs: the file is written anew each second"),
    verdict: z.strictObject({
      result: z.enum(["pass", "fail", "inconclusive", "aborted", "measured"]).describe("measured: no limit was asked for"),
      says: z.array(z.string()),
    }),
    abortedBy: z.enum(["signal", "limit", "prober"]).optional(),
    command: z.strictObject({ argv: z.array(z.string()), exitCode: z.number().int().nullable(), signal: z.string().nullable() }).nullable(),
    observer: z.strictObject({
      faults: count,
      share: number.min(0).max(1),
      shed: count,
      hiccups: count.describe("times that the prober itself paused"),
      cpuShare: number,
      latenessMs: spread.describe("how late samples were sent: max is the latest of all"),
    }),
    calibration: z.strictObject({
      is: z.enum(["none", "known", "other", "unsaid"]).describe("whether this machine was calibrated"),
      says: z.string(),
      record: plannedCalibrationSchema.pick({ madeIso: true, quick: true, machine: true }).optional(),
      errors: z.array(ruler),
      warnings: z.array(z.string()),
    }),
    endpoints: z.array(endpoint),
  })
  .describe("what flounder watch --json writes");

/** Either direction fails to compile when type and schema part. */
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
export const schemaGivesWatch = (parsed: z.infer<typeof watchSchema>): Mutable<WatchResult> => parsed as Mutable<WatchResult>;
export const watchFitsSchema = (result: Mutable<WatchResult>): z.infer<typeof watchSchema> => result;
