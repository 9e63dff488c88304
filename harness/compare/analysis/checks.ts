/** What says how far the numbers can be trusted: screening over all arms, what pairing bought, drift of the machine, the A/A arm. */
import type { Comparison, Design, Pair } from "../shapes.js";
import { mean } from "../statistics/descriptive.js";
import { falseAlarms } from "../statistics/false-alarms.js";
import { friedman } from "../statistics/friedman.js";
import { hodgesLehmann } from "../statistics/hodges-lehmann.js";
import { signFlipP } from "../statistics/sign-flip.js";
import { trend } from "../statistics/trend.js";
import { type CountedBlock, inFamily, logLost, logRatios, matched, primaryS } from "./counted.js";
import { pairsOf, samePlaybook } from "./pairs.js";

/** Blocks in which every arm of the family has a valid trial. */
function whole(design: Design, blocks: readonly CountedBlock[]) {
  const names = design.arms.filter(inFamily).map(({ name }) => name);
  return blocks.flatMap(({ trials }) => {
    const row = names.flatMap((name) => trials.get(name) ?? []);
    return row.length === names.length ? [row] : [];
  });
}

export function screening(design: Design, blocks: readonly CountedBlock[]): Comparison["screening"] {
  const rows = whole(design, blocks);
  return rows.length < 2 || rows[0]!.length < 3 ? null : friedman(rows.map((row) => row.map((trial) => primaryS(design, trial))));
}

export function driftOf(design: Design, blocks: readonly CountedBlock[]): Comparison["drift"] {
  const rows = whole(design, blocks);
  if (rows.length < 4) return null;
  const { tau, p, slope } = trend(rows.map((row) => mean(row.map((trial) => logLost(design, trial)))));
  return { tau, p, change: Math.exp(slope * (rows.length - 1)) };
}

export function pairingGainOf(pairs: readonly Omit<Pair, "says">[]): Comparison["pairingGain"] {
  const gains = pairs.flatMap(({ declared, pairing }) => (declared && pairing ? [pairing] : []));
  return gains.length === 0 ? null : { r: mean(gains.map(({ r }) => r)), variance: mean(gains.map(({ variance }) => variance)) };
}

/** Comparisons of half of its blocks, twelve at the most and six at the least: fewer cannot find anything. */
export function aaOf(design: Design, blocks: readonly CountedBlock[]): Comparison["aa"] {
  const pair = pairsOf(design).find((one) => samePlaybook(design, one));
  if (!pair) return null;
  const differences = logRatios(design, matched(blocks, pair.a, pair.b));
  if (differences.length === 0) return null;
  const of = Math.max(6, Math.min(12, differences.length >> 1));
  const { estimate, lo, hi } = hodgesLehmann(differences, 1 - design.alpha);
  return {
    blocks: differences.length,
    ...falseAlarms(differences, of, design.alpha),
    ratio: Math.exp(estimate),
    ci: [Number.isFinite(lo) ? Math.exp(lo) : null, Number.isFinite(hi) ? Math.exp(hi) : null],
    p: blocks.every(({ complete }) => complete) ? signFlipP(differences) : null,
  };
}
