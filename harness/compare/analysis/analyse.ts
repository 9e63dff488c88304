/** From a design and its trials to comparison.json. Pure: the same trials give the same comparison, in whatever order they are read. */
import { type Comparison, comparisonSchema, type Design, type Trial } from "../shapes.js";
import { summarise } from "./arms.js";
import { aaOf, driftOf, pairingGainOf, screening } from "./checks.js";
import { blocksOf, countedBlocks, isMain } from "./counted.js";
import { exitCodeOf, expectationOf } from "./exit-code.js";
import { marks } from "./figures.js";
import { footnotesOf } from "./footnotes.js";
import { notShownOf } from "./not-shown.js";
import { comparePairs, isLast, prefix } from "./pairs.js";
import { peopleOf } from "./people.js";
import { sensitivityOf } from "./sensitivity.js";
import { sayPair, sentenceOf } from "./sentence.js";
import { warningsOf } from "./warnings.js";

export { leader } from "./sentence.js";

export interface How {
  /** Of design.json. */
  readonly digest: string;
  /** Why it ended before its end. */
  readonly aborted?: string;
  /** Game days of the same scenario; they change nothing but what is said of them. */
  readonly people?: readonly Trial[] | undefined;
}

/** Cheap enough to be asked after every trial. */
export function analyse(design: Design, trials: readonly Trial[], { digest, aborted, people }: How): Comparison {
  const blocks = countedBlocks(design, trials);
  const arms = design.arms.map((arm) => summarise(design, arm, blocks, trials));
  const pairs = comparePairs(design, blocks, arms).map((pair) => ({ ...pair, says: sayPair(design, pair) }));
  const decided = pairs.every(({ declared, verdict, veto }) => !declared || verdict !== "not decided" || veto !== null);
  const finished = isLast(blocks) || (design.path === "sequential" && decided && prefix(blocks).length > 0);
  const sensitivity = sensitivityOf(design, blocks, trials, pairs);
  const found = {
    pairs,
    arms,
    finished,
    aborted: aborted ?? null,
    sensitivity,
    screening: isLast(blocks) ? screening(design, blocks) : null,
    pairingGain: pairingGainOf(pairs),
    drift: driftOf(design, blocks),
    aa: aaOf(design, blocks),
    undoFailed: trials.filter(({ undone }) => !undone).map(({ block, arm, attempt }) => `block ${block}, ${arm}, attempt ${attempt}`),
    expectation: expectationOf(design, pairs),
  };
  const footnotes = footnotesOf(design, trials, found);
  return comparisonSchema.parse({
    schemaVersion: 1,
    flounder: design.flounder,
    machine: design.machine,
    designDigest: digest,
    scenario: design.scenario,
    reference: design.reference,
    outcome: design.outcome,
    alpha: design.alpha,
    matters: design.matters,
    capS: design.capS,
    path: design.path,
    blocks: blocksAsRun(design, trials),
    ...found,
    ...(people ? { people: peopleOf(design, people) } : {}),
    warnings: warningsOf(design, blocks, trials, found),
    notShown: notShownOf(design, found),
    footnotes,
    sentence: sentenceOf(design, found, footnotes.map((_, i) => marks[i]).join("\u202f")),
    exitCode: exitCodeOf(found),
  });
}

/** Every attempt of every block, in the order of its arms; the invalid ones with their reasons. */
function blocksAsRun(design: Design, trials: readonly Trial[]): Comparison["blocks"] {
  const { plane, from } = design.outcome;
  return design.order.slice(0, blocksOf(design)).map(({ seed, arms }, i) => ({
    block: i + 1,
    seed,
    order: arms,
    trials: trials
      .filter((trial) => isMain(trial) && trial.block === i + 1)
      .sort((a, b) => arms.indexOf(a.arm) - arms.indexOf(b.arm) || a.attempt - b.attempt)
      .map((trial) => ({
        arm: trial.arm,
        playbook: trial.playbook,
        attempt: trial.attempt,
        lostS: trial.lostS[plane][from],
        recovered: trial.recovered,
        recoveryS: trial.recoveryS,
        clock: { humanS: trial.clock.humanS, machineS: trial.clock.machineS },
        lostWrites: trial.writes.lost,
        ending: trial.ending,
        harm: trial.harm,
        ...(trial.invalid ? { invalid: trial.invalid } : {}),
      })),
  }));
}
