/** Results of a watch for tests: one good endpoint, and what a test makes of it. */
import type { WatchedEndpoint, WatchResult } from "../result.js";

export const endpoint = (name: string, parts: Partial<WatchedEndpoint> = {}): WatchedEndpoint => ({
  name,
  url: name,
  kind: "http",
  connection: "fresh",
  rateHz: 20,
  deadlineMs: 1000,
  slowMs: 100,
  samples: 40,
  counts: { ok: 40 },
  slow: 0,
  observerFaults: 0,
  lostS: { lo: 0, hi: 0 },
  outages: [],
  latencyMs: { p50: 1, p99: 2, max: 3 },
  last: "ok",
  findings: {},
  verdict: { result: "pass", says: [] },
  ...parts,
});
export const result = (endpoints: readonly WatchedEndpoint[], parts: Partial<WatchResult> = {}): WatchResult => ({
  version: 2,
  flounder: "0",
  startedIso: "2026-01-01T00:00:00.000Z",
  seconds: 2,
  complete: true,
  verdict: { result: "pass", says: [] },
  command: null,
  observer: { faults: 0, share: 0, shed: 0, hiccups: 0, cpuShare: 0, latenessMs: { p50: 0, p99: 0, max: 0 } },
  calibration: { is: "none", says: "", errors: [], warnings: [] },
  endpoints,
  ...parts,
});
