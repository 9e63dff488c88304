/** The timeline: what happened in a run, event by event. The schema is the type; docs/timeline.schema.json is made from it. */
import { z } from "zod";
import { loadEndShape } from "./load.js";
import { slipSchema } from "./recovery.js";
import type { Shape } from "./shape.js";

const us = z.number();
const text = z.string();
const by = z.enum(["script", "model", "person", "keeper", "platform"]);

/** What an event says of an injection that a client asked for. */
const deedSchema = z.object({ fault: text, target: text /** Command and process. */, client: text });
export interface Deed extends Shape<typeof deedSchema> {}

export const aboutSchema = z.strictObject({
  foundation: z.strictObject({ id: text, attached: z.boolean().describe("it was up before the run, and stayed") }),
  /** Name → version. */
  versions: z.record(text, text),
  repro: text.describe("a shell command that makes the same plan again"),
});
/** On what a run took place, and how it is done again: what a plan does not know. */
export interface About extends Shape<typeof aboutSchema> {}

/** Fields that a later version adds pass: a folder may come from anywhere. */
const one = <const K extends string, S extends z.ZodRawShape>(kind: K, shape: S) => z.object({ atUs: us, by, kind: z.literal(kind), ...shape });

/** A line of timeline.jsonl. */
export const eventSchema = z.discriminatedUnion("kind", [
  one("zero", {
    wallIso: text,
    flounder: text,
    /** Id of the machine that measured. */
    machine: text.optional(),
    foundation: z.object(aboutSchema.shape.foundation.shape).optional(),
    versions: aboutSchema.shape.versions.optional(),
    repro: text.optional(),
  }),
  one("phase", { phase: z.enum(["boot", "steady", "turbulence", "recovery", "watch", "end"]) }),
  one("act", { act: text, state: z.enum(["begins", "ended", "steady-again", "not-steady"]) }),
  one("injecting", { injection: text, ...deedSchema.partial().shape }),
  one("injected", { injection: text }),
  /** client: who asked for it; absent: nobody. */
  one("healing", { injection: text, client: text.optional() }),
  one("healed", { injection: text, proved: z.boolean(), why: z.enum(["time", "asked", "playbook", "rail", "stop", "lease"]) }),
  one("reading", {
    injection: text,
    reading: z.object({ state: z.enum(["intact", "broken", "unknown", "vacant"]), generation: text.optional() }),
    fromUs: us,
  }),
  one("detected", { procedure: text, says: text }),
  one("step", {
    /** Counted from 1 in its procedure; 0: the target's own recover. */
    step: z.number(),
    procedure: text.optional(),
    says: text,
    state: z.enum(["due", "acting", "done", "refused", "gave-up"]),
    /** What came of it. */
    came: text.optional(),
    /** What went wrong with it: whoever did it does not know. */
    slip: slipSchema.optional(),
    /** The person who did it, on a game day. */
    who: text.optional(),
  }),
  /** A game day: who plays is people, and this is what they know. */
  one("people", { blind: z.boolean(), seats: z.array(text) }),
  /** What a player says on a game day: something is wrong · I know what · it is fixed. It times the clock; nothing is judged by it. */
  one("mark", { who: text, seat: text, mark: z.enum(["wrong", "cause", "fixed"]), says: text }),
  /** What the facilitator of a game day did; `act`: the unplanned act that began. */
  one("facilitator", {
    who: text,
    did: z.enum(["go", "inject", "no-more", "note", "freeze", "unfreeze", "abort"]),
    says: text,
    ok: z.boolean(),
    act: text.optional(),
  }),
  one("audit", { who: text, verb: text, on: text, ok: z.boolean(), says: text }),
  one("alarm", { from: text, says: text, alarm: text.optional() }),
  one("trouble", { from: text, says: text }),
  one("fingerprint", { when: z.enum(["before", "after"]), values: z.record(text, text) }),
  one("acked", { write: text }),
  one("missing", { write: text }),
  one("observer", { cpuUs: us, latenessP50Us: us, latenessP99Us: us, samples: z.number(), shed: z.number() }),
  /** Another tool's load beside the probes. */
  one("load-began", { says: text }),
  one("load-ended", loadEndShape),
  one("aborted", { why: text }),
  /** Somebody else injected or healed something while the run was under way. */
  one("foreign", { says: text }),
  /** The run could not go on: its own fault, or that of what it runs on. Nobody wanted that. */
  one("broken-off", { why: text }),
]);
export type Event = Shape<typeof eventSchema>;

type DistributiveOmit<T, K extends keyof never> = T extends unknown ? Omit<T, K> : never;
/** An event before it is stamped; by: default "script". */
export type EventBody = DistributiveOmit<Event, "atUs" | "by"> & { readonly by?: Event["by"] };
