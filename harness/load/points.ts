/** k6's own output (`--out json`), a line per metric and request → a row per tenth of a second. */
import { z } from "zod";
import type { LoadRow } from "../core.js";

/** Metrics that have one point for each request, whatever its protocol. */
const perRequest = /^\{"metric":"(?:http|grpc)_req_duration","type":"Point"/;
const point = z.looseObject({
  data: z.looseObject({
    time: z.string(),
    value: z.number(),
    tags: z.looseObject({ expected_response: z.string().optional(), status: z.string().optional() }),
  }),
});

export interface Point {
  readonly endWallMs: number;
  readonly tookMs: number;
  readonly failed: boolean;
}

/** undefined: the line is of another metric. */
export function pointOf(line: string): Point | undefined {
  if (!perRequest.test(line)) return undefined;
  const { time, value, tags } = point.parse(JSON.parse(line)).data;
  // gRPC has no expectation: its status 0 is OK.
  const failed = tags.expected_response === undefined ? tags.status !== "0" : tags.expected_response !== "true";
  return { endWallMs: Date.parse(time), tookMs: value, failed };
}

export const rowMs = 100;

/** Collects points; `take` gives the rows of what came since it was last asked. */
export class Rows {
  readonly #rows = new Map<number, { requests: number; failed: number; ms: Record<string, number> }>();

  constructor(readonly zeroWallMs: number) {}

  add({ endWallMs, tookMs, failed }: Point): void {
    const atMs = Math.floor((endWallMs - tookMs - this.zeroWallMs) / rowMs) * rowMs;
    const row = this.#rows.get(atMs) ?? { requests: 0, failed: 0, ms: {} };
    this.#rows.set(atMs, row);
    row.requests++;
    if (failed) row.failed++;
    else {
      const ms = String(Number(tookMs.toPrecision(3)));
      row.ms[ms] = (row.ms[ms] ?? 0) + 1;
    }
  }

  take(): LoadRow[] {
    const rows = [...this.#rows].sort(([a], [b]) => a - b);
    this.#rows.clear();
    return rows.map(([atMs, row]) => ({ atMs, ...row }));
  }
}
