/** verdict.json as a zod schema; docs/verdict.schema.json is made from it (`node scripts/schema.mjs`) and a test holds them equal. */
import { z } from "zod";
import type { Verdict } from "../core.js";

const seconds = z.number().nonnegative();
const bounds = z.strictObject({ lo: seconds, hi: seconds }).describe("seconds, with the bounds that the sampling period leaves open");
const instant = z.number().nullable();
const interval = z.strictObject({ lo: z.number().int(), hi: z.number().int() }).nullable().describe("µs after the run's zero; null: never seen");
const lostS = z.strictObject({
  control: z.strictObject({ outside: bounds, inside: bounds }),
  data: z.strictObject({ outside: bounds, inside: bounds }),
});
const states = z.strictObject({ control: z.enum(["up", "degraded", "down"]), data: z.enum(["up", "degraded", "down"]) });
const operation = bounds.extend({ ok: z.number().int().nonnegative(), bad: z.number().int().nonnegative() });
const result = z.enum(["pass", "fail", "inconclusive", "aborted"]);

export const verdictSchema = z
  .strictObject({
    version: z.literal(1),
    result: result.describe("the worst of the findings: pass < inconclusive < fail; aborted overrides"),
    scenario: z.string(),
    seed: z.number().int(),
    planDigest: z.string(),
    engine: z.string(),
    profile: z.string(),
    lostS: lostS.describe("lost seconds of the whole run, from turbulence to the end of the watch: mean over the probes of a plane and vantage"),
    acts: z.array(z.strictObject({ act: z.string(), lostS })).describe("the same per act: from its first injection to the next act's"),
    operations: z.record(z.string(), z.strictObject({ outside: operation, inside: operation })).describe("per control-plane operation"),
    matrix: z.array(z.strictObject({ outside: states, inside: states, seconds })).describe("how long each combination of states lasted"),
    receipts: z.strictObject({
      bit: z.number().int(),
      healed: z.number().int(),
      of: z.number().int(),
      each: z.array(z.strictObject({ injection: z.string(), act: z.string(), fault: z.string(), target: z.string(), bitUs: interval, healedUs: interval })),
    }),
    ledger: z.strictObject({ acknowledged: z.number().int(), missing: z.array(z.string()) }),
    recovery: z
      .array(
        z.strictObject({
          act: z.string(),
          detectedS: instant,
          decidedS: instant,
          restoredS: instant,
          verifiedS: instant,
          healedS: instant,
          stableS: instant,
          censored: z.boolean().describe("ended by the rail, not by the playbook"),
          humanS: seconds,
          machineS: seconds,
          steps: z.array(
            z.strictObject({
              procedure: z.string(),
              step: z.number().int(),
              says: z.string(),
              does: z.enum(["decide", "prevent", "restore", "verify", "release"]),
              humanS: seconds,
              machineS: seconds,
              state: z.enum(["done", "refused", "gave-up", "unfinished"]),
              came: z.string(),
            }),
          ),
        }),
      )
      .describe("seconds from an act's injection to each instant of the recovery clock; null: it never came"),
    observerFaults: z.number().min(0).max(1).describe("share of samples lost to the observer"),
    findings: z.array(z.strictObject({ result, says: z.string(), atUs: z.array(z.number().int()) })).describe("atUs: the evidence, µs after the run's zero"),
    setup: z
      .strictObject({
        target: z.string(),
        timeFactor: z.number(),
        policies: z.record(z.string(), z.string()),
        playbook: z.string().nullable(),
        about: z
          .strictObject({
            foundation: z.strictObject({ id: z.string(), attached: z.boolean().describe("it was up before the run, and stayed") }),
            versions: z.record(z.string(), z.string()),
            repro: z.string().describe("a shell command that makes the same plan again"),
          })
          .nullable()
          .describe("null: the run did not record it"),
      })
      .optional()
      .describe("what was run, on what; absent: a verdict of a version before"),
  })
  .describe("verdict.json of a Flounder run");

/** Either direction fails to compile when type and schema part. */
const schemaGivesVerdict = (parsed: z.infer<typeof verdictSchema>): Verdict => parsed;
type Mutable<T> = T extends object ? { -readonly [K in keyof T]: Mutable<T[K]> } : T;
const verdictFitsSchema = (verdict: Mutable<Verdict>): z.infer<typeof verdictSchema> => verdict;

/** JSON Schema (2020-12), as published. */
export const verdictJsonSchema = (): unknown => z.toJSONSchema(verdictSchema);

/** Refuses what is not a verdict; for whoever reads verdict.json of an unknown origin. */
export const parseVerdict = (data: unknown): Verdict => schemaGivesVerdict(verdictFitsSchema(verdictSchema.parse(data)));
