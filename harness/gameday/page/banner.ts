/** One sentence above everything while the run does not simply go on: what is waited for, and by whom. */
import type { State } from "../protocol.js";
import { h, say } from "./dom.js";
import type { Part, Tab } from "./tab.js";

export function sayBanner({ stage, frozen, why }: Pick<State, "stage" | "frozen" | "why">): string {
  if (stage === "raising") return "The foundation is coming up. The facilitator starts the run when it is ready.";
  if (stage === "ready") return "Ready. The facilitator starts the run.";
  if (stage === "ending") return "The run is over. It is being judged; the debrief follows.";
  if (stage === "failed") return `The run failed and there is no debrief.${why ? ` ${why}` : ""}`;
  return frozen ? `All writes are frozen until ${frozen.untilIso.slice(11, 19)} UTC${frozen.reason ? `: ${frozen.reason}` : ""}. Verbs are refused.` : "";
}

export function banner(tab: Tab): Part {
  const element = h("section", { class: "banner", role: "status", hidden: true });
  return {
    element,
    update() {
      const { state } = tab.game;
      const says = state ? sayBanner(state) : "";
      element.hidden = says === "";
      element.classList.toggle("bad", state?.stage === "failed");
      say(element, says);
    },
  };
}
