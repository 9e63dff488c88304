/**
 * What each role may see: an allow-list, by kind of event and by field. Whatever is not named here is not sent, also where somebody adds a kind or a field later.
 * A blind player learns what users and the platform's own monitoring show, and what people did on the page; nothing of what was planned, injected, witnessed or healed.
 */
import type { Event } from "../core.js";
import type { Truth, Viewer } from "./game.js";
import type { AbortProgress, LaneHead, Role, SeenEvent, State } from "./protocol.js";

const always = ["atUs", "by", "kind"] as const;

/** Event kind → its fields that a blind viewer sees. A kind that is not here is hidden as a whole. */
const blindSight: Readonly<Partial<Record<Event["kind"], readonly string[]>>> = {
  alarm: ["from", "says", "alarm"],
  audit: ["who", "verb", "on", "ok", "says"],
  mark: ["who", "seat", "mark", "says"],
  step: ["who", "step", "procedure", "says", "state", "came"],
};

/** Is everything this viewer's to see? */
export const seesAll = (viewer: Pick<Viewer, "role">, truth: Pick<Truth, "blind" | "stage">): boolean =>
  viewer.role === "facilitator" || !truth.blind || truth.stage === "over";

/** The event in this viewer's sight; undefined: hidden. */
export function seenEvent(event: Event, viewer: Pick<Viewer, "role">, truth: Pick<Truth, "blind" | "stage">): SeenEvent | undefined {
  if (seesAll(viewer, truth)) return event;
  const fields = blindSight[event.kind];
  if (!fields) return undefined;
  // What the plan's own script did is part of the scenario; people's deeds are everybody's.
  if ((event.kind === "audit" || event.kind === "step") && event.by !== "person") return undefined;
  const all = event as unknown as Readonly<Record<string, unknown>>;
  return Object.fromEntries([...always, ...fields].filter((field) => field in all).map((field) => [field, all[field]])) as unknown as SeenEvent;
}

/** Inside-vantage lanes are for seats that have them, and for whoever sees everything. */
export const seenLanes = (viewer: Viewer, truth: Truth): readonly LaneHead[] =>
  seesAll(viewer, truth) || viewer.seat?.inside ? truth.lanes : truth.lanes.filter(({ from }) => from === "outside");

export const hasConsole = ({ role, seat }: Viewer): boolean => role === "player" && seat?.console === true;

export function seenState(viewer: Viewer, truth: Truth, present: Readonly<Record<Role, number>>): State {
  const { stage, blind, zeroMs, frozen, seats, why } = truth;
  return {
    stage,
    blind,
    zeroMs,
    nowMs: Date.now(),
    // The reason is the facilitator's own words: it may say what was planned.
    frozen: frozen && (seesAll(viewer, truth) ? frozen : { untilIso: frozen.untilIso, reason: "" }),
    aborting: truth.abort !== null,
    present,
    seats,
    lanes: seenLanes(viewer, truth),
    ...(hasConsole(viewer) ? { console: truth.console } : {}),
    ...(seesAll(viewer, truth) ? { secret: truth.secret } : {}),
    ...(viewer.role === "facilitator" && why !== undefined ? { why } : {}),
  };
}

/** How many are healed tells how many were injected: that the abort goes on, and when it is done, is enough for whoever is blind. */
export function seenAbort(viewer: Viewer, truth: Truth): AbortProgress | undefined {
  const { abort } = truth;
  if (!abort) return undefined;
  if (seesAll(viewer, truth)) return abort;
  const { by, askedMs, done } = abort;
  if (viewer.role === "room") return { by, askedMs, of: abort.of, proved: abort.proved, done };
  return { by, askedMs, of: null, proved: 0, done };
}
