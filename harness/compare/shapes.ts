/**
 * The shapes of a comparison: design.json (declared and hashed before trial 1), a trial (a row of trials.csv), comparison.json.
 * The zod schemas are the truth, the types follow from them. No process, no foundation: whoever runs trials and whoever judges them meet here.
 */
import { z } from "zod";

const seconds = z.number().nonnegative();
const count = z.number().int().nonnegative();
const positive = z.number().int().positive();
const bounds = z.strictObject({ lo: seconds, hi: seconds }).describe("seconds, with the bounds that the sampling period leaves open");
const share = z.number().min(0).max(1);
/** null: the interval has no end on this side. */
const interval = z.tuple([z.number().nullable(), z.number().nullable()]);

export const outcomeSchema = z.strictObject({ plane: z.enum(["control", "data"]), from: z.enum(["outside", "inside"]) });
const lostOf = z.strictObject({
  control: z.strictObject({ outside: bounds, inside: bounds }),
  data: z.strictObject({ outside: bounds, inside: bounds }),
});

export const roles = ["reference", "candidate", "control", "aa"] as const;
const arm = z.strictObject({
  name: z.string().min(1).describe("unique in the design; the playbook's name, or that and a number where a playbook has two arms"),
  playbook: z.string().min(1),
  role: z.enum(roles).describe("control (do nothing) and aa (the reference once more) are outside the family"),
  idle: z.boolean().describe("this playbook has no procedure: doing nothing is what it does").default(false),
});

/** design.json: nothing in it can change after trial 1; its digest is printed before. */
export const designSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    flounder: z.string(),
    machine: z.string(),
    scenario: z.string(),
    profile: z.string(),
    engine: z.string(),
    operator: z.string().describe("which operator model the human delays and slips come from"),
    conditions: z
      .record(z.string(), z.union([z.string(), z.number(), z.boolean()]))
      .describe("whatever else all trials have in common")
      .default({}),
    arms: z.array(arm).min(2),
    reference: z.string().nullable().describe("the arm that all others are held against; null: all pairs"),
    family: z
      .array(z.strictObject({ a: z.string(), b: z.string() }))
      .min(1)
      .describe("the declared pairs: is a faster than b?"),
    outcome: outcomeSchema.describe("the primary outcome: lost seconds of this plane, seen from there"),
    shiftS: z.number().positive().describe("added to lost seconds before the logarithm (U may be 0): the sampling period of the primary outcome"),
    matters: z.number().gt(1).describe("the smallest ratio that matters: 1.25"),
    alpha: z.number().gt(0).lt(0.5),
    capS: z.number().positive().describe("a trial that has not recovered by then counts as censored at this instant"),
    path: z.enum(["fixed", "sequential"]),
    blocks: positive.describe("fixed: so many blocks; sequential: no stop is looked for before the sixth, and this many are expected"),
    maxBlocks: positive.describe("sequential: reaching it undecided is 'not decided'; fixed: the same as blocks"),
    attempts: positive.describe("so often an invalid trial is run again before its block goes without it"),
    seed: z.number().int(),
    order: z
      .array(z.strictObject({ seed: z.number().int(), arms: z.array(z.string()) }))
      .describe("per block: its seed, and its arms in the order that chance gave them"),
    expect: z.strictObject({ faster: z.string(), slower: z.string() }).nullable().describe('--expect "faster < slower"'),
  })
  .describe("design.json of a comparison");

export const invalidCodes = ["fault-not-witnessed", "not-steady", "observer", "cut-off", "broken-off", "helped"] as const;
export const endings = ["finished", "threw", "hung", "did-nothing", "frozen"] as const;

/** One attempt at one arm of one block: a row of trials.csv. */
export const trialSchema = z.strictObject({
  block: positive.describe("counted from 1"),
  arm: z.string(),
  playbook: z.string(),
  attempt: positive.describe("counted from 1; the last valid one counts"),
  position: positive.describe("its place in the block's order, counted from 1"),
  seed: z.number().int(),
  startedIso: z.string(),
  delays: z.number().positive().describe("human delays were multiplied by this; 1 is the comparison itself, others are its sensitivity runs").default(1),
  lostS: lostOf.describe("lost seconds per plane and vantage, up to the cap"),
  recovered: z.boolean().describe("stable again by the cap"),
  recoveryS: seconds.describe("from the first injection to stable; the cap if not recovered"),
  clock: z.strictObject({
    detectS: seconds.nullable(),
    humanS: seconds.describe("what people took, in all steps"),
    machineS: seconds.describe("what machines took, in all steps"),
    lostWhileHumanS: seconds
      .nullable()
      .describe("lost seconds of the primary outcome that passed while a person was waited for; null: other delays would have changed more than that"),
  }),
  steps: z.strictObject({ done: count, refused: count, repeated: count, wrong: count }),
  writes: z.strictObject({ acknowledged: count, lost: count }),
  harm: z.string().describe("damage done by the playbook, in words; empty: none"),
  ending: z.enum(endings).describe("how the playbook ended"),
  undone: z.boolean().describe("every fault was healed, and that was proved"),
  invalid: z
    .strictObject({ code: z.enum(invalidCodes), says: z.string() })
    .nullable()
    .describe("why this attempt does not count; null: it does"),
  results: z.string().describe("its results folder, relative to the comparison's"),
});

