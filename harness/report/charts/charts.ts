/** The pictures of report.html as static SVG: Observable Plot on linkedom. Colours are CSS variables of style.ts, so that one picture serves light and dark. */
import { DOMParser } from "linkedom";
import type { Window } from "../../measure/windows.js";
import { laneName, who } from "../../words.js";
import type { Story } from "../story.js";
import { bandsOf, defs, flagsOf, type LabelAt, labelsOf, noticesOf, rowsOf } from "./marks.js";
import * as Plot from "./plot.js";
import { type LatencyPoint, latency, type Stretch } from "./strips.js";

/** Drawn once per width, since text must not shrink with the screen; the page shows the one that fits. */
export interface Size {
  readonly name: "wide" | "middle" | "narrow";
  readonly width: number;
}
export const sizes: readonly Size[] = [
  { name: "wide", width: 1040 },
  { name: "middle", width: 680 },
  { name: "narrow", width: 350 },
];
const margin = 8;
const document = new DOMParser().parseFromString("<!doctype html><html><body></body></html>", "text/html");

/** A picture in the look of reports: every one of them is made here. */
export function svgOf(options: Plot.PlotOptions, label: string, definitions: string): string {
  const style = { fontSize: "12px", fontFamily: "inherit", background: "none", overflow: "visible" };
  const svg = Plot.plot({ ...options, marginLeft: margin, marginRight: margin, document, className: "plot", ariaLabel: label, style });
  // A label may hold a ">".
  return svg.outerHTML.replace(/^<svg(?:[^>"]|"[^"]*")*>/, (open: string) => `${open}<defs>${definitions}</defs>`);
}

/** Run seconds at the foot, few enough to be read. */
export const axis = (size: Size, anchorY?: number): Plot.Markish =>
  Plot.axisX({
    anchor: "bottom",
    label: null,
    ticks: size.width / 85,
    tickFormat: (value: number) => `${value} s`,
    tickSize: 4,
    color: "var(--soft)",
    ...(anchorY === undefined ? {} : { dy: anchorY }),
  });

const labelMarks = (labels: readonly LabelAt[], y: (row: number) => number): Plot.Markish[] =>
  (["start", "end"] as const).map((textAnchor) =>
    Plot.text(
      labels.filter((label) => label.anchor === textAnchor),
      {
        x: "x",
        y: (label: LabelAt) => y(label.row),
        text: "text",
        textAnchor,
        fill: "colour",
        className: "act",
        fontWeight: 650,
        dx: textAnchor === "start" ? -4 : 4,
      },
    ),
  );

const [laneH, nameH] = [34, 20];
const pitch = laneH + nameH + 4;
interface NamedLane {
  readonly name: string;
  readonly stretches: readonly Stretch[];
}

/** What was served and lost in each lane, one below the other from `top` on. */
function stretchMarks(lanes: readonly NamedLane[], top: number, size: Size): Plot.Markish[] {
  const stretches = lanes.flatMap(({ name, stretches }, i) => {
    const y1 = top + i * pitch + nameH;
    return stretches.map(({ fromUs, toUs, lost }) => ({ x1: fromUs / 1e6, x2: toUs / 1e6, y1, y2: y1 + laneH, lost, name }));
  });
  const rect = { x1: "x1", x2: "x2", y1: "y1", y2: "y2" };
  return [
    // Served is translucent, so that bands show through; lost is not, so that red is the same red everywhere.
    Plot.rect(stretches, {
      ...rect,
      fill: (d) => (d.lost === null ? `url(#unmeasured-${size.name})` : "var(--ok)"),
      fillOpacity: 0.8,
      shapeRendering: "crispEdges",
    }),
    Plot.rect(
      stretches.filter((d) => (d.lost ?? 0) > 0).map((d) => ({ ...d, y1: d.y2 - Math.max(0.12, d.lost!) * laneH })),
      {
        ...rect,
        fill: "var(--lost)",
        shapeRendering: "crispEdges",
        title: (d) => `${d.name}: ${Math.round(d.lost! * 100)} % lost, ${d.x1.toFixed(1)}–${d.x2.toFixed(1)} s`,
      },
    ),
  ];
}
const nameMark = (lanes: readonly NamedLane[], top: number, atS: number): Plot.Markish =>
  Plot.text(lanes, {
    x: () => atS,
    y: (_, i) => top + i * pitch + nameH - 9,
    text: (lane) => lane.name,
    textAnchor: "start",
    fill: "var(--ink)",
    stroke: "var(--card)",
    strokeWidth: 4,
  });

/** Lanes of any names on one axis, and nothing else. */
export function namedLanesChart(lanes: readonly NamedLane[], { fromUs, toUs }: Window, label: string, size: Size): string {
  const top = 4;
  const foot = top + lanes.length * pitch + 2;
  const lettersMax = Math.floor((size.width - 2 * margin) / 7);
  const named = lanes.map((lane) => (lane.name.length > lettersMax ? { ...lane, name: `${lane.name.slice(0, lettersMax - 1)}…` } : lane));
  return svgOf(
    {
      width: size.width,
      height: foot + 28,
      marginTop: 0,
      marginBottom: 28,
      x: { domain: [fromUs / 1e6, toUs / 1e6] },
      y: { domain: [foot, 0], axis: null },
      marks: [...stretchMarks(named, top, size), nameMark(named, top, fromUs / 1e6), axis(size)],
    },
    label,
    defs([], size.name),
  );
}

/** The four lanes on one axis, with the faults' bands, the steps' flags and the alarms' ticks. */
export function lanesChart(story: Story, size: Size): string {
  const [x1, x2] = [story.shown.fromUs / 1e6, story.shown.toUs / 1e6];
  const perPx = (x2 - x1) / (size.width - 2 * margin);
  const labels = labelsOf(story, perPx, x2, size.name === "narrow");
  const top = 10 + 15 * rowsOf(labels);
  const lanesEnd = top + story.lanes.length * pitch;
  const flags = flagsOf(story, perPx);
  const notices = noticesOf(story);
  const flagY = lanesEnd + 12;
  const noticeY = flagY + (flags.length > 0 ? 15 * rowsOf(flags) + 4 : 0);
  const foot = notices.length > 0 ? noticeY + 18 : noticeY + 2;
  const lanes = story.lanes.map(({ plane, from, stretches }) => ({ name: laneName(plane, from), stretches }));
  const bands = bandsOf(story, size.name);
  return svgOf(
    {
      width: size.width,
      height: foot + 28,
      marginTop: 0,
      marginBottom: 28,
      x: { domain: [x1, x2] },
      y: { domain: [foot, 0], axis: null },
      marks: [
        Plot.rect(bands, { x1: "x1", x2: "x2", y1: () => top - 4, y2: () => foot, fill: "fill", title: "title" }),
        ...stretchMarks(lanes, top, size),
        Plot.ruleX(labels, { x: "x", y1: (d) => top - 8 - 15 * d.row, y2: () => foot, stroke: "colour", strokeWidth: 1.5 }),
        ...labelMarks(labels, (row) => top - 14 - 15 * row),
        nameMark(lanes, top, x1),
        Plot.ruleX(flags, { x: "x", y1: () => lanesEnd, y2: (d) => flagY + 15 * d.row + 6, stroke: "var(--step)" }),
        Plot.text(flags, {
          x: "x",
          y: (d) => flagY + 15 * d.row,
          text: "text",
          textAnchor: "start",
          dx: 3,
          fill: "var(--step)",
          fontWeight: 650,
          title: "title",
        }),
        Plot.ruleX(notices, { x: "x", y1: () => noticeY, y2: () => noticeY + 12, stroke: "colour", strokeWidth: 2.5, title: "title" }),
        axis(size),
      ],
    },
    `Four lanes over run seconds. ${story.sentence}`,
    defs(bands, size.name),
  );
}

/** How long good answers took, p50 as a line, up to p99 as a shade; one picture per plane, logarithmic. */
export function latencyChart(story: Story, plane: "control" | "data", size: Size): string {
  const [x1, x2] = [story.shown.fromUs / 1e6, story.shown.toUs / 1e6];
  const points = latency(story.plan, story.samples, story.shown, size.name === "narrow" ? 60 : 120).filter((point) => point.plane === plane);
  const rows = segmented(points);
  const bands = bandsOf(story, `${plane}-${size.name}`);
  const low = Math.min(1, ...points.map((point) => point.p50Ms));
  const high = Math.max(10, ...points.map((point) => point.p99Ms));
  const y = { domain: [10 ** Math.floor(Math.log10(Math.max(low, 0.01))), 10 ** Math.ceil(Math.log10(high))] as const, type: "log" as const };
  const stroke = (d: LatencyPoint) => `var(--${d.from})`;
  return svgOf(
    {
      width: size.width,
      height: 190,
      marginTop: 14,
      marginBottom: 28,
      x: { domain: [x1, x2] },
      y: { ...y, axis: null },
      marks: [
        Plot.rect(bands, { x1: "x1", x2: "x2", y1: () => y.domain[0], y2: () => y.domain[1], fill: "fill", title: "title" }),
        Plot.gridY({ ticks: decades(y.domain), stroke: "var(--rule)", strokeOpacity: 1 }),
        Plot.areaY(rows, { x: "x", y1: "p50Ms", y2: "p99Ms", z: "z", fill: stroke, fillOpacity: 0.2 }),
        Plot.lineY(rows, { x: "x", y: "p50Ms", z: "z", stroke, strokeWidth: 1.75 }),
        times(y.domain, x1),
        axis(size),
      ],
    },
    `How long answers to ${who(plane)} took, over run seconds`,
    defs(bands, `${plane}-${size.name}`),
  );
}

export const decades = ([low, high]: readonly [number, number]): number[] => {
  const all: number[] = [];
  for (let value = low; value <= high * 1.0001; value *= 10) all.push(Number(value.toPrecision(1)));
  return all;
};

/** How long an answer took, at each power of ten, at the left edge of a logarithmic picture. */
export const times = (domain: readonly [number, number], x: number) =>
  Plot.text(decades(domain), {
    x: () => x,
    y: (d) => d,
    text: (d) => (d >= 1000 ? `${d / 1000} s` : `${d} ms`),
    textAnchor: "start",
    dy: -6,
    fill: "var(--soft)",
    stroke: "var(--card)",
    strokeWidth: 3,
  });

/** A line is broken where nothing was answered well: joining the ends would claim answers that nobody got. */
function segmented(points: readonly LatencyPoint[]): (LatencyPoint & { readonly x: number; readonly z: string })[] {
  const steps = points.slice(1).flatMap((point, i) => (point.from === points[i]!.from ? [point.atUs - points[i]!.atUs] : []));
  const step = Math.min(...steps);
  let segment = 0;
  return points.map((point, i) => {
    const before = points[i - 1];
    if (!before || before.from !== point.from || point.atUs - before.atUs > step * 1.5) segment++;
    return { ...point, x: point.atUs / 1e6, z: String(segment) };
  });
}
