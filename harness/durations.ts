/** Durations as people write them: "250ms", "10s", "1h30m", "30d". */
const unitsMs: Readonly<Record<string, number>> = { ms: 1, s: 1000, m: 60_000, h: 3_600_000, d: 86_400_000 };
/** A year: what is longer is a mistake. */
export const longestMs = 366 * 86_400_000;

/** Milliseconds; a bare number is in `unit`. Undefined for what is no duration above 0, or longer than a year. */
export function durationMs(text: string, unit: "ms" | "s"): number | undefined {
  const bare = /^\d+(\.\d+)?$/.test(text.trim()) ? Number(text) * unitsMs[unit]! : undefined;
  const whole = /^(\d+(\.\d+)?(ms|s|m|h|d))+$/.test(text.trim());
  if (bare === undefined && !whole) return undefined;
  const ms = bare ?? [...text.matchAll(/(\d+(?:\.\d+)?)(ms|s|m|h|d)/g)].reduce((sum, [, number, name]) => sum + Number(number) * unitsMs[name!]!, 0);
  return ms > 0 && ms <= longestMs ? ms : undefined;
}

/** "2.5 s", "3 min", "30 d": rounded to what a reader needs. */
export function sayDuration(ms: number): string {
  if (ms < 1000) return `${Math.round(ms)} ms`;
  for (const [name, unit] of [
    ["d", 86_400_000],
    ["h", 3_600_000],
    ["min", 60_000],
  ] as const)
    if (ms >= 2 * unit) return `${Number((ms / unit).toFixed(1))} ${name}`;
  return `${Number((ms / 1000).toFixed(1))} s`;
}
