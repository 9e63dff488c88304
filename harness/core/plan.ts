/** A plan: a scenario with every choice made. Pure data, stored as JSON; docs/plan.schema.json is made from the schema, which is the type. */
import { z } from "zod";
import { plannedCalibrationSchema } from "./calibration.js";
import { plannedLoadSchema } from "./load.js";
import { foresightSchema } from "./operations.js";
import { operatorSchema, procedureSchema } from "./recovery.js";
import { endedBySchema, planeSchema, scenarioSchema, vantageSchema } from "./scenario.js";
import type { Shape } from "./shape.js";

export const injectionSchema = z.strictObject({
  id: z.string(),
  act: z.string(),
  fault: z.string(),
  options: z.unknown(),
  target: z.string(),
  atS: z.number(),
  /** The keeper heals after so many seconds, whatever else happens. */
  maxS: z.number().positive(),
  /** What maxS is, for `why` of the healing: the act's own end (default), or the rail of an act that a playbook ends. */
  endedBy: endedBySchema.optional(),
});
/** One fault on one target: the unit that the keeper injects, witnesses and heals. */
export interface Injection extends Shape<typeof injectionSchema> {}

const unplannedSchema = z.strictObject({ acts: scenarioSchema.shape.acts, injections: z.array(injectionSchema), must: scenarioSchema.shape.must });
/** Acts that have every choice made but their moment, and what must hold during them. */
export interface Unplanned extends Shape<typeof unplannedSchema> {}

const phasesSchema = z.strictObject({
  steadyS: z.number(),
  /** Budget for becoming steady, before the steady phase and again after each act. */
  recoveryS: z.number(),
  /** Delayed-damage window after the last healing. */
  watchS: z.number(),
  /** From an act's beginning: so long nobody but the playbook recovers anything. Absent: the target's own recover runs as soon as the act is over. */
  aloneS: z.number().optional(),
});
export interface Phases extends Shape<typeof phasesSchema> {}

const plannedProbeSchema = z.strictObject({
  probe: z.string(),
  plane: planeSchema,
  from: vantageSchema,
  /** "api", "app-1", inside also "app-1/0" (instance) and "cc-1". */
  target: z.string(),
  periodMs: z.number().positive(),
  deadlineMs: z.number().positive(),
  /** Offset in the period: probes are staggered so that they do not fire at once. */
  phaseMs: z.number(),
});
export interface PlannedProbe extends Shape<typeof plannedProbeSchema> {}

export const planSchema = scenarioSchema.extend({
  version: z.literal(1),
  seed: z.number().int(),
  /** Over the rest, as canonical JSON. */
  digest: z.string(),
  system: z.string(),
  engine: z.string(),
  phases: phasesSchema,
  probes: z.array(plannedProbeSchema),
  injections: z.array(injectionSchema),
  targets: z.array(z.string()),
  /** What the facilitator of a game day may let begin; acts, injections and must above are without them. Absent: nothing. */
  unplanned: unplannedSchema.optional(),
  warnings: z.array(z.string()),
  /** What the playbook will do, with every human delay drawn; absent: nobody's playbook, the target's own recover. */
  procedures: z.array(procedureSchema).optional(),
  /** Who plays it; absent: the usual operator, whose hands do not slip. */
  operator: operatorSchema.optional(),
  /** What of the policy is the playbook's: a remedy that was in place before anything broke. */
  remedy: z.record(z.string(), z.string()).optional(),
  /** When alarms come, as the platform is configured: planning warns of those that come too late. */
  foresight: z.array(foresightSchema).optional(),
  /** Made beside the probes by a tool of others; absent: none. */
  load: plannedLoadSchema.optional(),
  /** Fault → colour of its band, so that a report needs nothing but the folder. */
  colours: z.record(z.string(), z.string()).optional(),
  /** What was known of the ruler when planning, on the machine that planned; absent: nothing. Reports draw their error bars from it; no verdict depends on it. */
  calibration: plannedCalibrationSchema.optional(),
});
/** All that run and verdict depend on; nothing is decided later. */
export interface Plan extends Shape<typeof planSchema> {}
