/** Receipts: per planned injection, between which readings of its witness it bit, and between which it was healed. Pure. */
import type { Event, Injection, Plan, Receipt } from "../core.js";

type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;
type ReadingEvent = Of<"reading">;

/**
 * One receipt per injection of the plan, in the plan's order. A reading is true at some instant between its question (`fromUs`) and its
 * answer (`atUs`), so an interval reaches from the question of the last reading on one side to the answer of the first on the other.
 */
export function receipts(plan: Pick<Plan, "injections">, events: readonly Event[]): Receipt[] {
  return plan.injections.map((injection) => receiptOf(injection, events));
}

function receiptOf(injection: Injection, events: readonly Event[]): Receipt {
  const { id, act, fault, target } = injection;
  const injectingUs = events.find((event) => event.kind === "injecting" && event.injection === id)?.atUs;
  const healingUs = events.find((event) => event.kind === "healing" && event.injection === id)?.atUs;
  const readings = events
    .filter((event): event is ReadingEvent => event.kind === "reading" && event.injection === id && event.reading.state !== "unknown")
    .sort((a, b) => a.atUs - b.atUs || a.fromUs - b.fromUs);
  const bitUs = injectingUs === undefined ? null : bite(readings, injectingUs);
  const healedUs = bitUs === null || healingUs === undefined ? null : healing(readings, bitUs, healingUs);
  return { injection: id, act, fault, target, bitUs, healedUs };
}

/** From the last intact reading to the first broken one, or to the first with another generation: it broke and came back between two polls. */
function bite(readings: readonly ReadingEvent[], injectingUs: number): Receipt["bitUs"] {
  let before: ReadingEvent | undefined;
  for (const reading of readings) {
    const after = reading.atUs > injectingUs;
    const { state, generation } = reading.reading;
    const replaced = state === "intact" && before?.reading.generation !== undefined && generation !== undefined && generation !== before.reading.generation;
    if (after && before && (state === "broken" || replaced)) return { lo: Math.max(injectingUs, before.fromUs), hi: reading.atUs };
    // What is broken already cannot be seen to break: without an intact reading before, there is no receipt.
    before = state === "intact" ? reading : undefined;
  }
  return null;
}

/** From the last broken reading to the first intact (or vacant) one behind it; only if the target was still so when asked after healing. */
function healing(readings: readonly ReadingEvent[], bitUs: NonNullable<Receipt["bitUs"]>, healingUs: number): Receipt["healedUs"] {
  const since = readings.filter((reading) => reading.atUs >= bitUs.hi);
  const last = since.at(-1)?.reading.state;
  if ((last !== "intact" && last !== "vacant") || since.at(-1)!.atUs <= healingUs) return null;
  const lastBroken = since.findLastIndex((reading) => reading.reading.state === "broken");
  // Never seen broken, only replaced: the reading that showed the new generation showed it intact, too.
  if (lastBroken < 0) return bitUs;
  return { lo: Math.max(since[lastBroken]!.fromUs, bitUs.lo), hi: since[lastBroken + 1]!.atUs };
}
