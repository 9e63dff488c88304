/** What a comparison says: a sentence per pair, and the one at the top, which a manager understands and a statistician accepts. */
import { plural, who } from "../../words.js";
import type { Comparison, Design, Pair } from "../shapes.js";
import { blocksOf } from "./counted.js";
import { list, percent, sayInterval, sayNumber, sayP, saySeconds, turned } from "./figures.js";

type Told = Pick<Design, "alpha" | "path" | "outcome" | "matters" | "family">;

/** What the evidence is: "95 % interval 2.4 to 4.0; 12 paired blocks, exact; p .0005". */
function evidence({ alpha, path, family }: Told, pair: Omit<Pair, "says">, ci: Pair["ci"]): string {
  const m = family.length;
  const level = `${percent(1 - alpha)} ${path === "fixed" ? "interval" : "confidence sequence"}`;
  const p = pair.pHolm ?? pair.p;
  const strength =
    path === "sequential"
      ? `e ${sayNumber(pair.e ?? 1)}, ${pair.decidedAt === null ? "not decided" : `decided at block ${pair.decidedAt}`}`
      : p === null
        ? "not tested before the last block"
        : `p ${sayP(p)}${pair.declared && m > 1 ? `, Holm over ${m} pairs` : ""}`;
  const exact = path === "fixed" && pair.method.includes("drawn") ? "drawn" : "exact";
  return `${level} ${sayInterval(ci)}; ${plural(pair.n, "paired block")}, ${exact}; ${strength}`;
}
/** Whom it restores: "developers", "app users", "app users (seen from inside)". */
export const whom = ({ plane, from }: Design["outcome"]): string => `${who(plane)}${from === "inside" ? " (seen from inside)" : ""}`;

export function sayPair(design: Told, pair: Omit<Pair, "says">): string {
  const { a, b, ratio, ci, verdict, veto } = pair;
  if (ratio === null) return `${a} and ${b}: no block has a valid trial of both.`;
  if (veto) return `${veto.says}; so ${a} against ${b} is not decided.`;
  if (verdict === "faster" || verdict === "slower") {
    const said = verdict === "faster" ? turned(ratio, ci) : { ratio, ci };
    const [winner, other] = verdict === "faster" ? [a, b] : [b, a];
    return `${winner} restores ${whom(design.outcome)} ${sayNumber(said.ratio)} × sooner than ${other} (${evidence(design, pair, said.ci)}).`;
  }
  const loses = `${a} loses ${sayNumber(ratio)} × the seconds of ${b} (${evidence(design, pair, ci)})`;
  return verdict === "within margin" ? `${a} and ${b} are within the margin of ${sayNumber(design.matters)} ×: ${loses}.` : `Not decided: ${loses}.`;
}

const rankOf = (pair: Pair): number => (pair.verdict === "faster" ? 0 : pair.verdict === "slower" ? 1 : pair.verdict === "within margin" ? 2 : 3);

/** The strongest pair in full, the others shortly; then who did not recover; then writes. */
export function sentenceOf(design: Design, comparison: Pick<Comparison, "pairs" | "arms" | "finished" | "aborted">, marked: string): string {
  const declared = comparison.pairs.filter((pair) => pair.declared);
  const [first, ...rest] = [...declared].sort((x, y) => rankOf(x) - rankOf(y) || Math.abs(Math.log(y.ratio ?? 1)) - Math.abs(Math.log(x.ratio ?? 1)));
  const ended = comparison.aborted === null ? "" : `Aborted: ${comparison.aborted}. `;
  const open = comparison.finished ? "" : `Not finished: ${Math.min(...declared.map(({ n }) => n))} of ${blocksOf(design)} blocks. `;
  return `${ended}${open}${first!.says}${rest.length > 0 ? ` ${others(rest)}` : ""} ${recoveries(design, comparison.arms)} ${writes(comparison)}${marked}`;
}

function others(rest: readonly Pair[]): string {
  const short = (pair: Pair): string => {
    const { a, b, ratio, ci, verdict, veto } = pair;
    if (ratio === null) return `${a} against ${b}: no data`;
    if (veto) return veto.says;
    const said = verdict === "faster" ? turned(ratio, ci) : { ratio, ci };
    const figures = `(${sayInterval(said.ci)})`;
    if (verdict === "faster") return `${a} is ${sayNumber(said.ratio)} × sooner than ${b} ${figures}`;
    if (verdict === "slower") return `${a} is ${sayNumber(said.ratio)} × later than ${b} ${figures}`;
    return verdict === "within margin" ? `${a} is within the margin of ${b} ${figures}` : `${a} against ${b} is not decided ${figures}`;
  };
  return `${rest.map(short).join("; ")}.`;
}

/** "as-it-was did not recover in 2 of 12 within 300 s; all others in all." */
function recoveries(design: Design, arms: Comparison["arms"]): string {
  const told = arms.filter(({ role, n }) => role !== "aa" && n > 0);
  const not = told.filter(({ pRecover }) => pRecover.k < pRecover.n);
  const cap = `${design.capS} s`;
  if (not.length === 0) return `Every trial recovered within ${cap}.`;
  const each = list(not.map(({ arm, pRecover }) => `${arm} did not recover in ${pRecover.n - pRecover.k} of ${pRecover.n}`));
  const rest = told.length - not.length;
  return `${each} within ${cap}${rest === 0 ? "" : rest === 1 ? `; ${told.find((one) => !not.includes(one))!.arm} in all` : "; the others in all"}.`;
}
/** Arms that lost writes, but for those of whom a pair has said so already. */
function writes({ arms, pairs }: Pick<Comparison, "arms" | "pairs">): string {
  const barred = (name: string) => pairs.some(({ declared, veto }) => declared && veto?.arm === name && veto.lostWrites > 0);
  const lost = arms.filter(({ lostWrites }) => lostWrites > 0);
  const rest = lost.filter(({ arm }) => !barred(arm));
  if (lost.length === 0) return "No acknowledged write was lost.";
  if (rest.length === 0) return "No other acknowledged write was lost.";
  const each = rest.map(
    ({ arm, lostWrites, trialsWithLostWrites, n }) => `${arm} lost ${plural(lostWrites, "acknowledged write")} in ${trialsWithLostWrites} of ${n}`,
  );
  return `${list(each)}: ${rest.length > 1 ? "they" : "it"} cannot win.`;
}

/** For the live line: who leads, and that it is not decided yet. */
export function leader({ pairs, arms, finished, reference }: Comparison): string {
  const medianOf = ({ lostS }: Comparison["arms"][number]): number => lostS?.value ?? Number.POSITIVE_INFINITY;
  const [best, second] = arms.filter(({ role, lostS }) => (role === "reference" || role === "candidate") && lostS).sort((x, y) => medianOf(x) - medianOf(y));
  if (!best || !second) return "nothing to compare yet";
  const other = arms.find(({ arm, lostS }) => arm === reference && lostS && arm !== best.arm) ?? second;
  const declared = pairs.filter((pair) => pair.declared);
  const decided = declared.filter(({ verdict }) => verdict !== "not decided").length;
  const state = decided > 0 ? `${decided} of ${plural(declared.length, "pair")} decided` : finished ? "not decided" : "not decided yet";
  return `${best.arm} leads: ${saySeconds(medianOf(best))} lost, ${other.arm} ${saySeconds(medianOf(other))} (${state})`;
}