const proportion = z.strictObject({ k: count, n: count, share: share, lo: share, hi: share }).describe("with its Clopper-Pearson interval");
const estimate = z.strictObject({ value: z.number(), lo: z.number().nullable(), hi: z.number().nullable() });

export const verdictWords = ["faster", "slower", "within margin", "not decided"] as const;
const pair = z.strictObject({
  a: z.string(),
  b: z.string(),
  /** One of the declared pairs; else a control's or an A/A's, which decides nothing. */
  declared: z.boolean(),
  n: count.describe("blocks with a valid trial of both"),
  ratio: z.number().nullable().describe("lost seconds of a over those of b (each + shiftS): below 1, a is faster"),
  ci: interval.describe("of the ratio, at 1 - alpha"),
  ciFamily: interval.describe("of the ratio, at 1 - alpha/m for m declared pairs: 'within margin' is read from this one"),
  method: z.string(),
  p: share.nullable().describe("sign-flip permutation of the mean log ratio, two-sided; null before the declared number of blocks"),
  pHolm: share.nullable().describe("the same, Holm-adjusted over the declared pairs"),
  e: z.number().nonnegative().nullable().describe("sequential: the e-value at the last block; decided once it has reached m/alpha"),
  decidedAt: positive.nullable().describe("the block at which it was decided"),
  winsA: count,
  winsB: count,
  ties: count,
  pABetter: share.nullable().describe("P(a loses less than b) for a trial of each, ties by halves"),
  cliff: z.number().min(-1).max(1).nullable().describe("Cliff's delta of lost seconds, a against b: negative, a loses less"),
  pRecover: z.strictObject({ a: proportion, b: proportion, p: share.nullable().describe("Fisher's exact test, two-sided") }),
  rmstS: estimate.nullable().describe("restricted mean recovery time of a minus that of b, seconds, paired"),
  logRankP: share.nullable().describe("recovery curves, log-rank by permutation within blocks"),
  pairing: z
    .strictObject({ r: z.number(), lo: z.number().nullable(), hi: z.number().nullable(), variance: z.number(), pUnpaired: share.nullable() })
    .nullable()
    .describe(
      "correlation of log lost seconds within blocks (BCa interval); variance of an unpaired difference over that of the paired one; what p would be with blocks ignored (Brunner-Munzel, permuted, 5000 draws)",
    ),
  veto: z
    .strictObject({ arm: z.string(), says: z.string(), lostWrites: count.describe("acknowledged writes that this arm lost") })
    .nullable()
    .describe("which arm would have won, and why it cannot"),
  verdict: z.enum(verdictWords).describe("of a against b"),
  says: z.string(),
});

const clockOf = z.strictObject({ detectS: seconds.nullable(), humanS: seconds, machineS: seconds });
const armSummary = z.strictObject({
  arm: z.string(),
  playbook: z.string(),
  role: z.enum(roles),
  n: count,
  replaced: count,
  lostS: estimate.nullable().describe("median of the primary outcome, with its exact interval"),
  medianLostS: z.strictObject({
    control: z.strictObject({ outside: seconds, inside: seconds }),
    data: z.strictObject({ outside: seconds, inside: seconds }),
  }),
  pRecover: proportion,
  rmstS: estimate.nullable(),
  medianRecoveryS: seconds.nullable().describe("of the Kaplan-Meier curve; null: fewer than half recovered"),
  curve: z.array(z.strictObject({ atS: seconds, notRecovered: share, atRisk: count })).describe("Kaplan-Meier: share not recovered after each instant"),
  clock: clockOf.describe("means over its trials"),
  steps: z.strictObject({ done: count, refused: count, repeated: count, wrong: count }),
  lostWrites: count,
  trialsWithLostWrites: count,
  harmed: count,
  endings: z.record(z.enum(endings), count),
});

/** What game days of the same scenario came to, beside the comparison: nobody drew who plays when, so nothing of it is tested, and it decides nothing. */
const people = z.strictObject({
  says: z.string(),
  summary: armSummary.omit({ playbook: true, role: true, replaced: true, clock: true, steps: true, endings: true }).describe("over the game days that count"),
  trials: z.array(
    z.strictObject({
      results: z.string().describe("the results folder of the game day, as it was given"),
      seed: z.number().int(),
      block: positive.nullable().describe("the block that has the same seed; null: none has"),
      lostS: bounds.describe("the primary outcome"),
      recovered: z.boolean(),
      recoveryS: seconds,
      lostWrites: count,
      harm: z.string(),
      invalid: z.strictObject({ code: z.enum(invalidCodes), says: z.string() }).optional(),
    }),
  ),
});

