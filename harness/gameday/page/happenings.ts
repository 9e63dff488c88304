/** Lines of the timeline, newest first. */
import type { SeenEvent } from "../protocol.js";
import { draw, h } from "./dom.js";
import { clock } from "./geometry.js";
import { type Part, section, type Tab } from "./tab.js";
import { grouped, sayEvent } from "./words.js";

/** More are in the debrief. */
const most = 120;

export function happenings(
  tab: Tab,
  how: { readonly title: string; readonly empty: string; readonly of: (event: SeenEvent) => boolean; readonly announced?: boolean; readonly most?: number },
): Part {
  const list = h("ul", { class: "feed tall", tabindex: 0, role: "list", "aria-label": how.title });
  const element = section(how.title, list);
  let told: number | undefined;
  return {
    element,
    update() {
      const mine = tab.game.events.filter((event) => event && how.of(event) && sayEvent(event));
      const newest = grouped(mine)
        .slice(-(how.most ?? most))
        .reverse();
      draw(list, [mine.length, newest[0]], () =>
        newest.length === 0
          ? h("li", { class: "one" }, h("span", { class: "quiet" }, how.empty))
          : newest.map((event) => {
              const { label, says, tone } = sayEvent(event)!;
              return h("li", null, h("time", null, clock(event.atUs / 1e6)), h("span", null, h("span", { class: `chip ${tone}` }, label), ` ${says}`));
            }),
      );
      if (how.announced && told !== undefined) for (const event of mine.slice(told)) tab.announce(sayEvent(event)!.says);
      told = mine.length;
    },
  };
}
