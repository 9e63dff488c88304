/** Lanes over run seconds as SVG: who was served when, with fault bands, marks, alarms and verbs at their places. The same look as in the report. */
import { svg } from "./dom.js";
import { clipped, clock, joined, rows, type Stretch, ticks } from "./geometry.js";

export interface Lane {
  readonly name: string;
  readonly stretches: readonly Stretch[];
}
/** When a fault held. */
export interface Band {
  readonly label: string;
  readonly colour: string;
  readonly fromS: number;
  /** null: still. */
  readonly toS: number | null;
}
/** An instant at the foot: what people said, what they did, what the platform said. */
export interface Flag {
  readonly atS: number;
  readonly kind: "mark" | "verb" | "alarm" | "inject" | "truth";
  readonly label: string;
  /** Its whole sentence, for a tooltip. */
  readonly title: string;
}
export interface Picture {
  readonly fromS: number;
  readonly toS: number;
  readonly lanes: readonly Lane[];
  readonly bands: readonly Band[];
  readonly flags: readonly Flag[];
  /** Where the debrief's slider stands. */
  readonly cursorS?: number | undefined;
  /** What the picture shows, for whoever does not see it. */
  readonly label: string;
}

const flagKinds = ["truth", "mark", "verb", "inject", "alarm"] as const;
const rowNames: Readonly<Record<Flag["kind"], string>> = { truth: "truth", mark: "marks", verb: "verbs", inject: "injects", alarm: "alarms" };

/** Draws it `width` px wide; `scale` 1 for a screen in front of somebody, more for a wall. */
export function picture(shown: Picture, width: number, scale = 1): SVGSVGElement {
  const { fromS, toS } = shown;
  const letter = 7 * scale;
  const [laneH, nameH, rowH] = [30 * scale, 21 * scale, 17 * scale];
  const x = (s: number) => Math.round(((Math.min(Math.max(s, fromS), toS) - fromS) / Math.max(toS - fromS, 1e-9)) * width * 10) / 10;
  const bandLabels = shown.bands
    .filter((band) => (band.toS ?? toS) > fromS)
    .map((band) => ({ band, x: Math.min(x(band.fromS), Math.max(0, width - band.label.length * letter)), width: (band.label.length + 1) * letter }));
  const bandRows = rows(bandLabels, 4);
  const top = bandLabels.length === 0 ? 2 : (Math.max(...bandRows) + 1) * rowH + 4;
  const lanesEnd = top + shown.lanes.length * (laneH + nameH);
  const parts: SVGElement[] = [];

  for (const band of shown.bands) {
    const endS = band.toS ?? toS;
    if (endS <= fromS || band.fromS >= toS) continue;
    const title = `${band.label}: ${band.toS === null ? `since ${clock(band.fromS)}` : `${clock(band.fromS)} to ${clock(band.toS)}`}`;
    parts.push(
      svg(
        "rect",
        { class: "band", fill: band.colour, x: x(band.fromS), y: top - 2, width: Math.max(2, x(endS) - x(band.fromS)), height: lanesEnd - top + 4 },
        svg("title", null, title),
      ),
    );
  }
  for (const [i, { band, x: at }] of bandLabels.entries()) {
    const text = svg("text", { class: "band-label", x: at, y: (bandRows[i]! + 1) * rowH - 4 }, band.label);
    // The stylesheet would win over an attribute.
    text.style.fill = band.colour;
    parts.push(text);
  }

  for (const [i, lane] of shown.lanes.entries()) {
    const y = top + i * (laneH + nameH) + nameH;
    for (const { fromS: a, toS: b, lost } of joined(clipped(lane.stretches, fromS, toS))) {
      const place = { x: x(a), width: Math.max(0.5, x(b) - x(a)) };
      parts.push(svg("rect", { class: lost === null ? "unmeasured" : "served", ...place, y, height: laneH }));
      if (lost !== null && lost > 0) {
        const height = Math.max(0.12, lost) * laneH;
        const title = `${lane.name}: ${Math.round(lost * 100)} % lost, ${clock(a)} to ${clock(b)}`;
        parts.push(svg("rect", { class: "lost", ...place, y: y + laneH - height, height }, svg("title", null, title)));
      }
    }
    parts.push(svg("text", { class: "lane-name", x: 0, y: y - 6 * scale }, lane.name));
  }

  let y = lanesEnd + 4 * scale;
  for (const kind of flagKinds) {
    const flags = shown.flags.filter((flag) => flag.kind === kind && flag.atS >= fromS && flag.atS <= toS).sort((a, b) => a.atS - b.atS);
    if (flags.length === 0) continue;
    const isAlarm = kind === "alarm";
    const isNamed = width > 500 * scale;
    const edge = isNamed ? width - (rowNames[kind].length + 1) * letter : width;
    const labels = flags.map((flag) => {
      const [at, wide] = [x(flag.atS), isAlarm ? 0 : (flag.label.length + 2) * letter];
      // What would reach the row's name, or beyond the right edge, stands to the left of its line.
      return { at, x: at + wide > edge ? Math.max(0, at - wide) : at, width: wide, isLeft: at + wide > edge };
    });
    const placed = rows(labels, 6);
    if (isNamed) parts.push(svg("text", { class: "row-name", x: width, y: y + 12 * scale, "text-anchor": "end" }, rowNames[kind]));
    for (const [i, flag] of flags.entries()) {
      const { at, isLeft } = labels[i]!;
      const foot = y + placed[i]! * rowH;
      parts.push(
        svg(
          "g",
          { class: `flag ${kind}` },
          svg("title", null, `${clock(flag.atS)} ${flag.title}`),
          svg("line", { x1: at, x2: at, y1: isAlarm || kind === "inject" ? foot : top, y2: foot + 14 * scale }),
          !isAlarm && svg("text", { x: at + (isLeft ? -4 : 4) * scale, y: foot + 12 * scale, "text-anchor": isLeft ? "end" : "start" }, flag.label),
        ),
      );
    }
    y += (Math.max(...placed) + 1) * rowH;
  }

  const height = y + 22 * scale;
  for (const s of ticks(fromS, toS, width / scale)) {
    const at = x(s);
    parts.push(svg("line", { class: "tick", x1: at, x2: at, y1: y + 1, y2: y + 5 }));
    parts.push(
      svg("text", { class: "axis", x: at, y: y + 18 * scale, "text-anchor": at < 14 * scale ? "start" : at > width - 14 * scale ? "end" : "middle" }, clock(s)),
    );
  }
  if (shown.cursorS !== undefined) parts.push(svg("line", { class: "cursor", x1: x(shown.cursorS), x2: x(shown.cursorS), y1: 0, y2: y }));
  return svg(
    "svg",
    { class: "lanes", viewBox: `0 0 ${width} ${height}`, width, height, role: "img", "aria-label": shown.label, "font-size": 12 * scale },
    ...parts,
  );
}

/** Draws into a box whenever its width or its picture changes; what is drawn fits the box, so text never shrinks. */
export function drawnIn(box: HTMLElement, scale: () => number = () => 1): (shown: Picture) => void {
  let last: Picture | undefined;
  const again = () => {
    if (last && box.clientWidth > 0) box.replaceChildren(picture(last, box.clientWidth, scale()));
  };
  new ResizeObserver(again).observe(box);
  return (shown) => {
    last = shown;
    again();
  };
}
