/** The debrief's figures, from verdict.json alone: lost seconds and the ledger are the outcome; what people did is timed, and nobody is scored. */
import type { Bounds, PeopleClock, Verdict } from "../../core/verdict.js";
import type { Debrief } from "../protocol.js";
import { h, svg } from "./dom.js";
import { section } from "./tab.js";

type Judged = Pick<Verdict, "result" | "lostS" | "findings"> & Partial<Pick<Verdict, "ledger" | "people">>;
const range = ({ lo, hi }: Bounds) => `${lo.toFixed(1)}–${hi.toFixed(1)}`;

export function outcomes({ verdict, sentence, lanes }: Debrief): HTMLElement[] {
  const judged = verdict as Judged;
  const { ledger } = judged;
  const tiles = lanes.map(({ plane, from, says }) => {
    const lost = judged.lostS[plane][from];
    return h(
      "div",
      { class: "tile", "data-path": `lostS.${plane}.${from}` },
      h("span", { class: "soft" }, `${says.charAt(0).toUpperCase()}${says.slice(1)}`),
      h("b", { class: lost.hi > 0 ? "bad" : "" }, ((lost.lo + lost.hi) / 2).toFixed(1), h("small", null, " s lost")),
      h("span", { class: "soft" }, `bounds ${range(lost)}`),
    );
  });
  return [
    h(
      "section",
      { class: "headline" },
      h("span", { class: `badge ${judged.result}`, "data-path": "result" }, judged.result.toUpperCase()),
      h("p", { class: "sentence" }, sentence),
    ),
    h("div", { class: "tiles" }, ...tiles),
    ...(ledger
      ? [
          h(
            "p",
            { class: "soft ledger" },
            `Ledger: ${ledger.acknowledged} writes were acknowledged, ${ledger.missing.length === 0 ? "none is missing" : `${ledger.missing.length} missing: ${ledger.missing.slice(0, 5).join(", ")}`}.`,
          ),
        ]
      : []),
    ...(judged.findings.length > 0
      ? [
          section(
            "Findings",
            h(
              "ul",
              { class: "findings" },
              ...judged.findings.map((one) =>
                h(
                  "li",
                  null,
                  h("span", { class: `chip ${one.result === "pass" ? "good" : one.result === "fail" ? "bad" : "warn"}` }, one.result),
                  h("span", null, ` ${one.says}`),
                ),
              ),
            ),
          ),
        ]
      : []),
  ];
}

/** When people noticed, named, acted and called it fixed, against witnessed truth; what they used; how the playbook was followed. */
export function people({ verdict }: Debrief): HTMLElement[] {
  const told = (verdict as Judged).people;
  if (!told) return [];
  const { clocks, falseAlarms, earlyAllClears, verbs, steps } = told;
  const most = Math.max(1, ...clocks.flatMap((one) => instants.map(([name]) => one[name]?.hi ?? 0)));
  const cell = (of: Bounds | null) => h("td", null, of ? `${range(of)} s` : "–", of && bar(of, most));
  const counted = (name: "falseAlarms" | "earlyAllClears", n: number, says: string) =>
    h("p", { "data-path": `people.${name}` }, `${says}: `, h("b", null, String(n)));
  return [
    section(
      "When people knew",
      h("p", { class: "soft" }, "Seconds from the bite that was witnessed, with the bounds of its readings. Nobody is scored: the outcome is what was lost."),
      h(
        "div",
        { class: "scroll" },
        clocks.length === 0 && h("p", null, "No act was seen to bite."),
        clocks.length > 0 &&
          h(
            "table",
            null,
            h("thead", null, h("tr", null, h("td"), ...clocks.map(({ act }) => h("th", { scope: "col" }, act)))),
            h(
              "tbody",
              null,
              ...instants.map(([name, says]) =>
                h("tr", { "data-path": `people.${name}` }, h("th", { scope: "row" }, says), ...clocks.map((one) => cell(one[name]))),
              ),
            ),
          ),
      ),
      counted("falseAlarms", falseAlarms, "“Something is wrong” before anything was"),
      counted("earlyAllClears", earlyAllClears, "“It is fixed” while a witness read broken"),
    ),
    section(
      "What was done",
      steps.of > 0 &&
        h(
          "p",
          { "data-path": "people.steps" },
          `Of the playbook’s ${steps.of} steps ${steps.done} were done, ${steps.leftOut} were left out, and ${steps.outOfOrder} were done out of order.`,
        ),
      verbs.length === 0
        ? h("p", null, "Nobody used a verb.")
        : h(
            "table",
            null,
            h(
              "thead",
              null,
              h("tr", null, h("th", { scope: "col" }, "Verb"), h("th", { scope: "col", class: "n" }, "Done"), h("th", { scope: "col", class: "n" }, "Refused")),
            ),
            h(
              "tbody",
              null,
              ...verbs.map((one) =>
                h("tr", null, h("th", { scope: "row" }, one.verb), h("td", { class: "n" }, one.done), h("td", { class: "n" }, one.refused)),
              ),
            ),
          ),
    ),
  ];
}
const instants = [
  ["noticedS", "Somebody said that something is wrong"],
  ["namedS", "Somebody said what it is"],
  ["firstActionS", "First verb or step"],
  ["restoredS", "Users were served again"],
  ["healedS", "Healed, as witnessed"],
  ["saidFixedS", "Somebody said that it is fixed"],
] as const satisfies readonly (readonly [keyof PeopleClock, string])[];

function bar({ lo, hi }: Bounds, mostS: number): SVGSVGElement {
  const x = (s: number) => (s / mostS) * 100;
  return svg(
    "svg",
    { class: "bar", viewBox: "0 0 100 10", preserveAspectRatio: "none", "aria-hidden": "true" },
    svg("rect", { class: "until", x: 0, y: 3, width: x(Math.max(0, lo)), height: 4 }),
    svg("rect", { class: "bounds", x: x(Math.max(0, lo)), y: 1, width: Math.max(0.8, x(hi) - x(Math.max(0, lo))), height: 8 }),
  );
}
