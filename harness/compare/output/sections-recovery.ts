/** How often and how soon trials recovered, and who took the time: people or machines. */
import { datum, type Markup, markup, type Piece, table } from "../../report/html/markup.js";
import { pictures } from "../../report/html/sections.js";
import { percent, sayP, saySeconds } from "../analysis/figures.js";
import { estimateAt, swatch, whole } from "./cells.js";
import { colourOf, curves } from "./charts.js";
import { nameOf, type Report, shownArms } from "./report.js";

export function recovery(report: Report): Markup {
  const { comparison } = report;
  const arms = shownArms(comparison);
  const legend = arms.map(({ label }, i) => markup`<li><i style="background:${colourOf(i)}"></i>${label}</li>`);
  const columns = [
    { title: "arm" },
    { title: "recovered", figures: true },
    { title: "P(recover)", figures: true },
    { title: "median", figures: true },
    { title: "restricted mean", figures: true },
  ];
  const rows = arms.map(({ label, path, pRecover, medianRecoveryS, rmstS }, i) => ({
    cells: [
      markup`${swatch(i)}${label}`,
      markup`${whole(`${path}.pRecover.k`, pRecover.k)} of ${whole(`${path}.pRecover.n`, pRecover.n)}`,
      markup`${datum(`${path}.pRecover.share`, pRecover.share, percent(pRecover.share))} <span class="b">${datum(`${path}.pRecover.lo`, pRecover.lo, percent(pRecover.lo))} to ${datum(`${path}.pRecover.hi`, pRecover.hi, percent(pRecover.hi))}</span>`,
      medianRecoveryS === null ? "not half" : datum(`${path}.medianRecoveryS`, medianRecoveryS, saySeconds(medianRecoveryS)),
      estimateAt(`${path}.rmstS`, rmstS),
    ],
  }));
  const pairRows = comparison.pairs.flatMap((pair, i) => {
    if (!pair.declared) return [];
    const { rmstS, pRecover, logRankP, pABetter, cliff } = pair;
    const p = (path: string, value: number | null): Piece => (value === null ? "–" : datum(path, value, sayP(value)));
    return [
      {
        cells: [
          nameOf(comparison, pair),
          estimateAt(`pairs.${i}.rmstS`, rmstS),
          p(`pairs.${i}.logRankP`, logRankP),
          p(`pairs.${i}.pRecover.p`, pRecover.p),
          pABetter === null ? "–" : datum(`pairs.${i}.pABetter`, pABetter, percent(pABetter)),
          cliff === null ? "–" : datum(`pairs.${i}.cliff`, cliff, cliff.toFixed(2)),
        ],
      },
    ];
  });
  const pairColumns = [
    { title: comparison.reference ? `against ${comparison.reference}` : "pair" },
    ...["difference of means", "log-rank p", "P(recover) p", "P(loses less)", "Cliff’s delta"].map((title) => ({ title, figures: true })),
  ];
  return markup`<section><h2>Recovery</h2><p class="soft">Share of trials that were not stable yet, over seconds since the first injection (Kaplan-Meier). Trials that did not recover stay to the cap and count in the restricted mean.</p>
<figure>${pictures((size) => curves(report, size))}</figure><ul class="legend">${legend}</ul>${table(columns, rows)}${table(pairColumns, pairRows)}
<p class="soft">Differences are paired, with Student’s interval. Log-rank by permutation within blocks; P(recover) by Fisher’s exact test. These are secondary: none of them decides.</p></section>`;
}

export function clocks({ comparison }: Report): Markup {
  const longest = Math.max(1, ...comparison.arms.map(({ clock }) => (clock.detectS ?? 0) + clock.humanS + clock.machineS));
  const bars = comparison.arms.map(({ arm, clock }, i) => {
    const part = (kind: string, s: number) => markup`<span class="${kind}" style="width:${((100 * s) / longest).toFixed(2)}%"></span>`;
    const detect =
      clock.detectS === null ? "not detected" : markup`detected after ${datum(`arms.${i}.clock.detectS`, clock.detectS, saySeconds(clock.detectS))}`;
    return markup`<div>${arm}</div><div class="stack">${part("detect", clock.detectS ?? 0)}${part("people", clock.humanS)}${part("machines", clock.machineS)}</div><div class="says">${detect} · people ${datum(`arms.${i}.clock.humanS`, clock.humanS, saySeconds(clock.humanS))} · machines ${datum(`arms.${i}.clock.machineS`, clock.machineS, saySeconds(clock.machineS))}</div>`;
  });
  const columns = [
    { title: "arm" },
    ...["steps done", "refused", "repeated", "wrong", "lost writes", "did damage"].map((title) => ({ title, figures: true })),
    { title: "how it ended" },
  ];
  const rows = comparison.arms.map(({ arm, steps, lostWrites, harmed, endings }, i) => ({
    cells: [
      arm,
      ...(["done", "refused", "repeated", "wrong"] as const).map((name) => whole(`arms.${i}.steps.${name}`, steps[name])),
      whole(`arms.${i}.lostWrites`, lostWrites),
      whole(`arms.${i}.harmed`, harmed),
      Object.entries(endings)
        .filter(([, k]) => k > 0)
        .map(([ending, k]) => `${ending.replace("-", " ")} ${k}`)
        .join(", "),
    ],
  }));
  return markup`<section><h2>People and machines</h2><p class="soft">Means over the trials of an arm. What people take is a model’s, drawn with the trial’s seed; what machines take is measured.</p>
<ul class="legend"><li><i class="detect"></i>until detected</li><li><i class="people"></i>people</li><li><i class="machines"></i>machines</li></ul><div class="clock">${bars}</div>${table(columns, rows)}</section>`;
}
