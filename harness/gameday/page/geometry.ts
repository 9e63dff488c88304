/** Where things of a picture of lanes go: pure, in pixels. */

/** A stretch of a lane with one share of requests lost, 0 to 1; null: nothing was measured. */
export interface Stretch {
  readonly fromS: number;
  readonly toS: number;
  readonly lost: number | null;
}

/** Neighbours with the same share become one; at most `most` are left: more are finer than a screen, and are joined at their worst share. */
export function joined(stretches: readonly Stretch[], most = 120): readonly Stretch[] {
  const same: Stretch[] = [];
  for (const stretch of stretches) {
    const last = same.at(-1);
    if (last && last.lost === stretch.lost && Math.abs(last.toS - stretch.fromS) < 1e-6) same[same.length - 1] = { ...last, toS: stretch.toS };
    else same.push(stretch);
  }
  if (same.length <= most) return same;
  const [fromS, toS] = [same[0]!.fromS, same.at(-1)!.toS];
  const binS = (toS - fromS) / most;
  const bins = Array.from({ length: most }, (_, i): Stretch => ({ fromS: fromS + i * binS, toS: fromS + (i + 1) * binS, lost: null }));
  for (const { fromS: a, toS: b, lost } of same) {
    if (lost === null) continue;
    const last = Math.min(most - 1, Math.ceil((b - fromS) / binS) - 1);
    for (let i = Math.max(0, Math.floor((a - fromS) / binS)); i <= last; i++) bins[i] = { ...bins[i]!, lost: Math.max(bins[i]!.lost ?? 0, lost) };
  }
  return joined(bins, most);
}

/** What a window shows of a lane. */
export const clipped = (stretches: readonly Stretch[], fromS: number, toS: number): readonly Stretch[] =>
  stretches.flatMap((one) => (one.toS <= fromS || one.fromS >= toS ? [] : [{ ...one, fromS: Math.max(one.fromS, fromS), toS: Math.min(one.toS, toS) }]));

const steps = [1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1800, 3600];
/** Seconds at which an axis of that width has a tick, at least 70 px apart. */
export function ticks(fromS: number, toS: number, widthPx: number): readonly number[] {
  const leastS = ((toS - fromS) * 70) / Math.max(1, widthPx);
  const step = steps.find((one) => one >= leastS) ?? Math.ceil(leastS / 3600) * 3600;
  const first = Math.ceil(fromS / step) * step;
  return Array.from({ length: Math.max(0, Math.floor((toS - first) / step) + 1) }, (_, i) => first + i * step);
}

/** "0:07", "12:30", "1:02:03"; before the run's zero with a minus. */
export function clock(seconds: number): string {
  const whole = Math.floor(Math.abs(seconds));
  const two = (n: number) => String(n).padStart(2, "0");
  const [hours, minutes] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60];
  return `${seconds < 0 && whole > 0 ? "−" : ""}${hours > 0 ? `${hours}:${two(minutes)}` : minutes}:${two(whole % 60)}`;
}

/** Rows for labels that would lie on each other: each goes into the first row that is free at its place. */
export function rows(labels: readonly { readonly x: number; readonly width: number }[], most = 3): readonly number[] {
  const freeFrom: number[] = [];
  return labels.map(({ x, width }) => {
    let row = freeFrom.findIndex((from) => from <= x);
    if (row < 0) row = freeFrom.length < most ? freeFrom.length : freeFrom.indexOf(Math.min(...freeFrom));
    freeFrom[row] = x + width;
    return row;
  });
}
