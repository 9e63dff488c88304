/** The picture of a load: how long its requests took, and how many failed, with the faults' bands. As the load's own tool reported it. */
import { figuresOf } from "../../load/figures.js";
import type { Story } from "../story.js";
import { axis, decades, type Size, svgOf, times } from "./charts.js";
import { bandsOf, defs } from "./marks.js";
import * as Plot from "./plot.js";

export function loadChart(story: Story, size: Size): string {
  const [x1, x2] = [story.shown.fromUs / 1e6, story.shown.toUs / 1e6];
  const stepS = Math.max(0.5, Math.ceil(((x2 - x1) / (size.name === "narrow" ? 60 : 120)) * 2) / 2);
  const bins = Array.from({ length: Math.max(1, Math.ceil((x2 - x1) / stepS)) }, (_, i) => {
    const at = x1 + i * stepS;
    return { at, ...figuresOf(story.load ?? [], { fromUs: at * 1e6, toUs: (at + stepS) * 1e6 }) };
  });
  const tooks = bins.flatMap(({ latencyMs }) => (latencyMs ? [latencyMs.p50, latencyMs.p99] : []));
  const low = 10 ** Math.floor(Math.log10(Math.max(0.01, Math.min(1, ...tooks))));
  const high = 10 ** Math.ceil(Math.log10(Math.max(10, ...tooks)));
  const shareY = (share: number) => low * (high / low) ** share;
  // A line is broken where nothing was answered.
  let segment = 0;
  const points = bins.flatMap(({ at, latencyMs }) => {
    if (latencyMs) return [{ x: at + stepS / 2, p50: latencyMs.p50, p99: latencyMs.p99, z: String(segment) }];
    segment++;
    return [];
  });
  const failed = bins.filter((bin) => bin.failed > 0).map((bin) => ({ x1: bin.at, x2: bin.at + stepS, y2: shareY(bin.failed / bin.requests), bin }));
  const bands = bandsOf(story, `load-${size.name}`);
  return svgOf(
    {
      width: size.width,
      height: 190,
      marginTop: 14,
      marginBottom: 28,
      x: { domain: [x1, x2] },
      y: { domain: [low, high], type: "log", axis: null },
      marks: [
        Plot.rect(bands, { x1: "x1", x2: "x2", y1: () => low, y2: () => high, fill: "fill", title: "title" }),
        Plot.rect(failed, {
          x1: "x1",
          x2: "x2",
          y1: () => low,
          y2: "y2",
          fill: "var(--lost)",
          fillOpacity: 0.7,
          title: ({ bin }) => `${bin.failed} of ${bin.requests} requests failed`,
        }),
        Plot.gridY(decades([low, high]), { stroke: "var(--rule)", strokeOpacity: 1 }),
        Plot.areaY(points, { x: "x", y1: "p50", y2: "p99", z: "z", fill: "var(--outside)", fillOpacity: 0.2 }),
        Plot.lineY(points, { x: "x", y: "p50", z: "z", stroke: "var(--outside)", strokeWidth: 1.75 }),
        times([low, high], x1),
        axis(size),
      ],
    },
    "How long the load's requests took and how many failed, over run seconds",
    defs(bands, `load-${size.name}`),
  );
}
