/**
 * What people did on a game day, held against what was witnessed: when they noticed, knew and acted, verbs used and refused, steps of the playbook, false alarms and
 * all-clears that came too early. Pure, from plan and timeline. It times a clock; nothing is judged by it, and nobody gets a score.
 */
import type { Event, PeopleClock, PeopleFigures, Plan, Sample } from "../core.js";
import { byProbe } from "./lost.js";
import { receipts as receiptsOf } from "./receipts.js";
import { isBad, isMeasured } from "./windows.js";

type Of<K extends Event["kind"]> = Extract<Event, { kind: K }>;
const byHand = "by hand";

/** Undefined for a run that no people played. */
export function peopleFigures(
  plan: Pick<Plan, "acts" | "injections" | "procedures">,
  events: readonly Event[],
  samples: readonly Sample[],
): PeopleFigures | undefined {
  const game = events.find((event) => event.kind === "people");
  if (!game) return undefined;
  const receipts = receiptsOf(plan, events);
  const marks = events.filter((event) => event.kind === "mark");
  const steps = events.filter((event) => event.kind === "step" && event.by === "person") as Of<"step">[];
  const audits = events.filter((event) => event.kind === "audit" && event.by === "person") as Of<"audit">[];
  /** When something was broken, by the witnesses: of each act, from the first bite to the last proof. */
  const truths = plan.acts.flatMap((act) => {
    const { id } = act;
    const own = receipts.filter(({ act }) => act === id);
    const bites = own.flatMap(({ bitUs }) => (bitUs ? [bitUs] : []));
    if (bites.length === 0) return [];
    const heals = own.map(({ healedUs }) => healedUs);
    const bit = { lo: Math.min(...bites.map(({ lo }) => lo)), hi: Math.min(...bites.map(({ hi }) => hi)) };
    const healed = heals.some((one) => one === null) ? null : { lo: Math.max(...heals.map((one) => one!.lo)), hi: Math.max(...heals.map((one) => one!.hi)) };
    return [{ act, bit, healed }];
  });
  const clocks = truths.map(({ act, bit, healed }): PeopleClock => {
    // Acts that begin at the same instant are one incident to whoever sees it.
    const next = truths.find((other) => other.bit.lo > bit.lo && !areTwins(act, other.act));
    const untilUs = next?.bit.lo ?? Number.POSITIVE_INFINITY;
    // Bounds are the witness's: it bit between two readings, and what people did is known to the moment.
    const since = (atUs: number | undefined) => (atUs === undefined ? null : { lo: seconds(atUs - bit.hi), hi: seconds(atUs - bit.lo) });
    const first = <T extends Event>(of: readonly T[]) => of.find((event) => event.atUs >= bit.lo && event.atUs < untilUs)?.atUs;
    const mark = (kind: Of<"mark">["mark"]) => since(first(marks.filter((one) => one.mark === kind)));
    const restored = restoredUs(samples, bit.lo, untilUs);
    return {
      act: act.id,
      noticedS: mark("wrong"),
      namedS: mark("cause"),
      firstActionS: since(first(steps.filter(({ state }) => state === "acting"))),
      saidFixedS: mark("fixed"),
      restoredS: restored && { lo: seconds(restored.lo - bit.hi), hi: seconds(restored.hi - bit.lo) },
      healedS: healed && { lo: seconds(healed.lo - bit.hi), hi: seconds(healed.hi - bit.lo) },
    };
  });
  const isBroken = (atUs: number) => truths.some(({ bit, healed }) => atUs >= bit.lo && (healed === null || atUs <= healed.hi));
  const hasBroken = (atUs: number) => truths.some(({ bit }) => atUs >= bit.lo);
  const ends = new Map<string, number>();
  for (const { verb, ok } of audits) ends.set(`${verb} ${ok}`, (ends.get(`${verb} ${ok}`) ?? 0) + 1);
  const stated = (state: Of<"step">["state"]) => steps.filter((step) => step.state === state && step.procedure !== byHand);
  return {
    blind: game.blind,
    clocks,
    marks: marks.map(({ atUs, who, seat, mark, says }) => ({ atUs, who, seat, mark, says })),
    verbs: [...new Set(audits.map(({ verb }) => verb))]
      .sort()
      .map((verb) => ({ verb, done: ends.get(`${verb} true`) ?? 0, refused: ends.get(`${verb} false`) ?? 0 })),
    steps: {
      of: (plan.procedures ?? []).reduce((sum, procedure) => sum + procedure.steps.length, 0),
      done: new Set(stated("done").map(({ procedure, step }) => `${procedure} ${step}`)).size,
      leftOut: new Set(stated("refused").map(({ procedure, step }) => `${procedure} ${step}`)).size,
      outOfOrder: outOfOrder(stated("acting")),
    },
    falseAlarms: marks.filter(({ mark, atUs }) => mark === "wrong" && !hasBroken(atUs)).length,
    earlyAllClears: marks.filter(({ mark, atUs }) => mark === "fixed" && isBroken(atUs)).length,
  };
}

/** When whoever is outside was served well again: between the last bad answer in that window and the good one after it. Null: nothing was bad, or it stayed so. */
function restoredUs(samples: readonly Sample[], fromUs: number, toUs: number): { readonly lo: number; readonly hi: number } | null {
  let found = null as { readonly lo: number; readonly hi: number } | null;
  for (const group of byProbe(samples).values()) {
    if (group[0]?.from !== "outside") continue;
    const own = group.filter((sample) => isMeasured(sample) && sample.dueUs >= fromUs && sample.dueUs < toUs);
    const last = own.findLastIndex(isBad);
    if (last < 0) continue;
    const next = own[last + 1];
    if (!next) return null;
    found = { lo: Math.max(found?.lo ?? 0, own[last]!.dueUs), hi: Math.max(found?.hi ?? 0, next.dueUs) };
  }
  return found;
}

const areTwins = (a: Plan["acts"][number], b: Plan["acts"][number]): boolean => a.after === b.after && (a.atS ?? 0) === (b.atS ?? 0);

/** Begun though a later one of the same procedure was begun before. */
function outOfOrder(acting: readonly Of<"step">[]): number {
  const furthest = new Map<string, number>();
  let count = 0;
  for (const { procedure = "", step } of acting) {
    const before = furthest.get(procedure) ?? 0;
    if (step < before) count++;
    furthest.set(procedure, Math.max(before, step));
  }
  return count;
}
const seconds = (us: number): number => Math.round(us / 1000) / 1000;
