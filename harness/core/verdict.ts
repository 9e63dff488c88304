/** A verdict: what is judged of plan, timeline and samples. */
import type { TargetName } from "./capability.js";
import type { About } from "./event.js";
import type { Step } from "./recovery.js";
import type { Plane, Vantage } from "./scenario.js";

export type Result = "pass" | "fail" | "inconclusive" | "aborted";

export interface Finding {
  readonly result: Result;
  readonly says: string;
  readonly atUs: readonly number[];
}

/** Seconds, with the bounds that the sampling period leaves open. */
export interface Bounds {
  readonly lo: number;
  readonly hi: number;
}

/** The proof, per injection: between which readings it bit, and between which it was healed. null: never seen. */
export interface Receipt {
  readonly injection: string;
  readonly act: string;
  readonly fault: string;
  readonly target: TargetName;
  readonly bitUs: { readonly lo: number; readonly hi: number } | null;
  readonly healedUs: { readonly lo: number; readonly hi: number } | null;
}

export type PlaneState = "up" | "degraded" | "down";

export interface MatrixCell {
  readonly outside: { readonly control: PlaneState; readonly data: PlaneState };
  readonly inside: { readonly control: PlaneState; readonly data: PlaneState };
  readonly seconds: number;
}

/** verdict.json; see docs/verdict.schema.json. */
export interface Verdict {
  readonly version: 1;
  readonly result: Result;
  readonly scenario: string;
  readonly seed: number;
  readonly planDigest: string;
  readonly engine: string;
  readonly profile: string;
  readonly lostS: Readonly<Record<Plane, Readonly<Record<Vantage, Bounds>>>>;
  readonly acts: readonly { readonly act: string; readonly lostS: Readonly<Record<Plane, Readonly<Record<Vantage, Bounds>>>> }[];
  /** Per control operation × vantage. */
  readonly operations: Readonly<Record<string, Readonly<Record<Vantage, Bounds & { readonly ok: number; readonly bad: number }>>>>;
  readonly matrix: readonly MatrixCell[];
  readonly receipts: { readonly bit: number; readonly healed: number; readonly of: number; readonly each: readonly Receipt[] };
  readonly ledger: { readonly acknowledged: number; readonly missing: readonly string[] };
  readonly recovery: readonly RecoveryClock[];
  /** Share of samples lost to the observer, 0 to 1. */
  readonly observerFaults: number;
  readonly findings: readonly Finding[];
  /** Absent: a verdict of a version before. */
  readonly setup?: Setup | undefined;
}

/** What was run, on what. `about` is null for a run that did not record it. */
export interface Setup {
  readonly target: string;
  readonly timeFactor: number;
  readonly policies: Readonly<Record<string, string>>;
  /** null: nobody's. */
  readonly playbook: string | null;
  readonly about: About | null;
}

/** Per act: seconds from its first injection to each instant, null if it never came. */
export interface RecoveryClock {
  readonly act: string;
  /** The procedure's detection, or without one the platform's first alarm. */
  readonly detectedS: number | null;
  /** First step that was begun; a person's delay comes before it. */
  readonly decidedS: number | null;
  readonly restoredS: number | null;
  readonly verifiedS: number | null;
  /** Last healing, proved. */
  readonly healedS: number | null;
  readonly stableS: number | null;
  /** Ended by the rail, not by the playbook: how long it would have taken is not known. */
  readonly censored: boolean;
  /** What people took, and what machines took, in all steps. */
  readonly humanS: number;
  readonly machineS: number;
  readonly steps: readonly StepClock[];
}

export interface StepClock {
  readonly procedure: string;
  readonly step: number;
  readonly says: string;
  readonly does: Step["does"];
  /** From the instant that it was due to its beginning. */
  readonly humanS: number;
  /** From its beginning to its end. */
  readonly machineS: number;
  readonly state: "done" | "refused" | "gave-up" | "unfinished";
  readonly came: string;
}
