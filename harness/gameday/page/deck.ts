/** The top of every view: what this is, how far it is, whether it is live; and the abort, always at the same place. */
import type { StageName } from "../protocol.js";
import { abortButton } from "./abort.js";
import { h, say } from "./dom.js";
import { clock } from "./geometry.js";
import type { Part, Tab } from "./tab.js";

const stages: Readonly<Record<StageName, string>> = {
  raising: "coming up",
  ready: "ready",
  running: "running",
  ending: "being judged",
  over: "debrief",
  failed: "failed",
};
const phases: Readonly<Record<string, string>> = { boot: "starting", steady: "steady phase", turbulence: "turbulence", watch: "watching" };

export function deck(tab: Tab, deadS: () => number): Part {
  const { session } = tab;
  const title = h("h1");
  const who = h("span", { class: "soft" });
  const phase = h("span", { class: "phase" });
  const time = h("span", { class: "clock", "aria-live": "off", role: "timer", "aria-label": "time of the run" });
  const live = h("span", { class: "live", "aria-live": "off" });
  const mayAbort = session.role !== "player";
  const element = h("header", { class: "deck" }, h("div", { class: "what" }, title, who), phase, time, live, mayAbort && abortButton(tab));
  return {
    element,
    update() {
      const { state } = tab.game;
      if (!state) return;
      say(title, state.secret?.scenario ?? "Game day");
      const seat = session.seat && state.seats.length > 1 ? `, ${session.seat.name}` : "";
      say(
        who,
        session.role === "room"
          ? (state.secret?.says ?? "for everybody in the room")
          : `${session.name}, ${session.role}${seat}${state.secret ? ` · ${state.secret.says}` : ""}`,
      );
      const stage = state.stage === "running" ? (phases[state.secret?.phase ?? ""] ?? stages.running) : stages[state.stage];
      say(phase, state.aborting && state.stage !== "over" ? "aborting" : state.frozen ? `${stage}, frozen` : stage);
      const runS = tab.runS();
      say(time, runS === undefined ? "–:––" : clock(runS));
      const dead = deadS();
      live.classList.toggle("stale", dead > 0);
      say(live, dead > 0 ? `not live since ${dead} s` : "live");
    },
  };
}
