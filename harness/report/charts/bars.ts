/** Error bars of a story's figures: the bounds, as much wider as the ruler's own error makes them. */
import type { Bounds, Plane, Vantage } from "../../core.js";
import { errorBar, stretch } from "../../measure/error-bars.js";
import type { Window } from "../../measure/windows.js";
import { laneName, middle, range } from "../../words.js";
import { Markup, markup } from "../html/markup.js";
import { sayRuler } from "../ruler-words.js";
import type { Story } from "../story.js";
import { lanesInOrder } from "./strips.js";

/** Whose figure it is. `within`: no more can be lost than its seconds. */
export interface BarOf {
  readonly plane: Plane;
  readonly from: Vantage;
  readonly op?: string | undefined;
  readonly within?: Window | undefined;
}

/** The widest that a probe of the lane would have. */
export function barOf({ plan, ruler }: Pick<Story, "plan" | "ruler">, { plane, from, op, within }: BarOf, bounds: Bounds): Bounds {
  const own = plan.probes.filter((probe) => probe.plane === plane && probe.from === from && (op === undefined || probe.probe === op));
  const bar = errorBar(bounds, Math.max(1, ...own.map((probe) => stretch(ruler, probe.periodMs, "fresh", "probe"))));
  const longest = within ? (within.toUs - within.fromUs) / 1e6 : Number.POSITIVE_INFINITY;
  return { lo: bar.lo, hi: Math.max(bounds.hi, Math.min(bar.hi, longest)) };
}

/** " (12.0–12.9)", or nothing where it reads like the bounds. */
export const sayBar = (bounds: Bounds, bar: Bounds): string => (range(bar) === range(bounds) ? "" : ` (${range(bar)})`);

/** The lanes' lost seconds on one scale, each with its bounds (thick) and its error bar (thin); nothing was lost: no picture. */
export function whisker(story: Story, { plane, from }: Pick<BarOf, "plane" | "from">): Markup | "" {
  const barIn = (lane: Pick<BarOf, "plane" | "from">) => barOf(story, { ...lane, within: story.run }, story.verdict.lostS[lane.plane][lane.from]);
  const most = Math.max(...lanesInOrder.map((lane) => barIn(lane).hi));
  const bar = barIn({ plane, from });
  const label = `${laneName(plane, from)}: error bar ${range(bar)} s, on a scale of ${range({ lo: 0, hi: most })} s`;
  return whiskerOf({ most, bounds: story.verdict.lostS[plane][from], bar, label });
}

export interface Whisker {
  /** Seconds at the end of the scale; 0: nothing is drawn. */
  readonly most: number;
  readonly bounds: Bounds;
  readonly bar: Bounds;
  readonly label: string;
}
/** A figure's bounds (thick) and its error bar (thin). */
export function whiskerOf({ most, bounds, bar, label }: Whisker): Markup | "" {
  if (most === 0) return "";
  const x = (s: number) => (2 + (96 * s) / most).toFixed(2);
  const line = (kind: string, x1: number, x2: number, y1 = 5, y2 = 5) => `<line class="${kind}" x1="${x(x1)}" x2="${x(x2)}" y1="${y1}" y2="${y2}"/>`;
  const marks = [
    line("scale", 0, most),
    ...(bounds.hi === 0 ? [] : [line("error", bar.lo, bar.hi), line("error", bar.lo, bar.lo, 2, 8), line("error", bar.hi, bar.hi, 2, 8)]),
    ...(bounds.hi === 0 ? [] : [line("bounds", bounds.lo, bounds.hi), line("at", middle(bounds), middle(bounds), 0, 10)]),
  ];
  return markup`<svg class="whisker" viewBox="0 0 100 10" preserveAspectRatio="none" role="img" aria-label="${label}">${new Markup(marks.join(""))}</svg>`;
}

/** The report's paragraph on calibration: plain text. Probes of a run ask on fresh connections. */
export const rulerWords = ({ plan, ruler }: Story): string =>
  sayRuler(
    ruler,
    plan.probes.map(({ periodMs }) => ({ rateHz: 1000 / periodMs, connection: "fresh", asker: "probe" })),
  );
