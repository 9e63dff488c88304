/** How far arrivals are from a perfect grid of their rate. Pure. */
import { median } from "../harness/measure/against-truth.js";

/** Milliseconds. The first half second is warm-up. Undefined of less than ten arrivals. */
export function deviation(arrivalsUs: readonly number[], periodUs: number): { readonly p50: number; readonly p99: number; readonly gap: number } | undefined {
  const all = [...arrivalsUs].sort((a, b) => a - b);
  const from = (all[0] ?? 0) + 500_000;
  const seen = all.filter((us) => us >= from);
  if (seen.length < 10) return undefined;
  // The grid's phase is whatever fits best; slots are told apart by rounding, around the median so that no single arrival decides.
  const anchor = median(seen.slice(0, 50).map((us, i) => us - seen[0]! - i * periodUs)) + seen[0]!;
  const offsets = seen.map((us) => {
    const off = (us - anchor) / periodUs;
    return (off - Math.round(off)) * periodUs;
  });
  const middle = median(offsets);
  const away = offsets.map((offset) => Math.abs(offset - middle)).sort((a, b) => a - b);
  const at = (share: number) => away[Math.min(away.length - 1, Math.floor(share * away.length))]! / 1000;
  let gap = 0;
  for (let i = 1; i < seen.length; i++) gap = Math.max(gap, seen[i]! - seen[i - 1]!);
  return { p50: at(0.5), p99: at(0.99), gap: gap / 1000 };
}
