/** Rows of a load → its figures in a stretch of the run. Pure. */
import type { LoadFigures, LoadRow } from "../core.js";
import type { Window } from "../measure/windows.js";

/** A row belongs to the stretch in which it begins. */
export function figuresOf(rows: readonly LoadRow[], { fromUs, toUs }: Window): LoadFigures {
  const counts = new Map<number, number>();
  let requests = 0;
  let failed = 0;
  for (const row of rows) {
    if (row.atMs * 1000 < fromUs || row.atMs * 1000 >= toUs) continue;
    requests += row.requests;
    failed += row.failed;
    for (const [ms, count] of Object.entries(row.ms)) counts.set(Number(ms), (counts.get(Number(ms)) ?? 0) + count);
  }
  const sorted = [...counts].sort(([a], [b]) => a - b);
  const total = sorted.reduce((sum, [, count]) => sum + count, 0);
  /** Nearest rank. */
  const quantile = (q: number) => {
    const rank = Math.max(1, Math.ceil(q * total));
    let seen = 0;
    for (const [ms, count] of sorted) {
      seen += count;
      if (seen >= rank) return ms;
    }
    return sorted.at(-1)![0];
  };
  const latencyMs = total === 0 ? null : { p50: quantile(0.5), p95: quantile(0.95), p99: quantile(0.99), max: sorted.at(-1)![0] };
  return { requests, failed, latencyMs };
}

/** "1240 requests, 3.1 % failed, p50 2.1 · p95 14 · p99 250 ms" */
export function sayFigures({ requests, failed, latencyMs }: LoadFigures): string {
  if (requests === 0) return "no request";
  const share = `${((100 * failed) / requests).toFixed(1)} % failed`;
  const took = latencyMs ? `, p50 ${latencyMs.p50} · p95 ${latencyMs.p95} · p99 ${latencyMs.p99} ms` : "";
  return `${requests} request${requests === 1 ? "" : "s"}, ${share}${took}`;
}
