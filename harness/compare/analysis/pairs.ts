/** All pairs: the declared ones, adjusted over their family, and those of controls, which decide nothing. */

import type { ArmSummary, Design, Interval, Pair, VerdictWord } from "../shapes.js";
import { permutedBrunnerMunzelP } from "../statistics/brunner-munzel.js";
import { cliffsDelta, varghaDelaneyA } from "../statistics/cliff.js";
import { fisherP } from "../statistics/fisher.js";
import { pairedLogRankP } from "../statistics/log-rank.js";
import { pairingGain } from "../statistics/pairing-gain.js";
import { pairedRmstDifference } from "../statistics/rmst-difference.js";
import { estimateOf, observedOf, proportionOf, recoveredIn } from "./arms.js";
import { type CountedBlock, logLost, logRatios, type Matched, matched, primaryS } from "./counted.js";
import { type Decision, decideFamily } from "./decide.js";
import { vetoOf } from "./veto.js";

/** What pairs are looked at: all declared, and each control against the arm that it controls. */
export function pairsOf(design: Design): { readonly a: string; readonly b: string; readonly declared: boolean }[] {
  const own = (name: string) => design.arms.find((arm) => arm.name === name)!;
  const against = design.reference ?? design.family[0]!.b;
  return [
    ...design.family.map(({ a, b }) => ({ a, b, declared: true })),
    ...design.arms.flatMap((arm) => {
      if (arm.role !== "control" && arm.role !== "aa") return [];
      const twin = design.arms.find((other) => other !== arm && other.playbook === arm.playbook);
      const b = arm.role === "aa" && twin ? twin.name : own(against).name;
      return [{ a: arm.name, b, declared: false }];
    }),
  ];
}
export const samePlaybook = (design: Design, { a, b }: { readonly a: string; readonly b: string }): boolean =>
  design.arms.find((arm) => arm.name === a)!.playbook === design.arms.find((arm) => arm.name === b)!.playbook;

/** Fixed: every trial of the family was run, or cannot be had. Nothing is tested before. */
export const isLast = (blocks: readonly CountedBlock[]): boolean => blocks.every(({ complete }) => complete);
/** Sequential: blocks up to the first that is not complete. What is looked at must not depend on what came out. */
export const prefix = (blocks: readonly CountedBlock[]): readonly CountedBlock[] => {
  const open = blocks.findIndex(({ complete }) => !complete);
  return open < 0 ? blocks : blocks.slice(0, open);
};

/** `says` is filled in by sentence.ts. */
export function comparePairs(design: Design, blocks: readonly CountedBlock[], arms: readonly ArmSummary[]): Omit<Pair, "says">[] {
  const last = isLast(blocks);
  const looked = design.path === "fixed" ? blocks : prefix(blocks);
  const rows = pairsOf(design).map((pair) => ({ pair, both: matched(looked, pair.a, pair.b) }));
  const decideAll = (those: typeof rows) =>
    decideFamily(
      design,
      those.map(({ both }) => logRatios(design, both)),
      last,
    ).map((decision, i) => ({ ...those[i]!, decision }));
  const family = decideAll(rows.filter(({ pair }) => pair.declared));
  const controls = rows.filter(({ pair }) => !pair.declared).flatMap((row) => decideAll([row]));
  return [...family, ...controls].map(({ pair, both, decision }) => {
    const { a, b, declared } = pair;
    const { verdict, veto } = afterVeto(design, arms, pair, decision.verdict);
    const decidedAt = decision.at === null ? null : both[decision.at]!.block;
    return { a, b, declared, ...numbers(design, both, decision), pHolm: declared ? decision.pHolm : null, decidedAt, veto, verdict };
  });
}

/** A winner that lost writes, did harm or did not run to its end does not win; and nothing wins against itself. */
function afterVeto(design: Design, arms: readonly ArmSummary[], pair: { a: string; b: string }, word: VerdictWord): Pick<Pair, "verdict" | "veto"> {
  if (word !== "faster" && word !== "slower") return { verdict: word, veto: null };
  if (samePlaybook(design, pair)) {
    const says = `${pair.a} and ${pair.b} are the same playbook: this difference is a false alarm`;
    return { verdict: "not decided", veto: { arm: pair.a, says, lostWrites: 0 } };
  }
  const winner = word === "faster" ? pair.a : pair.b;
  const summary = arms.find((arm) => arm.arm === winner)!;
  const why = vetoOf(design.arms.find((arm) => arm.name === winner)!, summary);
  if (!why) return { verdict: word, veto: null };
  return { verdict: "not decided", veto: { arm: winner, says: `${winner} would be ahead, but it ${why}`, lostWrites: summary.lostWrites } };
}

const ratios = ([lo, hi]: readonly [number, number]): Interval => [Number.isFinite(lo) ? Math.exp(lo) : null, Number.isFinite(hi) ? Math.exp(hi) : null];

function numbers(design: Design, both: readonly Matched[], decision: Decision) {
  const n = both.length;
  const [a, b] = [both.map((one) => one.a), both.map((one) => one.b)];
  const [lostA, lostB] = [a, b].map((trials) => trials.map((trial) => primaryS(design, trial)));
  const [seenA, seenB] = [a, b].map((trials) => trials.map((trial) => observedOf(design, trial)));
  const [kA, kB] = [recoveredIn(design, a), recoveredIn(design, b)];
  const count = (sign: number) => lostA!.filter((lost, i) => Math.sign(lost - lostB![i]!) === sign).length;
  const rmst = () =>
    pairedRmstDifference(
      seenA!.map((one) => one.atS),
      seenB!.map((one) => one.atS),
      design.capS,
      1 - design.alpha,
    );
  const gain = () => {
    const { lo, hi, ...rest } = pairingGain(
      a.map((trial) => logLost(design, trial)),
      b.map((trial) => logLost(design, trial)),
      1 - design.alpha,
    );
    const pUnpaired = decision.p === null ? null : permutedBrunnerMunzelP(lostA!, lostB!, 20_000, 5000);
    return { ...rest, pUnpaired, lo: Number.isFinite(lo) ? lo : null, hi: Number.isFinite(hi) ? hi : null };
  };
  return {
    n,
    ratio: decision.estimate === null ? null : Math.exp(decision.estimate),
    ci: ratios(decision.ci),
    ciFamily: ratios(decision.ciFamily),
    method: decision.method,
    p: decision.p,
    e: decision.e,
    winsA: count(-1),
    winsB: count(1),
    ties: count(0),
    pABetter: n === 0 ? null : 1 - varghaDelaneyA(lostA!, lostB!),
    cliff: n === 0 ? null : cliffsDelta(lostA!, lostB!),
    pRecover: { a: proportionOf(kA, n, design.alpha), b: proportionOf(kB, n, design.alpha), p: n === 0 ? null : fisherP(kA, n, kB, n) },
    rmstS: n === 0 ? null : estimateOf(rmst()),
    logRankP: n === 0 ? null : pairedLogRankP(seenA!, seenB!),
    pairing: n < 4 ? null : gain(),
  };
}
