/** The debrief: verdict and pictures as the report has them, and for each event who could see it while it went on. Made from a results folder alone. */
import type { Event } from "../core.js";
import { judgement } from "../judge/judge.js";
import { lanes as lanesOf } from "../report/charts/strips.js";
import { story } from "../report/story.js";
import { readResults } from "../results/results.js";
import { laneName } from "../words.js";
import type { Debrief, LaneHead, Role, Seat } from "./protocol.js";
import { roles } from "./protocol.js";
import { headOf } from "./secret.js";
import { seenEvent } from "./sight.js";

export async function debriefOf(folder: string, { blind, seats }: { readonly blind: boolean; readonly seats: readonly Seat[] }): Promise<Debrief> {
  const record = readResults(folder);
  const judged = judgement(record.plan, record.events, record.samples, record.load);
  const told = story(record, judged);
  const { plan } = record;
  const during = { blind, stage: "running" } as const;
  const lanes = lanesOf(plan, told.samples, told.shown).map((lane) => ({
    key: `${lane.plane}-${lane.from}`,
    says: laneName(lane.plane, lane.from),
    ...lane,
  }));
  const keys = (of: (head: Pick<LaneHead, "from">) => boolean) => lanes.filter(of).map(({ key }) => key);
  const inside = !blind || seats.some((seat) => seat.inside);
  const outsideOnly = keys(({ from }) => from === "outside");
  const seenBy = (event: Event): Role[] => roles.filter((role) => seenEvent(event, { role }, during) !== undefined);
  return {
    verdict: judged.verdict,
    sentence: told.sentence,
    zeroMs: Date.parse(told.startedIso),
    ...told.shown,
    lanes,
    acts: told.acts.map((act) => ({
      ...headOf(plan, plan.acts.find(({ id }) => id === act.id)!, plan.injections),
      heldFromUs: act.heldFromUs,
      heldToUs: act.heldToUs,
    })),
    events: told.events.map((event) => ({ ...event, seenBy: seenBy(event) })),
    sawLanes: { facilitator: keys(() => true), player: inside ? keys(() => true) : outsideOnly, room: blind ? outsideOnly : keys(() => true) },
    seats,
  };
}
