/** After the run: the lanes with what people said and did, and a slider that shows what each role could see at each moment. */
import type { Debrief } from "../protocol.js";
import { draw, h, say } from "./dom.js";
import { clock } from "./geometry.js";
import { swatch } from "./injects.js";
import { type Band, drawnIn, type Flag, type Picture } from "./lanes.js";
import { outcomes, people } from "./outcomes.js";
import { flagsOf, nameOf } from "./picture-of.js";
import { sightAt } from "./sight-at.js";
import { section, type Tab } from "./tab.js";
import { sayEvent } from "./words.js";

const roleWords = { player: "Players saw", room: "The room’s screen showed", facilitator: "The facilitator saw" } as const;

export function debrief(tab: Tab, told: Debrief): HTMLElement {
  const [fromS, toS] = [told.fromUs / 1e6, told.toUs / 1e6];
  const box = h("div", { class: "picture" });
  const show = drawnIn(box);
  const slider = h("input", { type: "range", id: "moment", min: fromS, max: toS, step: 0.5, value: startOf(told) });
  const moment = h("output", { for: "moment", class: "clock" });
  const cards = h("div", { class: "sights" });
  const update = () => {
    const atS = Number(slider.value);
    say(moment, clock(atS));
    slider.setAttribute("aria-valuetext", `${clock(atS)} of the run`);
    show(pictureAt(told, atS));
    drawSights(cards, told, atS);
  };
  slider.addEventListener("input", update);
  const jump = (atS: number) => () => {
    slider.value = String(atS);
    update();
  };
  const element = h(
    "div",
    { class: "debrief" },
    ...outcomes(told),
    section(
      "What was true, and who could see it",
      h(
        "p",
        { class: "soft" },
        "Red is the share of requests that were lost. A band shows where readings prove that a fault held. Move the slider: below it stands what each role could see at that moment.",
      ),
      box,
      slider,
      h("div", { class: "row slide" }, h("label", { for: "moment" }, "The moment shown below"), moment),
      h(
        "div",
        { class: "row jumps" },
        ...moments(told).map(([label, atS]) => h("button", { type: "button", class: "small", click: jump(atS) }, `${label} ${clock(atS)}`)),
      ),
      cards,
    ),
    ...people(told),
    section(
      "More",
      h(
        "p",
        null,
        h("a", { href: `/report.html?as=${tab.session.role}`, target: "_blank", rel: "noopener" }, "The run’s report"),
        " has every figure with its bounds. The same folder can be judged again, and replayed as a plan.",
      ),
    ),
  );
  update();
  return element;
}

const middleS = ({ lo, hi }: { readonly lo: number; readonly hi: number }) => (lo + hi) / 2e6;
const bandsOf = ({ acts }: Debrief): readonly Band[] =>
  acts.flatMap((act) =>
    act.heldFromUs
      ? [{ label: `${act.id}: ${act.fault}`, colour: act.colour, fromS: act.heldFromUs.lo / 1e6, toS: act.heldToUs ? act.heldToUs.hi / 1e6 : null }]
      : [],
  );
/** The slider begins where the first fault bit. */
const startOf = (told: Debrief): number =>
  Math.round(Math.min(...told.acts.flatMap((act) => (act.heldFromUs ? [middleS(act.heldFromUs)] : [])), told.toUs / 1e6) * 2) / 2;

/** Moments worth looking at: first bite, first marks of each kind, last healing. */
function moments(told: Debrief): readonly (readonly [string, number])[] {
  const bites = told.acts.flatMap((act) => (act.heldFromUs ? [middleS(act.heldFromUs)] : []));
  const heals = told.acts.flatMap((act) => (act.heldToUs ? [middleS(act.heldToUs)] : []));
  const first = (kind: string, mark?: string) => told.events.find((event) => event.kind === kind && (mark === undefined || event.mark === mark));
  const found = [
    ["Broken", bites.length > 0 ? Math.min(...bites) : undefined],
    ["First alarm", atOf(first("alarm"))],
    ["Noticed", atOf(first("mark", "wrong"))],
    ["Named", atOf(first("mark", "cause"))],
    ["First verb", atOf(told.events.find((event) => event.kind === "audit" && event.by === "person"))],
    ["Healed", heals.length > 0 ? Math.max(...heals) : undefined],
    ["Called fixed", atOf(first("mark", "fixed"))],
  ] as const;
  return found.flatMap(([label, atS]) => (atS === undefined ? [] : [[label, atS] as const])).sort((a, b) => a[1] - b[1]);
}
const atOf = (event: { readonly atUs: number } | undefined) => (event ? event.atUs / 1e6 : undefined);

function pictureAt(told: Debrief, cursorS: number): Picture {
  const truths = told.acts.flatMap((act): Flag[] => [
    ...(act.heldFromUs
      ? [{ atS: middleS(act.heldFromUs), kind: "truth" as const, label: `${act.id} bites`, title: `${act.id} bites, as its witness read` }]
      : []),
    ...(act.heldToUs
      ? [{ atS: middleS(act.heldToUs), kind: "truth" as const, label: `${act.id} healed`, title: `${act.id} is healed, as its witness read` }]
      : []),
  ]);
  return {
    fromS: told.fromUs / 1e6,
    toS: told.toUs / 1e6,
    cursorS,
    lanes: told.lanes.map((lane) => ({
      name: nameOf(lane),
      stretches: lane.stretches.map((one) => ({ fromS: one.fromUs / 1e6, toS: one.toUs / 1e6, lost: one.lost })),
    })),
    bands: bandsOf(told),
    flags: [...truths, ...flagsOf(told.events)],
    label: `${told.sentence} Lanes over the seconds of the run, with marks, verbs and alarms`,
  };
}

function drawSights(into: HTMLElement, told: Debrief, atS: number): void {
  const sights = (["player", "room", "facilitator"] as const).map((role) => ({ role, ...sightAt(told, role, atS) }));
  draw(into, sights, () =>
    sights.map(({ role, lanes, held, news }) =>
      h(
        "div",
        { class: "sight" },
        h("h3", null, roleWords[role]),
        h(
          "ul",
          { class: "sees" },
          ...lanes.map(({ lane, is }) => h("li", null, h("span", null, nameOf(lane)), h("b", { class: is.state }, h("span", { class: "shape" }), is.text))),
        ),
        role === "facilitator" &&
          h(
            "p",
            null,
            ...(held.length === 0 ? ["No fault was held."] : ["Held: ", ...held.flatMap((act) => [swatch(act.colour), `${act.id}, ${act.fault}. `])]),
          ),
        h(
          "ul",
          { class: "feed" },
          ...(news.length === 0
            ? [h("li", { class: "one" }, h("span", { class: "quiet" }, "Nothing had been said so far."))]
            : news.map((event) => h("li", null, h("time", null, clock(event.atUs / 1e6)), h("span", null, sayEvent(event)?.says ?? "")))),
        ),
      ),
    ),
  );
}
