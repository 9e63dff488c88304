/** What is drawn over the lanes: the faults' bands, the acts' labels, the steps' flags, the ticks of alarms and trouble. Pure data. */
import { flags, sayStep } from "../steps.js";
import type { Story } from "../story.js";

export interface Band {
  readonly x1: number;
  readonly x2: number;
  readonly fill: string;
  readonly id: string;
  readonly colour: string;
  /** Where full colour begins and ends, as shares of the band: its edges are blurred to the bounds of the receipts. */
  readonly solid: readonly [number, number];
  readonly title: string;
}

/** From first bite to last healing, as the receipts have it; a fault that was never seen has no band, one never healed reaches to the end. */
export function bandsOf(story: Story, prefix: string): Band[] {
  return story.acts.flatMap((act, index) => {
    const from = act.heldFromUs;
    if (!from) return [];
    const to = act.heldToUs ?? { lo: story.shown.toUs, hi: story.shown.toUs };
    const [x1, x2] = [from.lo / 1e6, Math.min(to.hi, story.shown.toUs) / 1e6];
    const share = (us: number) => Math.min(1, Math.max(0, (us / 1e6 - x1) / (x2 - x1)));
    const id = `band-${prefix}-${index}`;
    const until = act.heldToUs ? `${(to.lo / 1e6).toFixed(2)}–${(to.hi / 1e6).toFixed(2)} s` : "the end: no healing was seen";
    return [
      {
        x1,
        x2,
        id,
        fill: `url(#${id})`,
        colour: act.colour,
        solid: [share(from.hi), Math.max(share(from.hi), share(to.lo))] as const,
        title: `${act.fault} (act ${act.id}) held from ${(from.lo / 1e6).toFixed(2)}–${(from.hi / 1e6).toFixed(2)} s to ${until}`,
      },
    ];
  });
}

export interface LabelAt {
  readonly x: number;
  readonly text: string;
  readonly colour: string;
  /** 0 is the row next to the lanes. */
  readonly row: number;
  readonly anchor: "start" | "end";
}
export const rowsOf = (placed: readonly { readonly row: number }[]): number => 1 + Math.max(0, ...placed.map((label) => label.row));

/** Width of text in seconds of the axis: 12 px system fonts are about 7 px a letter. */
const widthS = (text: string, perPx: number): number => (text.length * 7 + 10) * perPx;

/** Gives each label the first row in which it touches no other. */
function inRows<T extends { readonly x: number; readonly text: string; readonly anchor?: "start" | "end" }>(
  items: readonly T[],
  perPx: number,
): (T & { row: number })[] {
  const rows: { x1: number; x2: number }[][] = [];
  return items.map((item) => {
    const width = widthS(item.text, perPx);
    const span = item.anchor === "end" ? { x1: item.x - width, x2: item.x } : { x1: item.x, x2: item.x + width };
    let row = rows.findIndex((taken) => taken.every((other) => other.x2 <= span.x1 || other.x1 >= span.x2));
    if (row < 0) row = rows.push([]) - 1;
    rows[row]!.push(span);
    return { ...item, row };
  });
}

/** One label per act at its first injection; both clocks, where the scenario has one. Narrow: the id alone. */
export function labelsOf(story: Story, perPx: number, endS: number, narrow: boolean): LabelAt[] {
  const begun = story.acts.filter((act) => act.injectedUs !== undefined).sort((a, b) => a.injectedUs! - b.injectedUs!);
  const labels = begun.map((act) => {
    const x = act.injectedUs! / 1e6;
    const says = narrow ? act.id : `${act.id}: ${act.fault}${act.clock ? ` · ${act.clock}` : ""} · ${x.toFixed(1)} s`;
    // The arrow points at the line, whichever side of it the text is on.
    const fits = x + widthS(`▲ ${says}`, perPx) <= endS;
    return fits ? { x, text: `▲ ${says}`, colour: act.colour, anchor: "start" as const } : { x, text: `${says} ▲`, colour: act.colour, anchor: "end" as const };
  });
  // From right to left, those before their line last: so no act's line runs through the label of an earlier one.
  return inRows(
    [...labels].sort((a, b) => (a.anchor === b.anchor ? b.x - a.x : a.anchor === "start" ? -1 : 1)),
    perPx,
  );
}

/** Steps of playbook or recovery, numbered in the order of the table "what happened". */
export function flagsOf(story: Story, perPx: number): { readonly x: number; readonly text: string; readonly title: string; readonly row: number }[] {
  const steps = flags(story.events.filter(({ atUs }) => atUs >= story.shown.fromUs && atUs <= story.shown.toUs));
  return inRows(
    steps.map((step, i) => ({ x: step.atUs / 1e6, text: `▸${i + 1}`, title: `${sayStep(story.plan, step)} (${step.state})` })),
    perPx,
  );
}

export function noticesOf(story: Story): { readonly x: number; readonly colour: string; readonly title: string }[] {
  return story.events.flatMap((event) =>
    (event.kind === "alarm" || event.kind === "trouble") && event.atUs >= story.shown.fromUs && event.atUs <= story.shown.toUs
      ? [{ x: event.atUs / 1e6, colour: `var(--${event.kind})`, title: `${event.kind}, ${event.from}: ${event.says}` }]
      : [],
  );
}

/** Gradients of the bands, and the hatching of what was not measured. */
export function defs(bands: readonly Band[], prefix: string): string {
  const gradients = bands.map(({ id, colour, solid: [a, b] }) => {
    const stop = (offset: number, opacity: number) => `<stop offset="${offset.toFixed(4)}" stop-color="${colour}" stop-opacity="${opacity}"/>`;
    return `<linearGradient id="${id}">${stop(0, 0)}${stop(a, 0.22)}${stop(b, 0.22)}${stop(1, 0)}</linearGradient>`;
  });
  const hatch = `<pattern id="unmeasured-${prefix}" width="6" height="6" patternUnits="userSpaceOnUse" patternTransform="rotate(45)"><rect width="6" height="6" fill="var(--card)"/><rect width="2" height="6" fill="var(--rule)"/></pattern>`;
  return gradients.join("") + hatch;
}
