/** From what a tab knows to the picture that it draws. Pure. */
import type { InjectionState, LaneHead, MarkKind, SeenEvent } from "../protocol.js";
import type { Game } from "./game.js";
import type { Band, Flag, Picture } from "./lanes.js";
import { sayEvent } from "./words.js";

/** What an event shows at the foot of the lanes. */
export function flagOf(event: SeenEvent): Flag | undefined {
  const said = sayEvent(event);
  const at = { atS: event.atUs / 1e6, title: said?.says ?? "" };
  if (event.kind === "mark") return { ...at, kind: "mark", label: `${event.who}: ${flagWords[event.mark as MarkKind]}` };
  if (event.kind === "audit") return { ...at, kind: "verb", label: `${event.verb}${event.ok === false ? " ✗" : ""}` };
  if (event.kind === "alarm") return { ...at, kind: "alarm", label: "" };
  if (event.kind === "facilitator" && event.did === "inject") return { ...at, kind: "inject", label: String(event.act) };
  return undefined;
}
const flagWords: Readonly<Record<MarkKind, string>> = { wrong: "something is wrong", cause: "I know what", fixed: "it is fixed" };
export const flagsOf = (events: readonly SeenEvent[]): readonly Flag[] => events.flatMap((event) => flagOf(event) ?? []);

const us = (value: number) => value / 1e6;
/** One band per act that was seen to bite, from its first bite to its last healing. */
export function bandsOf(
  acts: readonly { readonly id: string; readonly fault: string; readonly colour: string }[],
  injections: readonly InjectionState[],
): readonly Band[] {
  return acts.flatMap((act) => {
    const mine = injections.filter((one) => one.act === act.id);
    const bites = mine.flatMap((one) => (one.bitUs ? [us(one.bitUs.lo)] : []));
    if (bites.length === 0) return [];
    const heals = mine.map((one) => (one.healedUs ? us(one.healedUs.hi) : null));
    return [
      { label: `${act.id}: ${act.fault}`, colour: act.colour, fromS: Math.min(...bites), toS: heals.includes(null) ? null : Math.max(...(heals as number[])) },
    ];
  });
}

/** The last `windowS` seconds of the run, or all of it. */
export function pictureOf(game: Game, lanes: readonly LaneHead[], runS: number, windowS?: number): Picture {
  const toS = Math.max(runS, 10);
  const fromS = windowS === undefined ? 0 : Math.max(0, toS - windowS);
  const secret = game.state?.secret;
  const acts = secret ? [...secret.acts, ...secret.injects] : [];
  return {
    fromS,
    toS,
    lanes: lanes.map((lane) => ({ name: nameOf(lane), stretches: game.stretches(lane.key) })),
    bands: secret ? bandsOf(acts, secret.injections) : [],
    flags: flagsOf(game.events),
    label: `Lanes of ${lanes.map(nameOf).join("; ")} over the seconds of the run`,
  };
}
/** "Developers" alone where a reader has no other vantage; else with it. */
export const nameOf = ({ says }: LaneHead): string => `${says.charAt(0).toUpperCase()}${says.slice(1)}`;
