/** Findings, their order, and figures in words: what the parts of the judge share. */
import type { Bounds, Finding, Result } from "../core.js";

/** What must be true for a run to count, and what was found: a test case of junit.xml. */
export interface Check {
  readonly name: string;
  readonly findings: readonly Finding[];
}

const order: readonly Result[] = ["pass", "inconclusive", "fail", "aborted"];
/** No finding at all is no proof of anything. */
export const worst = (findings: readonly Finding[]): Result =>
  findings.length === 0 ? "inconclusive" : order[Math.max(...findings.map((finding) => order.indexOf(finding.result)))]!;

export const pass = (says: string, atUs: readonly number[] = []): Finding => ({ result: "pass", says, atUs });
/** Not decided, by this run. */
export const open = (says: string, atUs: readonly number[] = []): Finding => ({ result: "inconclusive", says, atUs });
export const fail = (says: string, atUs: readonly number[] = []): Finding => ({ result: "fail", says, atUs });
/** What was found wrong, or else that nothing was. */
export const orPass = (wrong: readonly Finding[], says: string, atUs: readonly number[] = []): readonly Finding[] =>
  wrong.length > 0 ? wrong : [pass(says, atUs)];

/** Milliseconds are finer than any sampling period here; more digits would be noise. */
export const round = (value: number): number => Math.round(value * 1000) / 1000;
export const roundedBounds = ({ lo, hi }: Bounds): Bounds => ({ lo: round(lo), hi: round(hi) });
/** "12.3–12.9 s", or one figure when the bounds agree. */
export const sayBounds = ({ lo, hi }: Bounds): string => (lo.toFixed(1) === hi.toFixed(1) ? `${lo.toFixed(1)} s` : `${lo.toFixed(1)}–${hi.toFixed(1)} s`);

/** Alphabetical in every locale. */
export const compare = (a: string, b: string): number => (a < b ? -1 : a > b ? 1 : 0);
