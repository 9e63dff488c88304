/** The pictures of a comparison: ratios with the margin, every trial joined within its block, curves of recovery. */
import { axis, type Size, svgOf } from "../../report/charts/charts.js";
import * as Plot from "../../report/charts/plot.js";
import { middleS } from "../analysis/counted.js";
import { sayInterval, sayNumber } from "../analysis/figures.js";
import type { Comparison, Pair } from "../shapes.js";
import { kindOf, nameOf, type Report, shownArms } from "./report.js";
import { armColours } from "./style.js";

export const colourOf = (index: number): string => `var(--arm-${index % armColours})`;
const softText = { fill: "var(--soft)", stroke: "var(--card)", strokeWidth: 4 } as const;
const inkText = { fill: "var(--ink)", stroke: "var(--card)", strokeWidth: 4 } as const;

interface Tick {
  readonly at: number;
  readonly says: string;
}
/** Ticks of a logarithmic axis at its foot. Plot's own axis leaves out the labels of some. */
const logAxis = (ticks: readonly Tick[], foot: number): Plot.Markish[] => [
  Plot.ruleX(ticks, { x: "at", y1: () => foot, y2: () => foot - 5, stroke: "var(--soft)" }),
  Plot.text(ticks, { x: "at", y: () => foot, dy: 15, text: "says", fill: "var(--soft)" }),
];

/** A ratio and its inverse lie as far from 1: 2^k ×, and finer where all lies close together. */
function ratioTicks([lo, hi]: readonly [number, number], most: number): Tick[] {
  const above = hi / lo < 12 ? [1.25, 1.5, 2, 3, 4] : Array.from({ length: 12 }, (_, i) => 2 ** (i + 1));
  const all = [...above.map((x) => ({ at: 1 / x, says: `1/${x}` })).reverse(), { at: 1, says: "1 ×" }, ...above.map((x) => ({ at: x, says: `${x} ×` }))];
  const inside = all.filter(({ at }) => at >= lo && at <= hi);
  return inside.length > most ? inside.filter(({ at }) => Number.isInteger(Math.log2(at)) && (hi / lo < 12 || Math.log2(at) % 2 === 0)) : inside;
}

/** One row per pair: its name, its ratio as a dot on its interval (thin: the family's), the margin as a band. Left of 1 is sooner. */
export function forest({ comparison }: Report, size: Size): string {
  const rows = comparison.pairs.filter(({ ratio }) => ratio !== null);
  const ends = rows.flatMap(({ ratio, ci, ciFamily }) => [ratio!, ...ci, ...ciFamily].filter((x): x is number => x !== null && x > 0));
  const reach = (x: number) => Math.min(200, Math.max(1.15 * x, comparison.matters * 1.4));
  const domain: [number, number] = [1 / reach(1 / Math.min(1, ...ends)), reach(Math.max(1, ...ends))];
  const [pitch, top] = [48, 22];
  const foot = top + rows.length * pitch;
  const y = (_: Pair, i: number) => top + i * pitch + 32;
  const end = (x: number | null, side: 0 | 1) => Math.min(domain[1], Math.max(domain[0], x ?? domain[side]));
  const paint = (pair: Pair) => (pair.declared ? `var(--${kindOf(pair)})` : "var(--soft)");
  const whisker = (of: "ci" | "ciFamily", strokeWidth: number) =>
    Plot.link(rows, { x1: (d) => end(d[of][0], 0), x2: (d) => end(d[of][1], 1), y1: y, y2: y, stroke: paint, strokeWidth, strokeLinecap: "butt" });
  const figures = (d: Pair) => `${sayNumber(d.ratio!)} (${sayInterval(d.ci)})${size.name === "narrow" ? "" : ` · ${d.verdict}`}`;
  const name = (d: Pair) => `${nameOf(comparison, d)}${d.declared || size.name === "narrow" ? "" : " · control"}`;
  return svgOf(
    {
      width: size.width,
      height: foot + 30,
      marginTop: 0,
      marginBottom: 30,
      x: { domain, type: "log", axis: null },
      y: { domain: [foot, 0], axis: null },
      marks: [
        Plot.rect([0], {
          x1: () => 1 / comparison.matters,
          x2: () => comparison.matters,
          y1: () => top - 2,
          y2: () => foot,
          fill: "var(--ok)",
          fillOpacity: 0.75,
        }),
        Plot.ruleX([1], { y1: () => top - 2, y2: () => foot, stroke: "var(--ink)", strokeWidth: 1 }),
        Plot.text([0], { x: () => domain[0], y: () => 8, text: () => "← loses less", textAnchor: "start", ...softText }),
        Plot.text([0], { x: () => domain[1], y: () => 8, text: () => "loses more →", textAnchor: "end", ...softText }),
        whisker("ciFamily", 1.25),
        whisker("ci", 4),
        Plot.dot(rows, { x: (d) => end(d.ratio, 0), y, r: 6, fill: paint, stroke: "var(--card)", strokeWidth: 1.5, title: (d: Pair) => d.says }),
        Plot.text(rows, { x: () => domain[0], y: (d: Pair, i: number) => y(d, i) - 17, text: name, textAnchor: "start", fontWeight: 600, ...inkText }),
        Plot.text(rows, { x: () => domain[1], y: (d: Pair, i: number) => y(d, i) - 17, text: figures, textAnchor: "end", ...inkText, fill: paint }),
        ...logAxis(ratioTicks(domain, size.width / 60), foot),
      ],
    },
    `Ratios of lost seconds with ${Math.round(100 * (1 - comparison.alpha))} % intervals; the band is the margin of ${comparison.matters} ×`,
    "",
  );
}

