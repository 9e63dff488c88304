/** The logs that an operator would have: one component at a time, read when asked for. */
import { draw, h, say } from "./dom.js";
import { type Part, section, type Tab } from "./tab.js";

export function logs(tab: Tab): Part {
  const choose = h("select", { id: "component" });
  const text = h("pre", { class: "tall", tabindex: 0, "aria-label": "Log", hidden: true });
  const wrong = h("span", { class: "wrong", role: "alert" });
  const button = h("button", { type: "button", id: "read-log" }, "Read");
  const read = async () => {
    wrong.textContent = "";
    try {
      const { lines } = await tab.api.ask<{ lines: readonly string[] }>("GET /api/logs", undefined, { component: choose.value, lines: "80" });
      text.hidden = false;
      say(text, lines.length > 0 ? lines.join("\n") : "The log is empty.");
      text.scrollTop = text.scrollHeight;
    } catch (error) {
      wrong.textContent = (error as Error).message;
    }
  };
  button.addEventListener("click", () => void read());
  const element = section(
    "Logs",
    h("label", { for: "component" }, "Component"),
    h("div", { class: "row" }, h("div", { class: "grow" }, choose), button),
    wrong,
    text,
  );
  /** The stage in which they were asked for: once in each, so that an error is not asked for again and again. */
  let asked = "";
  return {
    element,
    update() {
      const { state } = tab.game;
      // Components are known once the foundation is up.
      if (!state || choose.options.length > 0 || asked === state.stage || state.stage === "raising" || state.stage === "failed") return;
      asked = state.stage;
      tab.api.ask<{ components: readonly string[] }>("GET /api/logs").then(
        ({ components }) => draw(choose, components, () => components.map((name) => h("option", { value: name }, name))),
        (error: Error) => {
          wrong.textContent = error.message;
        },
      );
    },
  };
}
