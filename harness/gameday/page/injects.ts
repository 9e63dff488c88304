/** What was planned and how far it is: each act with its proofs; and the acts that begin when the facilitator says so. */
import type { ActHead, InjectionState, SecretState } from "../protocol.js";
import { draw, h } from "./dom.js";
import { asking, block, type Part, section, type Tab } from "./tab.js";

const at = (us: number) => `${(us / 1e6).toFixed(1)} s`;
const tones: Readonly<Record<InjectionState["state"], string>> = {
  planned: "",
  injecting: "warn",
  injected: "bad",
  healing: "warn",
  healed: "good",
  unproved: "bad",
};
const words: Readonly<Record<InjectionState["state"], string>> = {
  planned: "planned",
  injecting: "beginning",
  injected: "held",
  healing: "healing",
  healed: "healed",
  unproved: "not proved healed",
};

export function swatch(colour: string): HTMLElement {
  const element = h("span", { class: "swatch" });
  element.style.background = colour;
  return element;
}
const when = ({ atS, after, forS, endedBy, clock: label }: ActHead): string =>
  `${label ? `${label} · ` : ""}${after ? `${atS} s after ${after}` : `${atS} s into turbulence`}, ${endedBy === "time" ? `for ${forS} s` : `until the playbook ends it, at most ${forS} s`}`;
const receipt = ({ bitUs, healedUs }: InjectionState): string =>
  `${bitUs ? `bit ${at(bitUs.lo)}–${at(bitUs.hi)}` : "not seen to bite"}${healedUs ? `, healed ${at(healedUs.lo)}–${at(healedUs.hi)}` : ""}`;

function actLines(act: ActHead, injections: readonly InjectionState[], begins: string): readonly HTMLElement[] {
  const mine = injections.filter((one) => one.act === act.id);
  return [
    h("div", null, swatch(act.colour), h("b", null, act.id), ` ${act.fault}`, h("span", { class: "soft" }, ` ${begins}`)),
    mine.length === 0
      ? h("p", { class: "soft" }, `on ${act.targets.join(", ")}`)
      : h(
          "ul",
          { class: "injections" },
          ...mine.map((one) =>
            h(
              "li",
              null,
              h("span", null, one.target),
              h("span", { class: `chip ${tones[one.state]}` }, words[one.state]),
              h("span", { class: "soft" }, one.state === "planned" ? "" : `${receipt(one)}${one.reads ? `, reads ${one.reads}` : ""}`),
            ),
          ),
        ),
  ];
}

export function acts(tab: Tab): Part {
  const list = h("ul");
  const element = section("Acts", list);
  return {
    element,
    update() {
      const secret = tab.game.state?.secret;
      draw(list, [secret?.acts, secret?.injections], () =>
        (secret?.acts ?? []).length === 0
          ? h("li", { class: "quiet" }, "Nothing is planned by time.")
          : secret!.acts.map((act) => h("li", { class: "act" }, ...actLines(act, secret!.injections, when(act)))),
      );
    },
  };
}

export function injects(tab: Tab): Part {
  const list = h("ul");
  const element = section(
    "Injects",
    h("p", { class: "soft" }, "Each was checked while planning. It begins as soon as you press, and stands in the timeline and in the plan."),
    list,
  );
  const noMore = asking("No more injects", { id: "no-more" }, () => tab.api.ask("POST /api/no-more", {}));
  element.append(
    h("div", { class: "row spaced" }, noMore.button, h("span", { class: "soft" }, "The run waits for injects; this lets it go on."), noMore.answer),
  );
  const made = new Map<string, { readonly button: HTMLButtonElement; readonly answer: HTMLElement }>();
  const buttonOf = (id: string) => {
    const known = made.get(id) ?? asking("Inject", { id: `inject-${id}`, class: "small" }, () => tab.api.ask("POST /api/inject", { act: id }));
    made.set(id, known);
    return known;
  };
  const why = (one: SecretState["injects"][number]) => (one.begun ? "begun" : one.blocked);
  return {
    element,
    update() {
      const secret = tab.game.state?.secret;
      element.hidden = (secret?.injects.length ?? 0) === 0;
      block(noMore.button, tab.game.state?.stage === "running" ? null : "the run is not under way");
      draw(list, [secret?.injects, secret?.injections], () =>
        (secret?.injects ?? []).map((one) => {
          const { button, answer } = buttonOf(one.id);
          block(button, why(one));
          return h(
            "li",
            { class: "inject" },
            ...actLines(one, secret!.injections, `for ${one.forS} s`),
            h("div", { class: "row" }, button, why(one) !== null && h("span", { class: "soft" }, why(one)), answer),
          );
        }),
      );
    },
  };
}
