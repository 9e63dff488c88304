/** How well the prober measures on this machine, as far as a plan keeps it. */

/** What a plan keeps of the record that `flounder calibrate` writes. */
export interface PlannedCalibration {
  readonly madeIso: string;
  /** A few short outages only. */
  readonly quick: boolean;
  readonly machine: Machine;
  readonly rows: readonly CalibratedRow[];
}

export type CalibratedAsker = "http" | "probe" | "tcp" | "dns" | "exec" | "http2";

/** Outage lengths as the prober reported them, held against the true ones. */
export interface CalibratedRow {
  /** Whose questions: absent, a plain request of `watch` ("http"); else a target's probe of several steps, or one of the other kinds of endpoint. */
  readonly asker?: CalibratedAsker | undefined;
  /** How the outages were: 503, refuse, stall … */
  readonly mode: string;
  readonly connection: "fresh" | "kept";
  readonly rateHz: number;
  readonly windows: number;
  readonly missed: number;
  /** Reported − true length: its mean, and the root of its mean square. */
  readonly biasMs: number;
  readonly rmsMs: number;
  /** Share of windows whose bounds hold the truth at both edges, 0 to 1. */
  readonly coverage: number;
  /** The shortest outage that was tried, and the longest that was missed (0: none was). Absent: a record of before that was kept. */
  readonly shortestMs?: number | undefined;
  readonly longestMissedMs?: number | undefined;
}

export interface Machine {
  /** Same machine, same id. Says nothing else. */
  readonly id: string;
  readonly cpu: string;
  readonly cores: number;
  readonly kernel: string;
  readonly node: string;
}
