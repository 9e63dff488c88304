/** What must hold of the methods whatever the data are, and two libraries that must agree with us where they have the same method. */
import { expect } from "chai";
import fc from "fast-check";
import jstat from "jstat";
import * as simple from "simple-statistics";
import { median, quantile, ranks } from "./descriptive.js";
import { betaCdf, betaQuantile, chiSquaredUpper, logGamma, normalCdf, normalQuantile, studentCdf, studentQuantile } from "./distributions.js";
import { confidenceSequence, eProcess, eValue } from "./e-process.js";
import { falseAlarms } from "./false-alarms.js";
import { hodgesLehmann } from "./hodges-lehmann.js";
import { kaplanMeier, restrictedMean } from "./kaplan-meier.js";
import { pairedLogRankP } from "./log-rank.js";
import { mannWhitney } from "./mann-whitney.js";
import { medianWithInterval } from "./median-interval.js";
import { pairingGain } from "./pairing-gain.js";
import { meanWithInterval, pairedRmstDifference } from "./rmst-difference.js";
import { signFlipP } from "./sign-flip.js";
import { trend } from "./trend.js";

const values = (min: number, max: number) => fc.array(fc.integer({ min: -50, max: 50 }), { minLength: min, maxLength: max });

/** All signs, one by one. */
function everySign(differences: readonly number[]): number {
  const n = differences.length;
  const reached = Math.abs(differences.reduce((all, d) => all + d, 0));
  let as = 0;
  for (let signs = 0; signs < 2 ** n; signs++) {
    const total = differences.reduce((all, d, i) => all + ((signs >> i) & 1 ? d : -d), 0);
    if (Math.abs(total) >= reached) as++;
  }
  return as / 2 ** n;
}

describe("statistics, laws", () => {
  it("sign-flip: as if every choice of signs were tried, ties and zeros included", () =>
    fc.assert(
      fc.property(values(1, 11), (differences) => {
        expect(signFlipP(differences)).to.be.closeTo(everySign(differences), 1e-12);
      }),
      { numRuns: 60 },
    ));

  it("sign-flip: exact at 30 and 40 in well under a second, drawn above", () => {
    const differences = Array.from({ length: 41 }, (_, i) => Math.sin(i * 7.3) + 0.4);
    const started = performance.now();
    const [thirty, forty, more] = [30, 40, 41].map((n) => signFlipP(differences.slice(0, n)));
    expect(performance.now() - started).to.be.below(3000);
    for (const p of [thirty!, forty!, more!]) expect(p).to.be.within(0.0001, 0.05);
    expect(signFlipP(Array.from({ length: 30 }, () => 1))).to.equal(2 / 2 ** 30);
  });

  it("Hodges-Lehmann: shifts with the data, turns with the sign, and has no end below six differences", () => {
    fc.assert(
      fc.property(values(6, 20), fc.integer({ min: -9, max: 9 }), (differences, by) => {
        const [one, shifted, turned] = [differences, differences.map((d) => d + by), differences.map((d) => -d)].map((d) => hodgesLehmann(d));
        expect(shifted!.lo).to.be.closeTo(one!.lo + by, 1e-9);
        expect(turned!.hi).to.be.closeTo(-one!.lo, 1e-9);
        expect(one!.estimate).to.be.within(one!.lo, one!.hi);
      }),
      { numRuns: 50 },
    );
    expect(hodgesLehmann([1, 2, 3, 4, 5])).to.deep.equal({ estimate: 3, lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY });
    expect(hodgesLehmann([1, 2, 3, 4, 5, 6]).lo).to.equal(1);
  });

  it("confidence sequence: holds a shift exactly if the e-process of the shifted data has not rejected it", () =>
    fc.assert(
      fc.property(values(1, 30), fc.integer({ min: -60, max: 60 }), (differences, shift) => {
        const { lo, hi } = confidenceSequence(differences, 0.05);
        const at = shift + 0.5; // no tie with an integer
        const wins = differences.filter((d) => d > at).length;
        const rejected = eValue(wins, differences.length - wins) >= 20;
        if (at < lo || at > hi) expect(rejected).to.equal(true);
        else expect(rejected).to.equal(false);
      }),
      { numRuns: 200 },
    ));

  it("e-process: ties change nothing", () => {
    const wanted = [1, 1, eValue(2, 0), eValue(2, 0), eValue(2, 1)];
    eProcess([1, 0, 1, 0, -1]).forEach((e, i) => {
      expect(e).to.be.closeTo(wanted[i]!, 1e-12);
    });
  });

  it("restricted mean without censoring before the cap is the mean of what is cut off there", () =>
    fc.assert(
      fc.property(fc.array(fc.integer({ min: 1, max: 99 }), { minLength: 2, maxLength: 20 }), (times) => {
        const observed = times.map((atS) => ({ atS: Math.min(atS, 60), event: atS <= 60 }));
        expect(restrictedMean(observed, 60).mean).to.be.closeTo(simple.mean(times.map((t) => Math.min(t, 60))), 1e-9);
        for (const step of kaplanMeier(observed)) expect(step.survival).to.be.within(0, 1);
      }),
      { numRuns: 50 },
    ));

  it("RMST difference: the paired mean, non-recoveries at the cap", () => {
    const { value, lo, hi } = pairedRmstDifference([30, 30, 500, 30], [45, 45, 45, 45], 120);
    expect(value).to.equal((3 * 30 + 120) / 4 - 45);
    expect(lo).to.be.below(value);
    expect(hi).to.be.above(value);
  });

  it("log-rank within blocks: as the sign-flip test when nobody is censored and one always wins", () => {
    const a = Array.from({ length: 8 }, (_, i) => ({ atS: 10 + i, event: true }));
    const b = Array.from({ length: 8 }, (_, i) => ({ atS: 30 + i, event: true }));
    expect(pairedLogRankP(a, b)).to.equal(2 / 2 ** 8);
    expect(pairedLogRankP(a, a)).to.equal(1);
  });

  it("median: an interval of order statistics, none below six", () => {
    expect(medianWithInterval([5, 1, 3, 2, 4])).to.deep.equal({ value: 3, lo: Number.NEGATIVE_INFINITY, hi: Number.POSITIVE_INFINITY });
    expect(medianWithInterval(Array.from({ length: 12 }, (_, i) => i + 1))).to.deep.equal({ value: 6.5, lo: 3, hi: 10 });
  });

  it("trend: exact for a rise of five, and none where all are equal", () => {
    expect(trend([1, 2, 3, 4, 5]).p).to.be.closeTo(2 / 120, 1e-12);
    expect(trend([1, 2, 3, 4, 5])).to.include({ tau: 1, slope: 1 });
    expect(trend([2, 2, 2, 2])).to.include({ tau: 0, p: 1, slope: 0 });
    expect(trend([1, 2, 2, 3, 4, 5, 6, 7, 8, 9]).p).to.be.below(0.001);
  });

  it("pairing gain: much where blocks share their weather, nothing where they do not", () => {
    const weather = Array.from({ length: 12 }, (_, i) => Math.sin(i * 5));
    const noise = (k: number) => weather.map((_, i) => 0.1 * Math.sin(i * k + k));
    const shared = pairingGain(
      weather.map((w, i) => w + noise(3)[i]!),
      weather.map((w, i) => w + noise(7)[i]!),
    );
    expect(shared.r).to.be.above(0.9);
    expect(shared.variance).to.be.above(10);
    expect(shared.lo).to.be.below(shared.r);
    expect(
      pairingGain(
        weather,
        weather.map((w) => -w),
      ).variance,
    ).to.be.closeTo(0.5, 1e-9);
  });

  it("false alarms: none among equals, all among opposites, none without enough blocks", () => {
    expect(falseAlarms(new Array(20).fill(0), 10, 0.05).falseAlarms).to.equal(0);
    expect(falseAlarms(new Array(20).fill(1), 10, 0.05)).to.deep.equal({ of: 10, n: 1000, falseAlarms: 1000 });
    expect(falseAlarms([1, 1], 6, 0.05).n).to.equal(0);
  });

  it("nothing sorts its caller's array", () => {
    const kept = [3, 1, 2, 9, 7, 8];
    for (const method of [median, ranks, signFlipP, hodgesLehmann, medianWithInterval, trend]) method(kept);
    mannWhitney(
      kept,
      kept.map((k) => k + 0.5),
    );
    confidenceSequence(kept, 0.05);
    expect(kept).to.deep.equal([3, 1, 2, 9, 7, 8]);
  });
});

