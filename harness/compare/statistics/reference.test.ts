/** Each method against values that R 4.2.2 computed (packages survival, brunnermunzel), to 1e-8; Monte-Carlo ones to 1e-2. */
import { expect } from "chai";
import { bca } from "./bca.js";
import { brunnerMunzel, permutedBrunnerMunzelP } from "./brunner-munzel.js";
import { cliffsDelta, varghaDelaneyA } from "./cliff.js";
import { correlation, quantile } from "./descriptive.js";
import { eValue } from "./e-process.js";
import { fisherP } from "./fisher.js";
import { friedman } from "./friedman.js";
import { hodgesLehmann } from "./hodges-lehmann.js";
import { holm } from "./holm.js";
import { kaplanMeier, medianTime, type Observed, restrictedMean } from "./kaplan-meier.js";
import { logRank } from "./log-rank.js";
import { mannWhitney } from "./mann-whitney.js";
import { clopperPearson, wilson } from "./proportion.js";
import { signFlipP } from "./sign-flip.js";
import { signedRank, signedRankCdf } from "./signed-rank.js";

const near = (got: number, wanted: number, within = 1e-8) => expect(got).to.be.closeTo(wanted, within);
/** "6 6+ 7": a plus is censored. */
const observed = (text: string): Observed[] => text.split(" ").map((word) => ({ atS: Number.parseFloat(word), event: !word.endsWith("+") }));

const maintained = observed("9 13 13+ 18 23 28+ 31 34 45+ 48 161+");
const notMaintained = observed("5 5 8 8 12 16+ 23 27 30 33 43 45");
const sixMp = observed("6 6 6 6+ 7 9+ 10 10+ 11+ 13 16 17+ 19+ 20+ 22 23 25+ 32+ 32+ 34+ 35+");
const placebo = observed("1 1 2 2 3 4 4 5 5 8 8 8 8 11 11 12 12 15 17 22 23");
const before = [1.83, 0.5, 1.62, 2.48, 1.68, 1.88, 1.55, 3.06, 1.3];
const after = [0.878, 0.647, 0.598, 2.05, 1.06, 1.29, 1.06, 3.14, 1.29];
const x = [0.8, 0.83, 1.89, 1.04, 1.45, 1.38, 1.91, 1.64, 0.73, 1.46];
const y = [1.15, 0.88, 0.9, 0.74, 1.21];