interface Dot {
  readonly arm: number;
  /** null: it is in no block, and is joined with nothing. */
  readonly block: number | null;
  readonly s: number;
  readonly recovered: boolean;
  readonly title: string;
}
const sayDot = (of: { readonly recovered: boolean; readonly recoveryS: number }, s: number) =>
  `${s.toFixed(1)} s lost, ${of.recovered ? `recovered after ${of.recoveryS.toFixed(1)} s` : "not recovered"}`;

/** The trials that count, by block and arm; then those of people. */
export function dotsOf({ arms, blocks, people }: Comparison): Dot[] {
  const drawn = blocks.flatMap(({ block, seed, trials }) =>
    arms.flatMap(({ arm }, index) => {
      const trial = trials.filter((one) => one.arm === arm && !one.invalid).at(-1);
      if (!trial) return [];
      const s = middleS(trial.lostS);
      return [{ arm: index, block, s, recovered: trial.recovered, title: `block ${block} (seed ${seed}), ${arm}: ${sayDot(trial, s)}` }];
    }),
  );
  const played = (people?.trials ?? []).flatMap((trial): Dot[] => {
    if (trial.invalid) return [];
    const s = middleS(trial.lostS);
    const title = `${people!.summary.arm} (seed ${trial.seed}${trial.block === null ? "" : `, that of block ${trial.block}`}): ${sayDot(trial, s)}`;
    return [{ arm: arms.length, block: trial.block, s, recovered: trial.recovered, title }];
  });
  return [...drawn, ...played];
}

