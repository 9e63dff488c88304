/** The three buttons of a player. The instant counts: a press is sent at once, with what stands in the note by then. */
import type { MarkKind } from "../protocol.js";
import { h, say } from "./dom.js";
import { clock } from "./geometry.js";
import { block, type Part, type Tab } from "./tab.js";
import { markWords } from "./words.js";

const kinds = ["wrong", "cause", "fixed"] as const satisfies readonly MarkKind[];

export function marks(tab: Tab): Part {
  const note = h("input", { type: "text", id: "mark-note", maxlength: 280, autocomplete: "off", placeholder: "Note, if you have one: what do you see?" });
  const said = h("p", { class: "said", role: "status" });
  const buttons = kinds.map((mark) => {
    const button = h(
      "button",
      { type: "button", class: "mark", "data-mark": mark, id: `mark-${mark}` },
      h("span", { class: "sign", "aria-hidden": "true" }),
      markWords[mark],
    );
    button.addEventListener("click", async () => {
      if (button.getAttribute("aria-disabled") === "true") return say(said, button.title);
      button.setAttribute("aria-busy", "true");
      try {
        const { atUs } = await tab.api.ask<{ atUs: number }>("POST /api/mark", { mark, says: note.value.trim() });
        note.value = "";
        say(said, `“${markWords[mark]}” stands at ${clock(atUs / 1e6)}.`);
      } catch (error) {
        say(said, (error as Error).message);
      }
      button.removeAttribute("aria-busy");
    });
    return button;
  });
  const element = h(
    "section",
    { class: "marks", "aria-label": "What you know" },
    h("label", { for: "mark-note", class: "unseen" }, "Note to the next mark"),
    note,
    h("div", { class: "three" }, ...buttons),
    said,
  );
  return {
    element,
    update() {
      const stage = tab.game.state?.stage;
      const why = stage === "running" ? null : stage === "over" ? "the run is over" : "the run has not begun";
      for (const button of buttons) block(button, why);
    },
  };
}