export const comparisonSchema = z
  .strictObject({
    schemaVersion: z.literal(1),
    flounder: z.string(),
    machine: z.string(),
    designDigest: z.string(),
    scenario: z.string(),
    reference: z.string().nullable(),
    outcome: outcomeSchema,
    alpha: z.number(),
    matters: z.number(),
    capS: seconds,
    path: z.enum(["fixed", "sequential"]),
    finished: z.boolean().describe("all declared trials were run (fixed), or every pair is decided or the last block was reached (sequential)"),
    aborted: z.string().nullable(),
    blocks: z.array(
      z.strictObject({
        block: positive,
        seed: z.number().int(),
        order: z.array(z.string()),
        trials: z.array(
          z.strictObject({
            arm: z.string(),
            playbook: z.string(),
            attempt: positive,
            lostS: bounds.describe("the primary outcome"),
            recovered: z.boolean(),
            recoveryS: seconds,
            clock: z.strictObject({ humanS: seconds, machineS: seconds }),
            lostWrites: count,
            ending: z.enum(endings),
            harm: z.string(),
            invalid: z.strictObject({ code: z.enum(invalidCodes), says: z.string() }).optional(),
          }),
        ),
      }),
    ),
    arms: z.array(armSummary),
    people: people.optional().describe("game days of the same scenario, played by people: not randomised, so not tested; absent: none were given"),
    pairs: z.array(pair),
    screening: z.strictObject({ chiSquared: z.number(), df: count, p: share }).nullable().describe("Friedman's test over all arms but the A/A's"),
    pairingGain: z.strictObject({ r: z.number(), variance: z.number() }).nullable().describe("means over the declared pairs"),
    drift: z
      .strictObject({ tau: z.number(), p: share, change: z.number() })
      .nullable()
      .describe("Mann-Kendall over the blocks' mean log lost seconds; change: ratio of the last block to the first along the Theil-Sen line"),
    aa: z
      .strictObject({
        blocks: count,
        of: count.describe("blocks per comparison that was tried"),
        n: count.describe("comparisons that were drawn from the blocks"),
        falseAlarms: count.describe("how many of them found a difference"),
        ratio: z.number(),
        ci: interval,
        p: share.nullable(),
      })
      .nullable(),
    sensitivity: z
      .array(
        z.strictObject({
          delays: z.number().positive(),
          how: z.enum(["re-simulated", "re-run", "re-run in part"]).describe("in part: of the playbooks whose trials could not be re-simulated"),
          order: z.array(z.string()).describe("arms, fastest first, by median lost seconds"),
          pairs: z.array(z.strictObject({ a: z.string(), b: z.string(), ratio: z.number(), holds: z.boolean().describe("the same one is ahead as at × 1") })),
        }),
      )
      .describe("the ranking at other human delays"),
    expectation: z.strictObject({ faster: z.string(), slower: z.string(), state: z.enum(["held", "refuted", "not shown"]) }).nullable(),
    undoFailed: z.array(z.string()).describe("trials whose faults were not proved healed"),
    warnings: z.array(z.strictObject({ code: z.string(), text: z.string(), option: z.string().nullable() })),
    notShown: z.array(z.string()),
    footnotes: z.array(z.string()),
    sentence: z.string(),
    exitCode: z.number().int(),
  })
  .describe("comparison.json of a comparison");

export type Outcome = z.infer<typeof outcomeSchema>;
export type Design = z.infer<typeof designSchema>;
export type Arm = Design["arms"][number];
export type Trial = z.infer<typeof trialSchema>;
export type Comparison = z.infer<typeof comparisonSchema>;
export type Pair = Comparison["pairs"][number];
export type ArmSummary = Comparison["arms"][number];
export type People = NonNullable<Comparison["people"]>;
export type VerdictWord = (typeof verdictWords)[number];
export type Estimate = z.infer<typeof estimate>;
/** Ends of an interval; null: it has none on this side. */
export type Interval = z.infer<typeof interval>;

/** What one trial looked like, for the report's strips: share of users served badly, per lane, in seconds after its first injection. */
export interface TrialStrip {
  readonly block: number;
  readonly arm: string;
  readonly attempt: number;
  readonly toS: number;
  readonly lanes: readonly {
    readonly plane: Outcome["plane"];
    readonly from: Outcome["from"];
    /** lost: 0 to 1; null: nothing was measured. */
    readonly stretches: readonly { readonly fromS: number; readonly toS: number; readonly lost: number | null }[];
  }[];
  /** Instants worth a tick: detected, first action, restored … */
  readonly marks: readonly { readonly atS: number; readonly says: string }[];
}

/** JSON Schema (2020-12), as published. */
export const comparisonJsonSchema = (): unknown => z.toJSONSchema(comparisonSchema);
