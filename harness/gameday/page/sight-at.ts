/** What a role could see at a moment of the run. Pure. */
import type { Debrief, LaneHead, Role, SeenEvent } from "../protocol.js";
import { type PlaneNow, planeOf } from "./game.js";
import { grouped, sayEvent } from "./words.js";

export interface Sight {
  readonly lanes: readonly { readonly lane: LaneHead; readonly is: PlaneNow }[];
  /** Acts that held then; whoever was blind did not see them. */
  readonly held: readonly Debrief["acts"][number][];
  /** The newest that it had been told by then, newest first. */
  readonly news: readonly SeenEvent[];
}
const mostNews = 4;
/** Kinds that a feed shows as news; readings and phases are the background. */
const isNews = (kind: string) => ["alarm", "mark", "audit", "step", "facilitator", "injecting", "healed", "aborted"].includes(kind);

export function sightAt(told: Debrief, role: Role, atS: number): Sight {
  const atUs = atS * 1e6;
  const saw = new Set(told.sawLanes[role]);
  return {
    lanes: told.lanes
      .filter(({ key }) => saw.has(key))
      .map((lane) => ({ lane, is: planeOf(lane.stretches.find((one) => one.fromUs <= atUs && one.toUs > atUs)?.lost ?? null) })),
    held: told.acts.filter(({ heldFromUs, heldToUs }) => heldFromUs !== null && heldFromUs.hi <= atUs && (heldToUs === null || heldToUs.lo > atUs)),
    news: grouped(told.events.filter((event) => event.atUs <= atUs && event.seenBy.includes(role) && isNews(event.kind) && sayEvent(event)))
      .slice(-mostNews)
      .reverse(),
  };
}
