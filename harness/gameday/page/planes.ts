/** The front page that users see: how developers and app users are served now, in a word, a shape and a colour; and the lanes of it. */
import type { LaneHead } from "../protocol.js";
import { draw, h, say } from "./dom.js";
import { planeNow } from "./game.js";
import { drawnIn } from "./lanes.js";
import { nameOf, pictureOf } from "./picture-of.js";
import { type Part, section, type Tab } from "./tab.js";

export function planes(tab: Tab): Part {
  const element = h("div", { class: "planes", role: "group", "aria-label": "Planes now" });
  const before = new Map<string, string>();
  return {
    element,
    update() {
      const { state } = tab.game;
      if (!state) return;
      const now = state.lanes.map((lane) => ({ lane, is: planeNow(tab.game, lane, tab.runS()) }));
      draw(element, now, () =>
        now.map(({ lane, is }) =>
          h(
            "div",
            { class: `plane ${is.state}` },
            h("span", { class: "soft" }, nameOf(lane)),
            h("b", { class: is.state }, h("span", { class: "shape" }), is.text),
          ),
        ),
      );
      for (const { lane, is } of now) {
        const last = before.get(lane.key);
        before.set(lane.key, is.state);
        if (last !== undefined && last !== is.state) tab.announce(`${lane.says}: ${is.state === "some" ? "some requests are lost" : is.text}`);
      }
    },
  };
}

/** `windowS`: only the last seconds; all of the run otherwise. */
export function lanesPart(
  tab: Tab,
  how: { readonly title: string; readonly windowS?: number; readonly scale?: () => number; readonly lanes?: (all: readonly LaneHead[]) => readonly LaneHead[] },
): Part {
  const box = h("div", { class: "picture" });
  const empty = h("p", { class: "quiet" });
  const element = section(how.title, empty, box);
  const show = drawnIn(box, how.scale);
  let last = "";
  return {
    element,
    update() {
      const { game } = tab;
      const runS = tab.runS();
      const lanes = how.lanes?.(game.state?.lanes ?? []) ?? game.state?.lanes ?? [];
      const isEmpty = runS === undefined || game.bins.size === 0;
      empty.hidden = !isEmpty;
      box.hidden = isEmpty;
      say(empty, "The lanes begin with the run.");
      if (isEmpty) return;
      // Once a second, or when something came: a picture is the costliest thing of a page.
      const key = `${Math.floor(runS)} ${game.events.length} ${game.lanesEndS()} ${JSON.stringify(game.state?.secret?.injections ?? "")}`;
      if (key === last) return;
      last = key;
      show(pictureOf(game, lanes, runS, how.windowS));
    },
  };
}