/** One row per arm; a line joins the trials of a block. Hollow: not recovered. The tick is the median. */
export function trialDots({ comparison, design }: Report, size: Size): string {
  const dots = dotsOf(comparison);
  const arms = shownArms(comparison);
  const [pitch, top] = [46, 6];
  const foot = top + arms.length * pitch + 6;
  const y = (arm: number) => top + arm * pitch + 30;
  const x = (s: number) => s + design.shiftS;
  const least = x(dots.length > 0 ? Math.min(...dots.map(({ s }) => s)) : 0);
  // Where nobody lost nothing, 0 is far away and says nothing.
  const from = least > 5 * design.shiftS ? least / 1.6 : design.shiftS * 0.85;
  const domain: [number, number] = [from, 1.15 * Math.max(...dots.map(({ s }) => x(s)), 10 * design.shiftS)];
  // 1, 3, 10, 30 …; finer where all lies close together.
  const steps = domain[1] / domain[0] < 12 ? [1, 2, 3, 5] : [1, 3];
  const decades = [-1, 0, 1, 2, 3].flatMap((power) => steps.map((step) => Number((step * 10 ** power).toPrecision(2))));
  const seconds = [0, ...decades.filter((tick) => tick > 3 * design.shiftS)];
  const ticks = seconds.filter((tick) => x(tick) > domain[0] && x(tick) < domain[1]);
  const medians = arms.flatMap(({ lostS }, arm) => (lostS ? [{ arm, s: lostS.value }] : []));
  return svgOf(
    {
      width: size.width,
      height: foot + 28,
      marginTop: 0,
      marginBottom: 28,
      x: { domain, type: "log", axis: null },
      y: { domain: [foot, 0], axis: null },
      marks: [
        Plot.ruleX(ticks.map(x), { y1: () => top, y2: () => foot, stroke: "var(--rule)" }),
        Plot.line(
          dots.filter(({ block }) => block !== null),
          { x: (d: Dot) => x(d.s), y: (d: Dot) => y(d.arm), z: "block", stroke: "var(--pair)", strokeWidth: 1, strokeOpacity: 0.7 },
        ),
        Plot.link(medians, { x1: (d) => x(d.s), x2: (d) => x(d.s), y1: (d) => y(d.arm) - 11, y2: (d) => y(d.arm) + 11, stroke: "var(--ink)", strokeWidth: 2 }),
        Plot.dot(dots, {
          x: (d: Dot) => x(d.s),
          y: (d: Dot) => y(d.arm),
          r: 4.5,
          fill: (d: Dot) => (d.recovered ? colourOf(d.arm) : "var(--card)"),
          stroke: (d: Dot) => (d.recovered ? "var(--card)" : colourOf(d.arm)),
          strokeWidth: (d: Dot) => (d.recovered ? 1 : 2.5),
          title: "title",
        }),
        Plot.text(arms, {
          x: () => domain[0],
          y: (_, i) => y(i) - 18,
          text: (d) => d.label,
          textAnchor: "start",
          fontWeight: 600,
          ...inkText,
          fill: (_, i) => colourOf(i),
        }),
        ...logAxis(
          ticks.map((tick) => ({ at: x(tick), says: `${tick} s` })),
          foot,
        ),
      ],
    },
    "Lost seconds of every trial, joined within its block",
    "",
  );
}

/** Share of trials that have not recovered yet, over seconds since the first injection. */
export function curves({ comparison }: Report, size: Size): string {
  const arms = shownArms(comparison);
  const last = Math.max(...arms.flatMap(({ curve }) => curve.map(({ atS }) => atS)), 1);
  // The tail says nothing where everybody has recovered.
  const some = arms.some(({ pRecover }) => pRecover.k < pRecover.n);
  const toS = some ? comparison.capS : Math.min(comparison.capS, last * 1.1);
  const rows = arms.flatMap(({ curve, n }, arm) => {
    if (n === 0) return [];
    const steps = [{ atS: 0, notRecovered: 1 }, ...curve];
    const rest = steps.at(-1)!.notRecovered;
    return [...steps, ...(rest > 0 ? [{ atS: toS, notRecovered: rest }] : [])].map(({ atS, notRecovered }) => ({ arm, atS, notRecovered }));
  });
  // Room for the labels, which curves would run through.
  const fromS = (-44 / size.width) * toS;
  return svgOf(
    {
      width: size.width,
      height: 260,
      marginTop: 14,
      marginBottom: 28,
      x: { domain: [fromS, toS] },
      y: { domain: [0, 1], axis: null },
      marks: [
        Plot.gridY({ ticks: [0, 0.25, 0.5, 0.75, 1], stroke: "var(--rule)", strokeOpacity: 1 }),
        Plot.line(rows, {
          x: "atS",
          y: "notRecovered",
          z: "arm",
          curve: "step-after",
          stroke: (d) => colourOf(d.arm),
          strokeWidth: 2.25,
          strokeOpacity: 0.9,
        }),
        Plot.text([0.25, 0.5, 0.75, 1], { x: () => fromS, y: (d) => d, text: (d) => `${d * 100} %`, textAnchor: "start", dy: 7, ...softText }),
        axis(size),
      ],
    },
    "Kaplan-Meier curves: share of trials not recovered, over seconds",
    "",
  );
}
