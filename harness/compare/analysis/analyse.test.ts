import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import { canonical } from "../../canonical.js";
import { FlounderError } from "../../errors.js";
import { root } from "../../paths.js";
import { parseTrialsCsv, trialsCsv } from "../csv.js";
import { parseExpect } from "../expect.js";
import { fewestBlocks } from "../limits.js";
import { type Comparison, comparisonJsonSchema, comparisonSchema, type Trial } from "../shapes.js";
import { type Behaviour, five, type Made, madeDesign, madeTrial, madeTrials } from "../testing/fixture.js";
import { analyse, leader } from "./analyse.js";

const two = { "as-it-was": { medianS: 40 }, quick: { medianS: 12 } };
function compare(behaviours: Readonly<Record<string, Behaviour>>, made: Made = {}, change: (trials: Trial[]) => Trial[] = (trials) => trials): Comparison {
  const design = madeDesign(behaviours, made);
  return analyse(design, change(madeTrials(design, behaviours, made)), { digest: "d1" });
}
const codes = ({ warnings }: Comparison) => warnings.map(({ code }) => code);
/** A design of two arms, and its trials from lost seconds per block. */
function ofSeconds(
  seconds: readonly (readonly [quick: number, reference: number])[],
  made: Made = {},
  over: (block: number, arm: string) => Partial<Trial> = () => ({}),
) {
  const design = madeDesign(two, { blocks: seconds.length, ...made });
  const trials = seconds.flatMap(([quick, reference], i) => [
    madeTrial(design, i + 1, "quick", quick, over(i + 1, "quick")),
    madeTrial(design, i + 1, "as-it-was", reference, over(i + 1, "as-it-was")),
  ]);
  return { design, trials, comparison: analyse(design, trials, { digest: "d1" }) };
}
const clear = Array.from({ length: 12 }, (_, i) => [10 + i, 30 + 2 * i] as const);

