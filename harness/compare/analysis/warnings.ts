/** What a reader must know before trusting the sentence, each with the option that would help. */
import { plural } from "../../words.js";
import { fewestBlocks } from "../limits.js";
import type { Comparison, Design, Pair, Trial } from "../shapes.js";
import { mean, variance } from "../statistics/descriptive.js";
import { normalQuantile } from "../statistics/distributions.js";
import { wilson } from "../statistics/proportion.js";
import { blocksOf, type CountedBlock, isMain, logRatios, matched, primaryS } from "./counted.js";
import { list, percent, sayInterval, sayNumber, sayP } from "./figures.js";

type Warning = Comparison["warnings"][number];
type Found = Pick<Comparison, "pairs" | "arms" | "finished" | "drift" | "aa" | "sensitivity" | "undoFailed" | "pairingGain">;

export function warningsOf(design: Design, blocks: readonly CountedBlock[], trials: readonly Trial[], found: Found): Warning[] {
  const declared = found.pairs.filter((pair) => pair.declared);
  const warn = (code: string, text: string, option: string | null = null): Warning => ({ code, text, option });
  const complete = blocks.filter((block) => block.complete).length;
  const fewest = fewestBlocks(design.alpha, design.path, design.family.length);
  const main = trials.filter(isMain);
  const replaced = main.filter(({ invalid }) => invalid).length;
  const counted = blocks.flatMap(({ trials }) => [...trials.values()]);
  const zeros = counted.filter((trial) => primaryS(design, trial) === 0).length;
  const broken = found.sensitivity.filter(({ pairs }) => pairs.some(({ holds }) => !holds)).map(({ delays }) => `× ${delays}`);
  return [
    ...(found.undoFailed.length > 0 ? [warn("undo-failed", `Faults were not proved healed in ${list(found.undoFailed)}.`, "flounder status")] : []),
    ...(found.finished
      ? []
      : [
          warn(
            "not-finished",
            `${complete} of ${blocksOf(design)} blocks are complete: ${design.path === "fixed" ? "nothing is decided before the last" : "pairs that are open may still be decided"}.`,
            "--resume DIR",
          ),
        ]),
    ...declared.flatMap((pair) => (pair.veto ? [warn("cannot-win", `${pair.veto.says}.`)] : [])),
    ...(found.finished ? declared.flatMap((pair) => ofPair(design, pair, blocks, fewest)) : []),
    ...(broken.length > 0
      ? [warn("delays-decide", `The order of playbooks is another one at human delays ${list(broken)}: it hangs on how quick people are.`, "--operator")]
      : []),
    ...(found.finished && found.sensitivity.length < 2
      ? [
          warn(
            "delays-untried",
            "Whether the order holds where people are quicker or slower is not known: some trials cannot be re-simulated.",
            "--rerun-delays 3",
          ),
        ]
      : []),
    ...(found.pairingGain && found.pairingGain.r <= 0
      ? [
          warn(
            "pairing-bought-nothing",
            `Trials of one block are no more alike than others (correlation ${found.pairingGain.r.toFixed(2)}): pairing bought nothing.`,
          ),
        ]
      : []),
    ...drift(found.drift).map((text) => warn("drift", text)),
    ...falseAlarms(design, found.aa).map((text) => warn("false-alarms", text)),
    ...(replaced > main.length / 5
      ? [warn("many-replaced", `${replaced} of ${plural(main.length, "trial")} did not count: what makes trials invalid may also favour a playbook.`)]
      : []),
    ...(counted.length > 0 && zeros > counted.length / 2
      ? [warn("zeros", `${zeros} of ${plural(counted.length, "trial")} lost nothing: ratios say little here, look at lost seconds and P(recover).`)]
      : []),
  ];
}

function ofPair(design: Design, pair: Pair, blocks: readonly CountedBlock[], fewest: number): Warning[] {
  const { a, b, n, ci, pHolm, verdict, veto, pRecover } = pair;
  const name = `${a} against ${b}`;
  const winner = verdict === "faster" ? pRecover.a : pRecover.b;
  const other = verdict === "faster" ? pRecover.b : pRecover.a;
  const decided = verdict === "faster" || verdict === "slower";
  return [
    ...(n < fewest
      ? [{ code: "too-few-blocks", text: `${name}: ${plural(n, "block")} cannot decide; it takes ${fewest}.`, option: `--blocks ${fewest}` }]
      : []),
    ...(verdict === "not decided" && !veto && n >= fewest ? [undecided(design, pair, blocks, fewest)] : []),
    ...(decided && winner.share < other.share
      ? [
          {
            code: "recovers-less-often",
            text: `${verdict === "faster" ? a : b} is sooner, but recovers less often (${winner.k} of ${winner.n} against ${other.k} of ${other.n}).`,
            option: null,
          },
        ]
      : []),
    ...(decided && pHolm !== null && (ci[0] === null || ci[1] === null || (ci[0] < 1 && ci[1] > 1))
      ? [
          {
            code: "interval-disagrees",
            text: `${name}: p ${sayP(pHolm)} decides, but the interval of the ratio (${sayInterval(ci)}) holds 1: a few blocks decide it.`,
            option: null,
          },
        ]
      : []),
  ];
}

/** How many blocks would find a difference of this size four times of five (normal approximation; Lachin, 1981), as an option. */
function undecided(design: Design, { a, b }: Pair, blocks: readonly CountedBlock[], fewest: number): Warning {
  const differences = logRatios(design, matched(blocks, a, b));
  const alpha = design.alpha / design.family.length;
  const z = normalQuantile(1 - alpha / 2) + normalQuantile(0.8);
  const toFind = (size: number) => Math.max(fewest, Math.ceil((z ** 2 * variance(differences)) / size ** 2 + z ** 2 / 4));
  const needed = toFind(mean(differences));
  const toMargin = toFind(Math.log(design.matters));
  const code = "not-decided";
  if (needed <= 3 * toMargin && needed < 200) {
    const text = `${a} against ${b}: a difference of this size would be found by about ${needed} blocks, four times of five. More blocks are a new comparison.`;
    return { code, text, option: `--blocks ${needed}` };
  }
  const text = `${a} against ${b}: if they differ, it is by little; about ${toMargin} blocks would show it, or show that it is below ${sayNumber(design.matters)} ×.`;
  return { code, text, option: toMargin < 200 ? `--blocks ${toMargin}` : "--matters" };
}

function drift(found: Comparison["drift"]): string[] {
  if (!found || found.p > 0.05) return [];
  const { change, p } = found;
  return [
    `The machine drifted: from first to last block lost seconds changed by × ${sayNumber(change)} (p ${sayP(p)}). Random order within blocks guards the comparison, not the seconds themselves.`,
  ];
}
function falseAlarms({ alpha }: Design, aa: Comparison["aa"]): string[] {
  if (!aa || aa.n === 0) return [];
  const worth = Math.max(1, Math.floor(aa.blocks / aa.of));
  const rate = aa.falseAlarms / aa.n;
  const surely = wilson(rate * worth, worth).lo > alpha;
  if (!surely && (aa.p === null || aa.p > alpha)) return [];
  return [
    `The same playbook differs from itself (p ${aa.p === null ? "unknown" : sayP(aa.p)}, ${percent(rate)} false alarms): something other than the playbook differs between trials.`,
  ];
}
