/** The facilitator's helm: start, who is there, links to hand out, freeze, notes, and what keeper and runner say. */
import { draw, h, say } from "./dom.js";
import { asking, block, type Part, section, type Tab } from "./tab.js";

interface Links {
  readonly player: string;
  readonly room: string;
  readonly code?: string;
}
const people = (n: number, one: string, many: string) => `${n} ${n === 1 ? one : many}`;

export function start(tab: Tab): Part {
  const go = asking("Start the run", { class: "first", id: "go" }, () => tab.api.ask("POST /api/go", {}));
  const present = h("p");
  const links = h("div");
  const handOut = h("details", { open: true }, h("summary", null, "Links to hand out"), links);
  const why = h("p", { class: "wrong" });
  const progress = h("pre", { class: "tall short", tabindex: 0, "aria-label": "Progress" });
  const element = section("The run", present, h("div", { class: "row" }, go.button, go.answer), why, handOut, progress);
  let wasRunning = false;
  void tab.api.ask<Links>("GET /api/links").then((all) => links.replaceChildren(...linkRows(all)));
  return {
    element,
    update() {
      const { state, progress: lines } = tab.game;
      if (!state) return;
      const { player, room } = state.present;
      say(present, `${people(player, "player’s tab is", "players’ tabs are")} open, ${people(room, "room screen", "room screens")}.`);
      const blocked = {
        raising: "the foundation is coming up",
        ready: null,
        running: "it runs",
        ending: "it is being judged",
        over: "it is over",
        failed: "it failed",
      }[state.stage];
      block(go.button, blocked);
      go.button.hidden = state.stage !== "ready" && state.stage !== "raising";
      say(why, state.why ?? "");
      why.hidden = !state.why;
      if (state.stage === "running" && !wasRunning) handOut.open = false;
      wasRunning = state.stage === "running";
      handOut.hidden = state.stage === "over" || state.stage === "failed";
      progress.hidden = lines.length === 0 || state.stage === "running";
      say(progress, lines.slice(-8).join("\n"));
    },
  };
}

function linkRows({ player, room, code }: Links): HTMLElement[] {
  const row = (label: string, link: string) => {
    const field = h("input", { type: "text", readonly: true, value: link, "aria-label": label });
    const button = h("button", { type: "button", class: "small" }, "Copy");
    button.addEventListener("click", async () => {
      field.select();
      // Without a secure context there is no clipboard: then it is selected, and can be copied by hand.
      await navigator.clipboard?.writeText(link).then(() => say(button, "Copied"));
    });
    return h("div", null, h("span", { class: "soft" }, label), h("div", { class: "row link" }, h("div", { class: "grow" }, field), button));
  };
  return [row("Link for players", player), row("Link for the room’s screen", room), ...(code ? [h("p", null, "Join code: ", h("b", null, code))] : [])];
}

export function safety(tab: Tab): Part {
  const forS = h("select", { id: "freeze-for" }, ...[60, 300, 900].map((s) => h("option", { value: s, selected: s === 300 }, `${s / 60} min`)));
  const reason = h("input", { type: "text", id: "freeze-why", maxlength: 280, autocomplete: "off" });
  const freeze = asking("Freeze", { id: "freeze" }, () => tab.api.ask("POST /api/freeze", { forS: Number(forS.value), reason: reason.value.trim() }));
  const unfreeze = asking("Unfreeze", { id: "unfreeze" }, () => tab.api.ask("POST /api/unfreeze", { reason: reason.value.trim() }));
  const table = h("dl");
  const element = section(
    "Keeper",
    table,
    h(
      "div",
      { class: "row" },
      h("div", { class: "grow" }, h("label", { for: "freeze-why" }, "Reason"), reason),
      h("div", null, h("label", { for: "freeze-for" }, "For"), forS),
    ),
    h("div", { class: "row spaced" }, freeze.button, unfreeze.button, freeze.answer, unfreeze.answer),
  );
  return {
    element,
    update() {
      const { state } = tab.game;
      const secret = state?.secret;
      if (!state || !secret) return;
      const { keeper, runner } = secret;
      const frozen = state.frozen ? `until ${state.frozen.untilIso.slice(11, 19)} UTC${state.frozen.reason ? `: ${state.frozen.reason}` : ""}` : "no";
      const pairs = [
        ["Keeper", keeper ? `answers; ${people(keeper.live, "injection", "injections")} held` : "does not answer", keeper ? "" : "bad"],
        ["Stopped", keeper?.stopped ?? "no", keeper?.stopped ? "bad" : ""],
        ["Runner", runner === "none" ? "not started" : runner, runner === "silent" || runner === "gone" ? "bad" : ""],
        ["Writes frozen", frozen, state.frozen ? "warn" : ""],
        ["Foundation", `${secret.foundation ?? "none yet"}, ${secret.engine}, ${secret.profile}`, ""],
        ["Seed", String(secret.seed), ""],
      ] as const;
      draw(table, pairs, () =>
        pairs.flatMap(([name, value, tone]) => [h("dt", null, name), h("dd", null, tone ? h("span", { class: `chip ${tone}` }, value) : value)]),
      );
      const isHere = keeper !== null;
      block(freeze.button, !isHere ? "the keeper does not answer" : state.frozen ? "it is frozen already" : null);
      block(unfreeze.button, state.frozen ? null : "nothing is frozen");
    },
  };
}

export function notes(tab: Tab): Part {
  const text = h("input", { type: "text", id: "note", maxlength: 280, autocomplete: "off" });
  const said = h("span", { class: "wrong", role: "alert" });
  const submit = async (event: Event) => {
    event.preventDefault();
    if (text.value.trim() === "") return text.focus();
    try {
      await tab.api.ask("POST /api/note", { says: text.value.trim() });
      text.value = "";
      said.textContent = "";
    } catch (error) {
      said.textContent = (error as Error).message;
    }
  };
  return {
    element: section(
      "Note",
      h(
        "form",
        { submit },
        h("label", { for: "note" }, "Into the timeline. Players do not see it before the debrief."),
        h("div", { class: "row" }, h("div", { class: "grow" }, text), h("button", { type: "submit", id: "send-note" }, "Write")),
        said,
      ),
    ),
    update() {},
  };
}
