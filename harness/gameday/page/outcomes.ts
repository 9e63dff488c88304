/** The debrief's figures, from verdict.json alone: lost seconds and the ledger are the outcome; what people did is timed, and nobody is scored. */
import type { Debrief } from "../protocol.js";
import { h } from "./dom.js";
import { section } from "./tab.js";

interface Bounds {
  readonly lo: number;
  readonly hi: number;
}
interface Judged {
  readonly result: string;
  readonly lostS: Readonly<Record<"control" | "data", Readonly<Record<"outside" | "inside", Bounds>>>>;
  readonly ledger?: { readonly acknowledged: number; readonly missing: readonly string[] };
  readonly findings: readonly { readonly result: string; readonly says: string }[];
}
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

export function people(_told: Debrief): HTMLElement[] {
  return [];
}