describe("a comparison's analysis", () => {
  it("says who is faster, by how much, how sure that is, and who lost what", () => {
    const comparison = compare(five);
    expect(comparison.pairs.map(({ a, verdict }) => [a, verdict])).to.deep.include.members([
      ["hands-off", "slower"],
      ["release-first", "faster"],
      ["old-backup", "not decided"],
    ]);
    expect(comparison.sentence).to.match(
      /^release-first restores developers [23]\.\d × sooner than as-it-was \(95 % interval 2\.\d to \d\.\d; 12 paired blocks, exact; p \.0\d+, Holm over 4 pairs\)\./,
    );
    expect(comparison.sentence).to.contain("old-backup would be ahead, but it lost");
    expect(comparison.sentence).to.contain("hands-off did not recover in");
    expect(comparison.sentence).to.contain("within 300 s");
    expect(comparison.footnotes.join(" ")).to.contain("replaced: fault not witnessed");
    expect(comparison.footnotes.join(" ")).to.match(/Human delays are modelled \(operator careful\); the order holds at × 0.5 \(re-simulated\) and × 2/);
    expect(comparison.finished).to.equal(true);
    expect(comparison.exitCode).to.equal(1); // a winner lost acknowledged writes
    expect(() => comparisonSchema.parse(JSON.parse(JSON.stringify(comparison)))).not.to.throw();
  });

  it("comparison.schema.json is the one that the code holds", () =>
    expect(readFileSync(join(root, "docs", "comparison.schema.json"), "utf8")).to.equal(canonical(comparisonJsonSchema())));

  it("is the same in whatever order trials are read", () => {
    const design = madeDesign(five);
    const trials = madeTrials(design, five);
    const one = analyse(design, trials, { digest: "d1" });
    expect(analyse(design, [...trials].reverse(), { digest: "d1" })).to.deep.equal(one);
  });

  it("turns with its arms: what is faster one way is slower the other", () => {
    const seconds = clear.map(([a, b]) => [b, a] as const);
    const [forth, back] = [ofSeconds(clear).comparison.pairs[0]!, ofSeconds(seconds).comparison.pairs[0]!];
    expect([forth.verdict, back.verdict]).to.deep.equal(["faster", "slower"]);
    expect(back.ratio).to.be.closeTo(1 / forth.ratio!, 1e-9);
    expect(back.ci[0]).to.be.closeTo(1 / forth.ci[1]!, 1e-9);
    expect([forth.p, forth.winsA, back.winsB]).to.deep.equal([2 / 2 ** 12, 12, 12]);
  });

  it("fixed: tests nothing before the last block, so that nobody stops where it looks good", () => {
    const { design, trials } = ofSeconds(clear);
    const early = analyse(design, trials.slice(0, 22), { digest: "d1" });
    expect(early.pairs[0]).to.include({ p: null, pHolm: null, verdict: "not decided", n: 11 });
    expect(early).to.include({ finished: false, exitCode: 2 });
    expect(early.sentence).to.match(
      /^Not finished: 11 of 12 blocks\. Not decided: quick loses 0\.\d+ × the seconds of as-it-was .*not tested before the last block/,
    );
    expect(codes(early)).to.include("not-finished");
    expect(leader(early)).to.match(/^quick leads: 15\.0 s lost, as-it-was 40\.0 s \(not decided yet\)$/);
    expect(analyse(design, [], { digest: "d1" }).sentence).to.contain("no block has a valid trial of both");
  });

  it("replaces invalid trials and counts them with reasons; a block whose attempts are spent goes without", () => {
    const { design, trials } = ofSeconds(clear);
    const invalid = { code: "observer", says: "3.1 % of samples were late" } as const;
    const bad = (attempt: number): Trial => ({ ...trials[0]!, attempt, invalid });
    const replaced = analyse(design, [bad(1), { ...trials[0]!, attempt: 2 }, ...trials.slice(1)], { digest: "d1" });
    expect(replaced.pairs[0]).to.include({ n: 12, verdict: "faster" });
    expect(replaced.footnotes[0]).to.equal("1 trial replaced: the observer itself stumbled.");
    expect(replaced.arms.find(({ arm }) => arm === "quick")).to.include({ n: 12, replaced: 1 });
    expect(replaced.blocks[0]!.trials.filter((trial) => trial.invalid)).to.have.length(1);
    const open = analyse(design, [bad(1), bad(2), ...trials.slice(1)], { digest: "d1" });
    expect(open.finished).to.equal(false);
    const spent = analyse(design, [bad(1), bad(2), bad(3), ...trials.slice(1)], { digest: "d1" });
    expect(spent.finished).to.equal(true);
    expect(spent.pairs[0]).to.include({ n: 11, verdict: "faster", p: 2 / 2 ** 11 });
  });

  it("keeps non-recoveries at the cap: soon most of the time, else never, does not pass for best", () => {
    // Of ten, three never: mean of those recovered 30 < 45, restricted mean 57 > 45.
    const seconds = Array.from({ length: 10 }, (_, i) => [i < 3 ? 120 : 30, 45] as const);
    const { comparison } = ofSeconds(seconds, { over: { capS: 120 } }, (block, arm) => (arm === "quick" && block <= 3 ? { recovered: false } : {}));
    const quick = comparison.arms.find(({ arm }) => arm === "quick")!;
    expect(quick.rmstS!.value).to.be.closeTo(57, 1e-9);
    expect(quick.pRecover).to.include({ k: 7, n: 10 });
    expect(quick.curve.at(-1)!.notRecovered).to.be.closeTo(0.3, 1e-12);
    expect(comparison.pairs[0]!.rmstS!.value).to.be.closeTo(12, 1e-9);
    expect(comparison.pairs[0]!.verdict).to.equal("not decided");
    expect(comparison.sentence).to.contain("quick did not recover in 3 of 10 within 120 s; as-it-was in all.");
  });

  it("warns when the winner recovers less often", () => {
    const { comparison } = ofSeconds(clear, {}, (block, arm) => (arm === "quick" && block === 1 ? { recovered: false } : {}));
    expect(comparison.pairs[0]!.verdict).to.equal("faster");
    expect(codes(comparison)).to.include("recovers-less-often");
  });

  it("zeros count: log(U + T); who loses nothing wins against who loses something", () => {
    const { comparison } = ofSeconds(Array.from({ length: 8 }, (_, i) => [0, i < 4 ? 2 : 0] as const));
    expect(comparison.pairs[0]).to.include({ winsA: 4, winsB: 0, ties: 4, verdict: "not decided" });
    expect(codes(comparison)).to.include("zeros");
    expect(ofSeconds(Array.from({ length: 8 }, () => [0, 2] as const)).comparison.pairs[0]!.verdict).to.equal("faster");
  });

  const bars: readonly (readonly [string, Partial<Trial>, RegExp, number])[] = [
    ["lost acknowledged writes", { writes: { acknowledged: 40, lost: 2 } }, /lost 2 acknowledged writes in 1 of 12 trials/, 1],
    ["did harm", { harm: "restored a backup of last night" }, /did damage in 1 of 12/, 2],
    ["threw", { ending: "threw" }, /ended with an error in 1 of 12/, 2],
    ["hung", { ending: "hung" }, /hung in 1 of 12/, 2],
    ["did nothing", { ending: "did-nothing" }, /did nothing in 1 of 12/, 2],
    ["was stopped by a freeze", { ending: "frozen" }, /was stopped by a freeze in 1 of 12/, 2],
  ];
  for (const [what, over, says, exitCode] of bars)
    it(`a playbook that ${what} cannot win`, () => {
      const { comparison } = ofSeconds(clear, {}, (block, arm) => (arm === "quick" && block === 3 ? over : {}));
      expect(comparison.pairs[0]).to.deep.include({ verdict: "not decided" });
      expect(comparison.pairs[0]!.veto).to.deep.include({ arm: "quick" });
      expect(comparison.sentence).to.match(says);
      expect(comparison.exitCode).to.equal(exitCode);
      // The other's fault bars nobody.
      const other = ofSeconds(clear, {}, (block, arm) => (arm === "as-it-was" && block === 3 ? over : {})).comparison;
      expect(other.pairs[0]).to.include({ verdict: "faster", veto: null });
    });

  it("within margin: an interval inside of it, also where a difference is sure; a wider one is not decided", () => {
    const near = clear.map(([, b], i) => [b * (1.05 + 0.01 * Math.sin(i)), b] as const);
    const { comparison } = ofSeconds(near);
    expect(comparison.pairs[0]!.p).to.be.below(0.01);
    expect(comparison.pairs[0]!.verdict).to.equal("within margin");
    expect(comparison.exitCode).to.equal(0);
    const wide = clear.map(([, b], i) => [b * (1 + 0.6 * Math.sin(7 * i)), b] as const);
    const open = ofSeconds(wide).comparison;
    expect(open.pairs[0]!.verdict).to.equal("not decided");
    expect(open.exitCode).to.equal(2);
    expect(open.warnings.find(({ code }) => code === "not-decided")!.option).to.match(/^--(blocks \d+|matters)$/);
    expect(open.sentence).not.to.match(/no difference|~/);
  });

  it("A/A: the same playbook twice is never said to be faster, and the rate of false alarms is said", () => {
    const aa = compare({ "as-it-was": { medianS: 40 }, "as-it-was (A/A)": { medianS: 40 }, quick: { medianS: 12 } }, { blocks: 20 });
    expect(aa.pairs.find(({ declared }) => !declared)).to.include({ a: "as-it-was (A/A)", b: "as-it-was" });
    expect(aa.aa).to.include({ blocks: 20, of: 10, n: 1000 });
    expect(aa.footnotes.join(" ")).to.contain("A/A: the same playbook twice in 20 blocks");
    // One that is really different from itself, as on a machine that favours one of two.
    const off = compare({ "as-it-was": { medianS: 40 }, "as-it-was #2": { medianS: 12 } }, { blocks: 20 });
    expect(off.pairs[0]).to.include({ verdict: "not decided" });
    expect(off.pairs[0]!.veto!.says).to.contain("a false alarm");
    expect(codes(off)).to.include("false-alarms");
    expect(off.aa!.falseAlarms).to.equal(off.aa!.n);
  });

  it("sequential: decided at the block that crosses, whatever comes after; blocks beyond a hole do not count", () => {
    const made = { path: "sequential", over: { maxBlocks: 12 } } as const;
    const { design, trials, comparison } = ofSeconds(clear, made);
    expect(comparison.pairs[0]).to.include({ verdict: "faster", decidedAt: 8, p: null });
    expect(comparison.sentence).to.match(/95 % confidence sequence [\d.]+ to [\d.]+; 12 paired blocks, exact; e \d+, decided at block 8/);
    const eight = analyse(design, trials.slice(0, 16), { digest: "d1" });
    expect(eight).to.include({ finished: true, exitCode: 0 });
    const seven = analyse(design, trials.slice(0, 14), { digest: "d1" });
    expect(seven).to.include({ finished: false, exitCode: 2 });
    const hole = analyse(
      design,
      trials.filter(({ block }) => block !== 2),
      { digest: "d1" },
    );
    expect(hole.pairs[0]!.n).to.equal(1);
    const turns = clear.map(([a, b], i) => (i < 8 ? [a, b] : [b, a]) as readonly [number, number]);
    expect(ofSeconds(turns, made).comparison.pairs[0]).to.include({ verdict: "faster", decidedAt: 8 });
  });

  it("a control that never recovers keeps nobody from being re-simulated", () => {
    const comparison = compare(five, {}, (trials) =>
      trials.map((one) => (one.arm === "none" ? { ...one, clock: { ...one.clock, lostWhileHumanS: null } } : one)),
    );
    expect(comparison.sensitivity.map(({ how }) => how)).to.deep.equal(["re-simulated", "re-simulated"]);
  });

  it("human delays × 0.5 and × 2: re-simulated where trials allow it, else re-run, else said to be missing", () => {
    // Quick people, slow machine against slow people, quick machine: at half delays the order turns.
    const seconds = clear.map(([, b]) => [b * 1.1, b * 1.4] as const);
    const over = (_: number, arm: string): Partial<Trial> => ({ clock: { detectS: 1, humanS: 20, machineS: 9, lostWhileHumanS: arm === "quick" ? 1 : 25 } });
    const { design, trials, comparison } = ofSeconds(seconds, {}, over);
    expect(comparison.sensitivity.map(({ delays, how, pairs }) => [delays, how, pairs[0]!.holds])).to.deep.equal([
      [0.5, "re-simulated", false],
      [2, "re-simulated", true],
    ]);
    expect(codes(comparison)).to.include("delays-decide");
    const untimed = trials.map((trial): Trial => ({ ...trial, clock: { ...trial.clock, lostWhileHumanS: null } }));
    const none = analyse(design, untimed, { digest: "d1" });
    expect(none.sensitivity).to.deep.equal([]);
    expect(none.notShown.join(" ")).to.contain("no other delays were tried");
    const rerun = untimed.map((trial): Trial => ({ ...trial, delays: 2 }));
    const tried = analyse(design, [...untimed, ...rerun], { digest: "d1" });
    expect(tried.sensitivity.map(({ delays, how }) => [delays, how])).to.deep.equal([[2, "re-run"]]);
    expect(tried.pairs).to.deep.equal(none.pairs.map((pair, i) => ({ ...pair, ...tried.pairs[i]! })));
    expect(tried.pairs[0]!.n).to.equal(12);
    const slow = trials.map((trial): Trial => (trial.arm === "quick" ? trial : { ...trial, clock: { ...trial.clock, lostWhileHumanS: null } }));
    const half = analyse(design, [...slow, ...rerun.filter(({ arm, block }) => arm !== "quick" && block <= 3)], { digest: "d1" });
    expect(half.sensitivity.map(({ delays, how }) => [delays, how])).to.deep.equal([[2, "re-run in part"]]);
  });

  it("says that the machine drifted, and that pairing bought nothing", () => {
    const drifting = Array.from({ length: 12 }, (_, i) => [10 * 1.1 ** i, 30 * 1.1 ** i] as const);
    const found = ofSeconds(drifting).comparison;
    expect(found.drift!.change).to.be.closeTo(1.1 ** 11, 0.05);
    expect(codes(found)).to.include("drift");
    expect(found.pairingGain!.r).to.be.above(0.99);
    const against = Array.from({ length: 12 }, (_, i) => [10 + i, 60 - i] as const);
    expect(codes(ofSeconds(against).comparison)).to.include("pairing-bought-nothing");
  });

  it("--expect: held, refuted, not shown", () => {
    const state = (seconds: readonly (readonly [number, number])[]) => {
      const { comparison } = ofSeconds(seconds, { over: { expect: { faster: "quick", slower: "as-it-was" } } });
      return [comparison.expectation!.state, comparison.exitCode];
    };
    expect(state(clear)).to.deep.equal(["held", 0]);
    expect(state(clear.map(([a, b]) => [b, a] as const))).to.deep.equal(["refuted", 1]);
    expect(state(clear.map(([, b]) => [b, b] as const))).to.deep.equal(["refuted", 1]);
    expect(state(clear.map(([, b], i) => [b * (1 + 0.6 * Math.sin(7 * i)), b] as const))).to.deep.equal(["not shown", 2]);
    const family = [{ a: "quick", b: "as-it-was" }];
    expect(parseExpect("quick<as-it-was", family)).to.deep.equal({ faster: "quick", slower: "as-it-was" });
    for (const wrong of ["quick", "quick < slow", "a < b < c", "< as-it-was"])
      expect(() => parseExpect(wrong, family), wrong).to.throw(FlounderError, "--expect");
  });

  it("an undo that failed is said before all else, an abort ends with 3", () => {
    const { design, trials } = ofSeconds(clear);
    const broken = analyse(design, [{ ...trials[0]!, undone: false }, ...trials.slice(1)], { digest: "d1" });
    expect(broken).to.deep.include({ exitCode: 1, undoFailed: ["block 1, quick, attempt 1"] });
    expect(broken.warnings[0]!.code).to.equal("undo-failed");
    const aborted = analyse(design, trials.slice(0, 4), { digest: "d1", aborted: "stopped by SIGINT" });
    expect(aborted.exitCode).to.equal(3);
    expect(aborted.sentence).to.match(/^Aborted: stopped by SIGINT\. Not finished/);
  });

  it("the fewest blocks that can decide", () => {
    expect([1, 2, 3, 6, 15].map((pairs) => fewestBlocks(0.05, "sequential", pairs))).to.deep.equal([8, 9, 10, 11, 12]);
    expect([fewestBlocks(0.05, "fixed", 1), fewestBlocks(0.01, "fixed", 1), fewestBlocks(0.05, "fixed", 4)]).to.deep.equal([6, 8, 8]);
  });
});

describe("trials.csv", () => {
  it("gives back what was written, whatever words are in it", () => {
    const design = madeDesign(five);
    const trials = madeTrials(design, five);
    expect(parseTrialsCsv(trialsCsv(trials))).to.deep.equal(trials);
    fc.assert(
      fc.property(fc.string(), fc.string({ unit: "grapheme" }), (harm, says) => {
        const odd: Trial = { ...trials[0]!, harm, invalid: { code: "observer", says: `a, "b"\r\n${says}` } };
        expect(parseTrialsCsv(trialsCsv([odd, trials[1]!]))).to.deep.equal([odd, trials[1]!]);
      }),
      { numRuns: 50 },
    );
  });

  it("refuses other columns and bad rows, and says where", () => {
    const csv = trialsCsv(madeTrials(madeDesign(two), two).slice(0, 2));
    expect(() => parseTrialsCsv("a,b\n1,2\n")).to.throw(FlounderError, "does not have the columns");
    expect(() => parseTrialsCsv(csv.replace(/finished/, "exploded"))).to.throw(FlounderError, /row 2: ending/);
  });
});
