/** The operator's console: the same verbs that playbooks use, each with what came of it. */
import { draw, h, say } from "./dom.js";
import { block, type Part, section, type Tab } from "./tab.js";

interface Came {
  readonly ok: boolean;
  readonly says: string;
}

export function consolePart(tab: Tab): Part {
  const choose = h("select", { id: "verb" });
  const params = h("div", { class: "params" });
  const does = h("p", { class: "soft", id: "verb-does" });
  const answer = h("p", { class: "came", role: "status" });
  const button = h("button", { type: "submit", class: "first", id: "do-verb" }, "Do it");
  const verbs = () => tab.game.state?.console?.verbs ?? [];
  const chosen = () => verbs().find(({ name }) => name === choose.value);
  const drawParams = () => {
    const verb = chosen();
    say(does, verb?.says ?? "");
    draw(params, verb?.params ?? [], () =>
      (verb?.params ?? []).map((name, i) =>
        h(
          "div",
          { class: "grow" },
          h("label", { for: `arg-${i}` }, name),
          h("input", { type: "text", id: `arg-${i}`, autocomplete: "off", spellcheck: "false" }),
        ),
      ),
    );
  };
  choose.addEventListener("change", drawParams);
  const submit = async (event: Event) => {
    event.preventDefault();
    const verb = chosen();
    if (!verb || button.getAttribute("aria-disabled") === "true") return say(answer, button.title);
    const args = [...params.querySelectorAll("input")].map((input) => input.value.trim());
    while (args.at(-1) === "") args.pop();
    button.setAttribute("aria-busy", "true");
    answer.className = "came";
    say(answer, `${verb.name}: under way`);
    try {
      const came = await tab.api.ask<Came>("POST /api/verb", { verb: verb.name, args });
      answer.classList.add(came.ok ? "good" : "bad");
      say(answer, `${verb.name}: ${came.ok ? "" : "refused. "}${came.says}`);
    } catch (error) {
      answer.classList.add("bad");
      say(answer, `${verb.name}: ${(error as Error).message}`);
    }
    button.removeAttribute("aria-busy");
  };
  const element = section(
    "Console",
    h("form", { submit, class: "console" }, h("label", { for: "verb" }, "Verb"), choose, does, params, h("div", { class: "row" }, button), answer),
  );
  return {
    element,
    update() {
      element.hidden = verbs().length === 0;
      draw(choose, verbs(), () => verbs().map(({ name }) => h("option", { value: name }, name)));
      drawParams();
      block(button, tab.game.state?.stage === "running" ? null : "the run is not under way");
    },
  };
}
