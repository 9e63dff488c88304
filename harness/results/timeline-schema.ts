/** What lines of a timeline and of samples must be: a folder may come from anywhere, and a judge that is given something else would end as a defect of ours. */
import { z } from "zod";
import type { Outcome, Sample } from "../core.js";

const us = z.number();
const text = z.string();
const stamped = { atUs: us, by: z.enum(["script", "model", "person", "keeper", "platform"]) };
const one = <K extends string, S extends z.ZodRawShape>(kind: K | readonly [K, ...K[]], shape: S) =>
  z.looseObject({ ...stamped, kind: typeof kind === "string" ? z.literal(kind) : z.enum(kind as [K, ...K[]]), ...shape });

/** A line of timeline.jsonl; docs/timeline.schema.json is made from it. */
export const event = z.discriminatedUnion("kind", [
  one("zero", {
    wallIso: text,
    flounder: text,
    machine: text.optional(),
    foundation: z.looseObject({ id: text, attached: z.boolean() }).optional(),
    versions: z.record(text, text).optional(),
    repro: text.optional(),
  }),
  one("phase", { phase: z.enum(["boot", "steady", "turbulence", "recovery", "watch", "end"]) }),
  one("act", { act: text, state: z.enum(["begins", "ended", "steady-again", "not-steady"]) }),
  one(["injecting", "injected", "healing"], { injection: text, fault: text.optional(), target: text.optional(), client: text.optional() }),
  one("healed", { injection: text, proved: z.boolean(), why: text }),
  one("reading", { injection: text, reading: z.looseObject({ state: z.enum(["intact", "broken", "unknown", "vacant"]) }), fromUs: us }),
  one("detected", { procedure: text, says: text }),
  one("step", {
    step: z.number(),
    procedure: text.optional(),
    says: text,
    state: z.enum(["due", "acting", "done", "refused", "gave-up"]),
    came: text.optional(),
    slip: text.optional(),
    who: text.optional(),
  }),
  one("people", { blind: z.boolean(), seats: z.array(text) }),
  one("mark", { who: text, seat: text, mark: z.enum(["wrong", "cause", "fixed"]), says: text }),
  one("facilitator", {
    who: text,
    did: z.enum(["go", "inject", "note", "freeze", "unfreeze", "abort"]),
    says: text,
    ok: z.boolean(),
    act: text.optional(),
  }),
  one("audit", { who: text, verb: text, on: text, ok: z.boolean(), says: text }),
  one("alarm", { from: text, says: text, alarm: text.optional() }),
  one("trouble", { from: text, says: text }),
  one("fingerprint", { when: z.enum(["before", "after"]), values: z.record(text, text) }),
  one(["acked", "missing"], { write: text }),
  one("observer", { cpuUs: us, latenessP50Us: us, latenessP99Us: us, samples: z.number(), shed: z.number() }),
  one(["aborted", "broken-off"], { why: text }),
  one("foreign", { says: text }),
]);

/** Undefined if it is an event; else what is wrong with it. */
export function wrongEvent(value: unknown): string | undefined {
  const parsed = event.safeParse(value);
  if (parsed.success) return undefined;
  const [issue] = parsed.error.issues;
  return `${issue!.path.join(".") || "the whole"}: ${issue!.message}`;
}

const outcomeNames = [
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
] as const satisfies Outcome[];
export const outcome = z.enum(outcomeNames);
const phase = us.optional().describe("µs after sentUs");
/** A line of samples.jsonl.gz of a run, or of a watched foundation; docs/samples.schema.json is made from it. */
export const sampleSchema = z.looseObject({
  probe: text,
  from: z.enum(["outside", "inside"]),
  target: text,
  seq: z.number(),
  dueUs: us.describe("µs after the run's zero"),
  sentUs: us,
  endUs: us,
  outcome,
  dnsUs: phase,
  connectUs: phase,
  firstUs: phase,
  status: z.number().optional(),
  note: text.optional().describe("who answered, or what went wrong"),
});
const outcomes = new Set<unknown>(outcomeNames);
const strings = ["probe", "from", "target"] as const satisfies readonly (keyof Sample)[];
const numbers = ["seq", "dueUs", "sentUs", "endUs"] as const satisfies readonly (keyof Sample)[];
const maybeNumbers = ["dnsUs", "connectUs", "firstUs", "status"] as const satisfies readonly (keyof Sample)[];

/** By hand: there are hundreds of thousands of them. */
export function wrongSample(value: unknown): string | undefined {
  if (typeof value !== "object" || value === null) return "it is no object";
  const sample = value as Readonly<Record<string, unknown>>;
  for (const name of strings) if (typeof sample[name] !== "string") return `${name}: expected a string`;
  if (!outcomes.has(sample.outcome)) return "outcome: not one that there is";
  if (sample.from !== "outside" && sample.from !== "inside") return 'from: expected "outside" or "inside"';
  for (const name of numbers) if (!Number.isFinite(sample[name])) return `${name}: expected a number`;
  for (const name of maybeNumbers) if (sample[name] !== undefined && !Number.isFinite(sample[name])) return `${name}: expected a number`;
  return sample.note === undefined || typeof sample.note === "string" ? undefined : "note: expected a string";
}
