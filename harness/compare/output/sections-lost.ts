/** Lost seconds: ratios with the margin, every trial, medians per plane and vantage. */
import { datum, type Markup, markup, type Piece, table } from "../../report/html/markup.js";
import { pictures } from "../../report/html/sections.js";
import { laneName } from "../../words.js";
import { percent, sayNumber, sayP, saySeconds } from "../analysis/figures.js";
import { whom } from "../analysis/sentence.js";
import type { Pair } from "../shapes.js";
import { estimateAt, intervalAt, swatch, whole } from "./cells.js";
import { forest, trialDots } from "./charts.js";
import { kindOf, nameOf, type Report, shownArms } from "./report.js";

export function ratios(report: Report): Markup {
  const { comparison } = report;
  const { reference, matters, alpha, path, pairs } = comparison;
  const level = percent(1 - alpha);
  const title = reference ? `Lost seconds against ${reference}` : "Lost seconds, pair by pair";
  const strength =
    path === "fixed"
      ? [
          { title: "p", figures: true },
          { title: "p, Holm", figures: true },
        ]
      : [
          { title: "e", figures: true },
          { title: "decided at block", figures: true },
        ];
  const columns = [
    { title: reference ? "playbook" : "pair" },
    { title: "ratio", figures: true },
    { title: path === "fixed" ? `${level} interval` : `${level} confidence sequence`, figures: true },
    { title: "for the family", figures: true },
    { title: "blocks", figures: true },
    { title: "sooner–later–tied", figures: true },
    ...strength,
    { title: "verdict" },
  ];
  const rows = pairs.map((pair, i) => {
    const at = `pairs.${i}`;
    const number = (name: "p" | "pHolm" | "e" | "decidedAt" | "ratio", says: (value: number) => string): Piece =>
      pair[name] === null ? "–" : datum(`${at}.${name}`, pair[name], says(pair[name]));
    return {
      mark: pair.declared ? undefined : "soft",
      cells: [
        markup`${nameOf(comparison, pair)}${pair.declared ? "" : " (control)"}`,
        number("ratio", sayNumber),
        intervalAt(`${at}.ci`, pair.ci),
        intervalAt(`${at}.ciFamily`, pair.ciFamily),
        whole(`${at}.n`, pair.n),
        markup`${whole(`${at}.winsA`, pair.winsA)}–${whole(`${at}.winsB`, pair.winsB)}–${whole(`${at}.ties`, pair.ties)}`,
        ...(path === "fixed" ? [number("p", sayP), number("pHolm", sayP)] : [number("e", sayNumber), number("decidedAt", String)]),
        markup`<span class="mark ${kindOf(pair)}">${pair.verdict}</span>`,
      ],
    };
  });
  return markup`<section><h2>${title}</h2><p class="soft">Of ${whom(comparison.outcome)}. A dot is the ratio of lost seconds, its thick line the ${level} interval, its thin line the same for all declared pairs at once. The band is the margin: ratios below ${sayNumber(matters)} × do not matter.</p>
<figure>${pictures((size) => forest(report, size))}</figure>${table(columns, rows)}
<p class="soft">${sentenceOfMethod(pairs)}</p></section>`;
}
const sentenceOfMethod = (pairs: readonly Pair[]): string => `Method: ${[...new Set(pairs.map(({ method }) => method))].join("; ")}.`;

export function trials(report: Report): Markup {
  const { comparison, design } = report;
  return markup`<section><h2>Every trial</h2><p class="soft">A dot is a trial; a line joins the trials of a block, which share seed and time${comparison.people ? " (a game day has the seed alone)" : ""}. Hollow: not recovered within ${datum("capS", comparison.capS, `${comparison.capS} s`)}. The bar is the median. Lost seconds of ${laneName(design.outcome.plane, design.outcome.from)}, logarithmic.</p>
<figure>${pictures((size) => trialDots(report, size))}</figure></section>`;
}

export function outcomes({ comparison }: Report): Markup {
  const lanes = (["control", "data"] as const).flatMap((plane) => (["outside", "inside"] as const).map((from) => ({ plane, from })));
  const columns = [
    { title: "arm" },
    { title: "trials", figures: true },
    { title: "primary, median", figures: true },
    ...lanes.map(({ plane, from }) => ({ title: laneName(plane, from), figures: true })),
  ];
  const rows = shownArms(comparison).map((arm, i) => ({
    cells: [
      markup`${swatch(i)}${arm.label}`,
      whole(`${arm.path}.n`, arm.n),
      estimateAt(`${arm.path}.lostS`, arm.lostS),
      ...lanes.map(({ plane, from }) =>
        datum(`${arm.path}.medianLostS.${plane}.${from}`, arm.medianLostS[plane][from], saySeconds(arm.medianLostS[plane][from])),
      ),
    ],
  }));
  return markup`<section><h2>Lost seconds per plane and vantage</h2><p class="soft">Medians over trials; the primary outcome with its exact interval. Only the primary one decides.</p>${table(columns, rows)}</section>`;
}
