/** Figures of comparison.json as people read them, each with its path there and its exact value. */
import { datum, type Markup, markup, type Piece } from "../../report/html/markup.js";
import { sayNumber, saySeconds } from "../analysis/figures.js";
import type { Estimate, Interval } from "../shapes.js";
import { colourOf } from "./charts.js";

/** An end of an interval may be missing. */
const end = (path: string, value: number | null, says: (value: number) => string): Piece => (value === null ? "∞" : datum(path, value, says(value)));
export const intervalAt = (path: string, [lo, hi]: Interval, says = sayNumber): Piece =>
  lo === null && hi === null ? "none" : markup`${lo === null ? "0" : end(`${path}.0`, lo, says)} to ${end(`${path}.1`, hi, says)}`;
export const estimateAt = (path: string, estimate: Estimate | null, says = saySeconds): Piece => {
  if (!estimate) return "–";
  const { value, lo, hi } = estimate;
  const bounds = lo === null || hi === null ? "" : markup` <span class="b">${datum(`${path}.lo`, lo, says(lo))} to ${datum(`${path}.hi`, hi, says(hi))}</span>`;
  return markup`${datum(`${path}.value`, value, says(value))}${bounds}`;
};
export const whole = (path: string, value: number): Markup => datum(path, value, String(value));
export const swatch = (index: number): Markup => markup`<span class="swatch" style="background:${colourOf(index)}"></span>`;