describe("statistics, against R", () => {
  it("Kaplan-Meier: curve, Greenwood's errors and median of leukaemia remissions (aml)", () => {
    const curve = kaplanMeier(maintained);
    expect(curve.map(({ atS }) => atS)).to.deep.equal([9, 13, 18, 23, 31, 34, 48]);
    const survival = [0.909091, 0.818182, 0.715909, 0.613636, 0.490909, 0.368182, 0.184091];
    const errors = [0.0866784, 0.116291, 0.139665, 0.152632, 0.164193, 0.162669, 0.153493];
    // R printed them to six digits.
    curve.forEach((step, i) => {
      near(step.survival, survival[i]!, 1e-6);
      near(step.se, errors[i]!, 1e-6);
    });
    expect([medianTime(curve), medianTime(kaplanMeier(notMaintained))]).to.deep.equal([31, 23]);
  });

  it("Kaplan-Meier: curve and median of 6-MP (Freireich)", () => {
    const curve = kaplanMeier(sixMp);
    expect(curve.map(({ atS }) => atS)).to.deep.equal([6, 7, 10, 13, 16, 22, 23]);
    [0.857143, 0.806723, 0.752941, 0.690196, 0.627451, 0.537815, 0.448179].forEach((wanted, i) => {
      near(curve[i]!.survival, wanted, 1e-6);
    });
    expect(medianTime(curve)).to.equal(23);
  });

  it("restricted mean with its error (aml, 60 weeks)", () => {
    const [a, b] = [restrictedMean(maintained, 60), restrictedMean(notMaintained, 60)];
    near(a.mean, 34.0523, 5e-5);
    near(a.se, 5.61451, 5e-6);
    near(b.mean, 22.7083, 5e-5);
    near(b.se, 4.18094, 5e-6);
  });

  it("restricted mean: nobody recovers, all before the cap, none before the cap", () => {
    expect(restrictedMean(observed("60+ 60+"), 60)).to.deep.equal({ mean: 60, se: 0 });
    expect(restrictedMean(observed("10 20"), 60).mean).to.equal(15);
    expect(restrictedMean(observed("70 80"), 60).mean).to.equal(60);
  });

  it("log-rank: aml, its weighted form, and 6-MP", () => {
    const aml = logRank(maintained, notMaintained);
    near(aml.chiSquared, 3.396388699);
    near(aml.p, 0.065339322);
    expect(aml.observed).to.deep.equal([7, 11]);
    near(aml.expected[0], 10.689335992);
    near(aml.expected[1], 7.310664008);
    near(aml.variance, 4.0075507459);
    const early = logRank(maintained, notMaintained, 1);
    near(early.chiSquared, 2.7792795448);
    near(early.p, 0.0954911154);
    const mp = logRank(sixMp, placebo);
    near(mp.chiSquared, 16.7929409892);
    near(mp.p, 4.168809109e-5, 1e-13);
    near(mp.expected[0], 19.25050095);
    near(mp.variance, 6.2569605737);
  });

  it("signed rank, Hodges-Lehmann with its interval, and sign-flip (depression scores)", () => {
    const differences = before.map((value, i) => value - after[i]!);
    const { v, n } = signedRank(differences);
    expect(v).to.equal(40);
    near(1 - signedRankCdf(v - 1, n), 0.01953125);
    const { estimate, lo, hi } = hodgesLehmann(differences);
    near(estimate, 0.46);
    near(lo, 0.01);
    near(hi, 0.786);
    near(signFlipP(differences), 14 / 512, 1e-15);
  });

  it("Mann-Whitney with its shift and interval; Cliff's delta, A12", () => {
    const { w, greater, p, shift, lo, hi } = mannWhitney(x, y);
    expect(w).to.equal(35);
    near(greater, 0.1272061272);
    near(p, 0.2544122544);
    near(shift, 0.305);
    near(lo, -0.15);
    near(hi, 0.76);
    near(varghaDelaneyA(x, y), 0.7);
    near(cliffsDelta(x, y), 0.4);
    near(cliffsDelta([10, 10, 20, 20, 20, 30, 30, 30, 40, 50], [10, 20, 30, 40, 40, 50]), -0.25);
  });

  it("the smallest p that Mann-Whitney can reach", () => {
    const smallest = (n: number) =>
      mannWhitney(
        Array.from({ length: n }, (_, i) => i),
        Array.from({ length: n }, (_, i) => 100 + i),
      ).p;
    [0.1, 0.0286, 0.0079, 0.0022, 0.00058].forEach((wanted, i) => {
      near(smallest(3 + i), wanted, 5e-5);
    });
  });

  it("Brunner-Munzel, plain and by permutation", () => {
    const plain = brunnerMunzel(x, y);
    near(plain.t, -1.41030148417);
    near(plain.df, 11.628257333);
    near(plain.p, 0.1846358968);
    near(permutedBrunnerMunzelP(x, y), 552 / 3003, 1e-12);
    const [yes, no] = [
      [1, 2, 1, 1, 1, 1, 1, 1, 1, 1, 2, 4, 1, 1],
      [3, 3, 4, 3, 1, 2, 3, 1, 1, 5, 4],
    ];
    const pain = brunnerMunzel(yes!, no!);
    near(pain.t, 3.137467482303);
    near(pain.df, 17.682841979482);
    near(pain.p, 0.005786208666);
    near(pain.share, 0.788961038961);
    near(permutedBrunnerMunzelP(yes!, no!), 0.008037645264);
  });

  it("Brunner-Munzel by permutation: drawn where there are too many assignments to count", () => {
    const from = (first: number) => Array.from({ length: 15 }, (_, i) => first + i);
    near(permutedBrunnerMunzelP(from(1), from(3)), 0.23406642912, 1e-2);
  });

  it("Holm", () => {
    holm([0.01, 0.02, 0.03, 0.04, 0.05]).forEach((p, i) => {
      near(p, [0.05, 0.08, 0.09, 0.09, 0.09][i]!);
    });
  });

  it("Friedman (running round the bases)", () => {
    const times = `5.40 5.50 5.55|5.85 5.70 5.75|5.20 5.60 5.50|5.55 5.50 5.40|5.90 5.85 5.70|5.45 5.55 5.60|5.40 5.40 5.35|5.45 5.50 5.35|5.25 5.15 5.00|5.85 5.80 5.70|5.25 5.20 5.10|5.65 5.55 5.45|5.60 5.35 5.45|5.05 5.00 4.95|5.50 5.50 5.40|5.45 5.55 5.50|5.55 5.55 5.35|5.45 5.50 5.55|5.50 5.45 5.25|5.65 5.60 5.40|5.70 5.65 5.55|6.30 6.30 6.25`;
    const { chiSquared, p } = friedman(times.split("|").map((row) => row.split(" ").map(Number)));
    near(chiSquared, 11.14285714);
    near(p, 0.00380504078);
  });

  it("correlation, jackknife and BCa (law schools)", () => {
    const lsat = [576, 635, 558, 578, 666, 580, 555, 661, 651, 605, 653, 575, 545, 572, 594];
    const gpa = [3.39, 3.3, 2.81, 3.03, 3.44, 3.07, 3.0, 3.43, 3.36, 3.13, 3.12, 2.74, 2.76, 2.88, 2.96];
    near(correlation(lsat, gpa), 0.7763744913);
    const of = (rows: readonly number[]) =>
      correlation(
        rows.map((i) => lsat[i]!),
        rows.map((i) => gpa[i]!),
      );
    const { lo, hi, bias, acceleration, jackknifeSe } = bca(15, of, 0.95, 20_000);
    near(jackknifeSe, 0.1425186186);
    near(acceleration, -0.07567156494);
    near(bias, -0.098, 2e-2);
    near(lo, 0.33, 2e-2);
    near(hi, 0.942, 1e-2);
  });

  it("proportions: Clopper-Pearson, Wilson, Fisher", () => {
    near(clopperPearson(0, 30).hi, 0.1157033082);
    expect(clopperPearson(0, 30).lo).to.equal(0);
    near(clopperPearson(28, 30).lo, 0.7792645985);
    near(clopperPearson(28, 30).hi, 0.9918218655);
    const wilsons = [wilson(990, 1000), wilson(1, 1000), wilson(0, 100)].flatMap(({ lo, hi }) => [lo, hi]);
    [0.9816905311, 0.9945592456, 0.0001765463706, 0.005642558598, 0, 0.03699349821].forEach((wanted, i) => {
      near(wilsons[i]!, wanted);
    });
    near(fisherP(9, 10, 4, 10), 0.0572755418);
  });

  it("e-values: 8-0 is the first sweep that decides one pair", () => {
    const known: readonly (readonly [number, number, number])[] = [
      [8, 0, 28.44444444],
      [10, 0, 93.09090909],
      [9, 1, 9.309090909],
      [12, 2, 12.0029304],
      [15, 5, 3.220600521],
    ];
    for (const [wins, losses, wanted] of known) near(eValue(wins, losses), wanted, 1e-7);
    expect(eValue(7, 0)).to.be.below(20);
  });

  it("quantile, type 7", () => near(quantile([10, 9, 8, 7, 6, 5, 4, 3, 2, 1], 0.95), 9.55));
});
