/** The playbook as a checklist: each step can be ticked, run, or left out; who did what is shown at the step. */
import type { ConsoleState, SeenEvent } from "../protocol.js";
import { draw, h, say } from "./dom.js";
import { clock } from "./geometry.js";
import { type Part, section, type Tab } from "./tab.js";

type Procedure = ConsoleState["playbook"][number];
interface Came {
  readonly ok: boolean;
  readonly says: string;
}
const states: Readonly<Record<string, string>> = {
  due: "due",
  acting: "under way",
  done: "done",
  refused: "refused",
  "gave-up": "given up",
  skipped: "left out",
};

/** The newest that happened to each step. */
export const lastOf = (events: readonly SeenEvent[], procedure: string, step: number): SeenEvent | undefined =>
  events.findLast((event) => event.kind === "step" && event.procedure === procedure && event.step === step);

export function playbook(tab: Tab): Part {
  const answer = h("p", { class: "came", role: "status" });
  const ask = h("div");
  const list = h("div");
  const element = section("Playbook", ask, list, answer);
  const send = (procedure: string, step: number, does: "tick" | "run" | "skip") => async () => {
    answer.className = "came";
    say(answer, does === "run" ? `step ${step}: under way` : "");
    try {
      const came = await tab.api.ask<Came>("POST /api/step", { procedure, step, does });
      answer.classList.add(came.ok ? "good" : "bad");
      say(answer, `step ${step}: ${came.says || (came.ok ? "done" : "refused")}`);
    } catch (error) {
      answer.classList.add("bad");
      say(answer, `step ${step}: ${(error as Error).message}`);
    }
  };
  const stepItem = (procedure: Procedure, { step, says, runs }: Procedure["steps"][number], canAct: boolean) => {
    const last = lastOf(tab.game.events, procedure.procedure, step);
    const id = `step-${tab.game.state?.console?.playbook.indexOf(procedure)}-${step}`;
    const button = (label: string, does: "tick" | "run" | "skip") =>
      h(
        "button",
        {
          type: "button",
          class: "small",
          id: `${id}-${does}`,
          disabled: !canAct,
          click: send(procedure.procedure, step, does),
          "aria-label": `${label}: step ${step}, ${says}`,
        },
        label,
      );
    return h(
      "li",
      { class: `step ${last?.state ?? ""}` },
      h("div", { class: "says" }, h("b", null, `${step}`), h("span", null, says)),
      last &&
        h(
          "p",
          { class: "soft" },
          `${states[String(last.state)] ?? last.state}${last.who ? `, ${last.who}` : ""} at ${clock(last.atUs / 1e6)}${last.came ? `: ${last.came}` : ""}`,
        ),
      h("div", { class: "row" }, runs && button("Run", "run"), button("Tick", "tick"), button("Leave out", "skip")),
    );
  };
  return {
    element,
    update() {
      const { state, events } = tab.game;
      const book = state?.console?.playbook ?? [];
      const waits = state?.console?.ask ?? null;
      element.hidden = book.length === 0 && waits === null;
      const canAct = state?.stage === "running";
      draw(list, [book, canAct, events.filter((event) => event?.kind === "step").length], () =>
        book.map((procedure) =>
          h(
            "div",
            { class: "procedure" },
            h("h3", null, procedure.procedure),
            h("p", { class: "soft" }, `Begin it when you see: ${procedure.detect}.`),
            h("ol", null, ...procedure.steps.map((step) => stepItem(procedure, step, canAct))),
          ),
        ),
      );
      draw(ask, waits, () => {
        if (!waits) return [];
        const reply = (go: boolean) => async () => {
          try {
            await tab.api.ask("POST /api/approve", { ask: waits.ask, go });
          } catch (error) {
            say(answer, (error as Error).message);
          }
        };
        return h(
          "div",
          { class: "ask", role: "alert" },
          h("p", null, `The playbook waits for you. ${waits.procedure}, step ${waits.step}: ${waits.says}`),
          h(
            "div",
            { class: "row" },
            h("button", { type: "button", class: "first", id: "ask-go", click: reply(true) }, "Go on"),
            h("button", { type: "button", id: "ask-skip", click: reply(false) }, "Leave it out"),
          ),
        );
      });
    },
  };
}
