/** How far the result holds: other human delays, what pairing bought, A/A, drift, screening. */
import { datum, type Markup, markup, type Piece, table } from "../../report/html/markup.js";
import { sayNumber, sayP } from "../analysis/figures.js";
import { intervalAt, whole } from "./cells.js";
import { nameOf, type Report } from "./report.js";

export function trust({ comparison }: Report): Markup {
  const { sensitivity, drift, screening, aa, pairingGain, pairs } = comparison;
  const rows = pairs.flatMap((pair, i) => {
    if (!pair.declared) return [];
    const at = (delays: number): Piece => {
      const s = sensitivity.findIndex((one) => one.delays === delays);
      const k = sensitivity[s]?.pairs.findIndex(({ a, b }) => a === pair.a && b === pair.b) ?? -1;
      const found = sensitivity[s]?.pairs[k];
      return found ? markup`${datum(`sensitivity.${s}.pairs.${k}.ratio`, found.ratio, sayNumber(found.ratio))}${found.holds ? "" : " (turns)"}` : "not tried";
    };
    const { pairing } = pair;
    const range =
      pairing && pairing.lo !== null && pairing.hi !== null
        ? markup` <span class="b">${datum(`pairs.${i}.pairing.lo`, pairing.lo, pairing.lo.toFixed(2))} to ${datum(`pairs.${i}.pairing.hi`, pairing.hi, pairing.hi.toFixed(2))}</span>`
        : "";
    const r = pairing ? markup`${datum(`pairs.${i}.pairing.r`, pairing.r, pairing.r.toFixed(2))}${range}` : "–";
    return [
      {
        cells: [
          nameOf(comparison, pair),
          at(0.5),
          pair.ratio === null ? "–" : datum(`pairs.${i}.ratio`, pair.ratio, sayNumber(pair.ratio)),
          at(2),
          r,
          pairing ? markup`${datum(`pairs.${i}.pairing.variance`, pairing.variance, sayNumber(pairing.variance))} ×` : "–",
          pairing && pairing.pUnpaired !== null ? datum(`pairs.${i}.pairing.pUnpaired`, pairing.pUnpaired, sayP(pairing.pUnpaired)) : "–",
        ],
      },
    ];
  });
  const how = [...new Set(sensitivity.map((one) => `× ${one.delays} ${one.how}`))].join(", ");
  const said: Piece[] = [
    ...(pairingGain
      ? [
          markup`<li>Pairing: mean correlation within blocks ${datum("pairingGain.r", pairingGain.r, pairingGain.r.toFixed(2))}; an unpaired difference varies ${datum("pairingGain.variance", pairingGain.variance, sayNumber(pairingGain.variance))} × as much${pairingGain.r <= 0 ? ": it bought nothing" : ""}.</li>`,
        ]
      : []),
    ...(aa
      ? [
          markup`<li>A/A: the same playbook twice in ${whole("aa.blocks", aa.blocks)} blocks, ratio ${datum("aa.ratio", aa.ratio, sayNumber(aa.ratio))} (${intervalAt("aa.ci", aa.ci)})${aa.n > 0 ? markup`; ${whole("aa.falseAlarms", aa.falseAlarms)} of ${whole("aa.n", aa.n)} comparisons of ${whole("aa.of", aa.of)} blocks found a difference` : ""}.</li>`,
        ]
      : []),
    ...(drift
      ? [
          markup`<li>Drift: lost seconds changed by × ${datum("drift.change", drift.change, sayNumber(drift.change))} from first to last block (Mann-Kendall p ${datum("drift.p", drift.p, sayP(drift.p))}).</li>`,
        ]
      : []),
    ...(screening
      ? [
          markup`<li>Friedman over the family: χ² ${datum("screening.chiSquared", screening.chiSquared, sayNumber(screening.chiSquared))}, p ${datum("screening.p", screening.p, sayP(screening.p))}.</li>`,
        ]
      : []),
  ];
  const columns = [
    { title: comparison.reference ? `against ${comparison.reference}` : "pair" },
    ...["delays × 0.5", "as declared", "delays × 2", "correlation in blocks", "variance saved", "p, blocks ignored"].map((title) => ({ title, figures: true })),
  ];
  return markup`<section><h2>How far it holds</h2><p class="soft">The ratio at other human delays (${how || "not tried"}), and what pairing bought.</p>${table(columns, rows)}<ul class="plain">${said}</ul></section>`;
}