describe("statistics, against jstat and simple-statistics", () => {
  it("distributions", () => {
    // jstat itself is 2e-8 off at the middle of both.
    for (const z of [-3.2, -1, 0, 0.4, 1.96, 4]) expect(normalCdf(z)).to.be.closeTo(jstat.normal.cdf(z, 0, 1), 1e-7);
    for (const p of [0.001, 0.025, 0.5, 0.9, 0.9995]) expect(normalQuantile(p)).to.be.closeTo(jstat.normal.inv(p, 0, 1), 1e-6);
    for (const df of [1, 2, 11, 40]) {
      for (const t of [-2.2, 0, 0.7, 3]) expect(studentCdf(t, df)).to.be.closeTo(jstat.studentt.cdf(t, df), 1e-7);
      expect(studentQuantile(0.975, df)).to.be.closeTo(jstat.studentt.inv(0.975, df), 1e-6);
      for (const x of [0.1, 1, 5, 30]) expect(chiSquaredUpper(x, df)).to.be.closeTo(1 - jstat.chisquare.cdf(x, df), 1e-8);
    }
    for (const [a, b] of [
      [0.5, 3],
      [2, 2],
      [28, 3],
    ] as const) {
      expect(betaCdf(0.3, a, b)).to.be.closeTo(jstat.beta.cdf(0.3, a, b), 1e-8);
      expect(betaQuantile(0.025, a, b)).to.be.closeTo(jstat.beta.inv(0.025, a, b), 1e-6);
    }
    for (const x of [0.3, 1, 7.5, 120]) expect(logGamma(x)).to.be.closeTo(jstat.gammaln(x), 1e-8);
  });

  it("Student's interval, correlation and quantiles", () => {
    const sample = [3.1, 4.7, 2.2, 8.8, 5.9, 4.1, 7.3];
    const { lo, hi } = meanWithInterval(sample);
    const [jlo, jhi] = jstat.tci(simple.mean(sample), 0.05, sample);
    expect(lo).to.be.closeTo(jlo!, 1e-6);
    expect(hi).to.be.closeTo(jhi!, 1e-6);
    const other = [1, 3, 2, 9, 4, 4, 8];
    expect(pairingGain(sample, other).r).to.be.closeTo(simple.sampleCorrelation(sample, other), 1e-12);
    expect(quantile(sample, 0.25)).to.be.closeTo(jstat.percentile(sample, 0.25), 1e-12);
  });

  it("Mann-Whitney's statistic is the rank sum less its least", () => {
    const [x, y] = [
      [0.8, 0.83, 1.89, 1.04, 1.45],
      [1.15, 0.88, 0.9, 0.74, 1.21],
    ];
    expect(mannWhitney(x!, y!).w).to.equal(simple.wilcoxonRankSum(x!, y!) - 15);
  });
});
