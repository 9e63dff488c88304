/** HTML in small pieces: escaping, figures that carry their exact value, tables. */
import type { Bounds } from "../../core.js";
import { figure, middle, range } from "../../words.js";

/** Text that is HTML already; everything else is escaped when it is put in. */
export class Markup {
  constructor(readonly text: string) {}
}
export const escapeHtml = (text: string): string => text.replace(/[&<>"']/g, (c) => `&#${c.charCodeAt(0)};`);
export type Piece = Markup | string | number | undefined | readonly Piece[];
export const render = (piece: Piece): string =>
  piece === undefined ? "" : piece instanceof Markup ? piece.text : Array.isArray(piece) ? piece.map(render).join("") : escapeHtml(String(piece));

/** Template tag: markup`<b>${name}</b>` escapes what is put in. */
export const markup = (strings: TemplateStringsArray, ...pieces: readonly Piece[]): Markup =>
  new Markup(strings.map((text, i) => text + (i < pieces.length ? render(pieces[i]) : "")).join(""));

/** A figure of verdict.json as people read it, with its path there and its exact value, which a browser test compares. */
export const datum = (path: string, value: number, says = figure(value)): Markup =>
  markup`<data data-path="${path}" data-value="${String(value)}" value="${String(value)}">${says}</data>`;

/** "12.4 12.1–12.7": the middle, and softly the bounds, and `more` behind them. */
export const boundsOf = (path: string, bounds: Bounds, more = ""): Markup =>
  bounds.hi === 0
    ? markup`${datum(`${path}.lo`, bounds.lo, "")}${datum(`${path}.hi`, 0, "0")}`
    : markup`${figure(middle(bounds))} <span class="b">${datum(`${path}.lo`, bounds.lo)}–${datum(`${path}.hi`, bounds.hi)}${more}</span>`;

/** Bounds that stand nowhere in verdict.json as such. */
export const plainBounds = (bounds: Bounds, more = ""): Markup =>
  bounds.hi === 0 ? markup`0` : markup`${figure(middle(bounds))} <span class="b">${range(bounds)}${more}</span>`;

export interface Column {
  readonly title: string;
  /** Right-aligned. */
  readonly figures?: boolean;
}
/** On a phone each row becomes a card, and each cell says what it is by its data-label. */
export function table(columns: readonly Column[], rows: readonly { readonly cells: readonly Piece[]; readonly mark?: string | undefined }[]): Markup {
  const kind = (i: number) => (columns[i]!.figures ? new Markup(' class="n"') : "");
  const head = columns.map((column, i) => markup`<th${kind(i)}>${column.title}</th>`);
  const body = rows.map(
    ({ cells, mark }) =>
      markup`<tr${mark ? markup` class="${mark}"` : ""}>${cells.map((cell, i) => markup`<td${kind(i)} data-label="${columns[i]!.title}"><span>${cell}</span></td>`)}</tr>`,
  );
  return markup`<div class="scroll"><table><thead><tr>${head}</tr></thead><tbody>${body}</tbody></table></div>`;
}
