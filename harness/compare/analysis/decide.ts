/**
 * One pair's numbers and what they decide, by the one path that was declared.
 * fixed: sign-flip permutation of the mean log ratio, Hodges-Lehmann interval; nothing is tested before the last block.
 * sequential: e-process on wins, confidence sequence; decided at the first block at which it crosses, and that stands.
 */

import type { Design, VerdictWord } from "../shapes.js";
import { mean, median } from "../statistics/descriptive.js";
import { confidenceSequence, eProcess } from "../statistics/e-process.js";
import { hodgesLehmann } from "../statistics/hodges-lehmann.js";
import { holm } from "../statistics/holm.js";
import { exactUpTo, signFlipP } from "../statistics/sign-flip.js";

export interface Decision {
  /** Natural logarithms. */
  readonly estimate: number | null;
  readonly ci: readonly [number, number];
  readonly ciFamily: readonly [number, number];
  readonly method: string;
  readonly p: number | null;
  readonly e: number | null;
  /** Sequential: index of the difference at which it was decided. */
  readonly at: number | null;
  readonly verdict: VerdictWord;
}
/** What of the design decides. */
export type Rules = Pick<Design, "path" | "alpha" | "matters">;

export interface Decided extends Decision {
  /** Fixed: adjusted over the family. */
  readonly pHolm: number | null;
}
/** A family of pairs, each by its differences (log U_a - log U_b per block). `last`: no more blocks will come. */
export function decideFamily(rules: Rules, family: readonly (readonly number[])[], last: boolean): Decided[] {
  if (rules.path === "sequential") return family.map((differences) => ({ ...decideSequential(rules, differences, family.length), pHolm: null }));
  const fixed = family.map((differences) => measureFixed(rules, differences, family.length, last));
  const tested = fixed.filter(({ p }) => p !== null);
  const adjusted = holm(tested.map(({ p }) => p!));
  return fixed.map((one, i) => {
    const p = adjusted[tested.indexOf(one)] ?? null;
    return { ...one, pHolm: p, verdict: fixedVerdict(rules, one, family[i]!, p) };
  });
}

const inside = ([lo, hi]: readonly [number, number], matters: number): boolean => lo >= -Math.log(matters) && hi <= Math.log(matters);
const none: readonly [number, number] = [Number.NEGATIVE_INFINITY, Number.POSITIVE_INFINITY];

type Measured = Omit<Decision, "verdict">;
function measureFixed({ alpha }: Rules, differences: readonly number[], pairs: number, last: boolean): Measured {
  const n = differences.length;
  const method = `sign-flip permutation, ${n > exactUpTo ? "drawn" : "exact"}; Hodges-Lehmann interval, exact`;
  if (n === 0) return { estimate: null, ci: none, ciFamily: none, method, p: null, e: null, at: null };
  const { estimate, lo, hi } = hodgesLehmann(differences, 1 - alpha);
  const family = hodgesLehmann(differences, 1 - alpha / pairs);
  return { estimate, ci: [lo, hi], ciFamily: [family.lo, family.hi], method, p: last ? signFlipP(differences) : null, e: null, at: null };
}

/** A difference that is shown to be smaller than what matters is "within margin", even when it is not zero. */
function fixedVerdict({ alpha, matters }: Rules, { ciFamily, estimate }: Measured, differences: readonly number[], p: number | null): VerdictWord {
  if (p === null) return "not decided";
  if (inside(ciFamily, matters)) return "within margin";
  const side = mean(differences);
  if (p > alpha || Math.sign(estimate!) !== Math.sign(side)) return "not decided";
  return side < 0 ? "faster" : "slower";
}

function decideSequential({ alpha, matters }: Rules, differences: readonly number[], pairs: number): Decision {
  const method = "e-process on wins; median ratio with its confidence sequence";
  const evidence = eProcess(differences);
  const e = evidence.at(-1) ?? 1;
  const of = (level: number, upTo = differences.length): readonly [number, number] => {
    const { lo, hi } = confidenceSequence(differences.slice(0, upTo), level);
    return [lo, hi];
  };
  const estimate = differences.length > 0 ? median(differences) : null;
  const shown = { estimate, ci: of(alpha), ciFamily: of(alpha / pairs), method, p: null, e };
  for (let at = 0; at < differences.length; at++) {
    if (inside(of(alpha / pairs, at + 1), matters)) return { ...shown, at, verdict: "within margin" };
    if (evidence[at]! >= pairs / alpha) {
      const so = differences.slice(0, at + 1);
      return { ...shown, at, verdict: so.filter((d) => d < 0).length > so.filter((d) => d > 0).length ? "faster" : "slower" };
    }
  }
  return { ...shown, at: null, verdict: "not decided" };
}
