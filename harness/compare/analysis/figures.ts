/** Ratios, intervals, p values and counts in one form, everywhere. */
import type { Interval } from "../shapes.js";

export const sayNumber = (value: number): string => {
  const size = Math.abs(value);
  return size >= 99.5 ? value.toFixed(0) : size >= 9.95 ? value.toFixed(0) : size >= 1.995 ? value.toFixed(1) : value.toFixed(2);
};
export const sayInterval = ([lo, hi]: Interval): string =>
  lo === null && hi === null
    ? "no interval"
    : lo === null
      ? `up to ${sayNumber(hi!)}`
      : hi === null
        ? `${sayNumber(lo)} and more`
        : `${sayNumber(lo)} to ${sayNumber(hi)}`;
/** ".0005": as statisticians write it, two significant digits, never "0". */
export function sayP(p: number): string {
  if (p >= 0.995) return "1";
  if (p < 0.0001) return "< .0001";
  const digits = p < 0.001 ? 4 : p < 0.1 ? 3 : 2;
  return p.toFixed(digits).replace(/^0/, "");
}
export const saySeconds = (value: number): string => `${value >= 99.95 ? value.toFixed(0) : value.toFixed(1)} s`;
export const percent = (share: number): string => `${(100 * share).toFixed(share > 0 && share < 0.0995 ? 1 : 0)} %`;

/** A ratio turned so that it is said of the winner: 0.32 [.25, .42] is 3.1 × [2.4, 4.0]. */
export const turned = (ratio: number, [lo, hi]: Interval): { readonly ratio: number; readonly ci: Interval } => ({
  ratio: 1 / ratio,
  ci: [hi === null ? null : 1 / hi, lo === null ? null : 1 / lo],
});
export const marks = ["¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"];
/** "a, b and c". */
export const list = (words: readonly string[]): string => (words.length < 2 ? words.join("") : `${words.slice(0, -1).join(", ")} and ${words.at(-1)}`);
