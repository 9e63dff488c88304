/** Abort: one press heals everything and ends the run. The proofs are shown as they come. */
import type { AbortProgress } from "../protocol.js";
import { draw, h } from "./dom.js";
import { pressed } from "./hold.js";
import type { Part, Tab } from "./tab.js";

/** It never changes its place, its words or its meaning; pressing it again is safe. */
export function abortButton(tab: Tab): HTMLElement {
  const answer = h("span", { class: "wrong abort-answer", role: "alert" });
  const button = h("button", { class: "abort", type: "button", id: "abort", "aria-describedby": "abort-says" }, "Abort");
  pressed(button, () => {
    answer.textContent = "";
    tab.api.ask("POST /api/abort", { reason: `abort button, ${tab.session.role}` }).catch((error: Error) => {
      answer.textContent = error.message;
    });
  });
  return h(
    "div",
    { class: "abort-box" },
    h("span", { class: "unseen", id: "abort-says" }, "Heals everything and ends the run, at once. On a touch screen hold it for 0.6 seconds."),
    button,
    answer,
  );
}

/** Undefined while nobody has asked for an abort. */
export function sayAbort({ by, of, proved, done }: AbortProgress): string {
  if (done) return `Aborted by ${by}: everything is healed, and proved.`;
  if (of === null) return `Abort asked by ${by}. Healing.`;
  return `Abort asked by ${by}. ${proved} of ${of} healed and proved.`;
}

export function abortPanel(tab: Tab): Part {
  const element = h("section", { class: "abort-panel", role: "status", hidden: true });
  return {
    element,
    update() {
      const { abort } = tab.game;
      element.hidden = abort === undefined;
      if (!abort) return;
      element.classList.toggle("done", abort.done);
      draw(element, abort, () => [
        h("h2", null, sayAbort(abort)),
        abort.trouble !== undefined && h("p", { class: "wrong" }, abort.trouble),
        abort.heals !== undefined &&
          abort.heals.length > 0 &&
          h(
            "ul",
            { class: "feed" },
            ...abort.heals.map((heal) =>
              h(
                "li",
                null,
                h("time", null, `${((heal.atMs - abort.askedMs) / 1000).toFixed(1)} s`),
                h(
                  "span",
                  null,
                  h("span", { class: `chip ${heal.proved ? "good" : "bad"}` }, heal.proved ? "proved" : "not proved"),
                  ` ${heal.target}: ${heal.says}`,
                ),
              ),
            ),
          ),
      ]);
    },
  };
}
