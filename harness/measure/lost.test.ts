import { expect } from "chai";
import fc from "fast-check";
import type { Bounds, Outcome, PlannedProbe, Sample } from "../core.js";
import { lostOf, lostSeconds } from "./lost.js";

const periodMs = 50;
const T = periodMs * 1000;
const probe: PlannedProbe = { probe: "app", plane: "data", from: "outside", target: "app-1", periodMs, deadlineMs: 1000, phaseMs: 0 };
const sample = (i: number, outcome: Outcome, shiftUs = 0): Sample => {
  const dueUs = i * T + shiftUs;
  return { probe: "app", from: "outside", target: "app-1", seq: i, dueUs, sentUs: dueUs, endUs: dueUs + 900, outcome };
};
const all = (outcomes: readonly Outcome[], shiftUs = 0) => outcomes.map((outcome, i) => sample(i, outcome, shiftUs));
const whole = (outcomes: readonly Outcome[]) => ({ fromUs: 0, toUs: outcomes.length * T });
const lost = (outcomes: readonly Outcome[]): Bounds => lostOf(probe, all(outcomes), whole(outcomes));
const letters: Record<string, Outcome> = { ".": "ok", x: "refused", "?": "observer", "-": "not-attempted" };
const of = (picture: string): Bounds => lost([...picture].map((letter) => letters[letter]!));
const close = (bounds: Bounds, lo: number, hi: number) => {
  expect(bounds.lo).to.be.closeTo(lo, 1e-9);
  expect(bounds.hi).to.be.closeTo(hi, 1e-9);
};

describe("lost seconds", () => {
  it("are period × bad samples, one period more or less for the two edges", () => close(of("....xxxxxx...."), 0.25, 0.35));
  it("of one bad sample are anything up to two periods", () => close(of("...x..."), 0, 0.1));
  it("leave out the observer's slots between good samples, and widen by them beside bad ones", () => {
    close(of("...???..."), 0, 0);
    close(of("..xxx???..."), 0.1, 0.35);
    close(of("..xx??xx.."), 0.15, 0.35);
  });
  it("leave out what was not attempted", () => close(of("..xx----xx.."), 0.15, 0.25));
  it("of every other answer failing are half of the time, with bounds of 99 % and not of the worst case", () => {
    const { lo, hi } = of(`.....${"x.".repeat(60)}.....`);
    expect((lo + hi) / 2).to.be.closeTo(3, 0.01);
    expect(lo).to.be.within(1.8, 2.2);
    expect(hi).to.be.within(3.8, 4.2);
  });
  it("cover a random half outage 99 times of 100", () => {
    let state = 12345;
    const random = () => {
      state = (Math.imul(state, 1103515245) + 12345) >>> 0;
      return state / 2 ** 32;
    };
    let covered = 0;
    for (let trial = 0; trial < 500; trial++) {
      const { lo, hi } = lost(Array.from({ length: 160 }, (_, i) => (i >= 20 && i < 140 && random() < 0.5 ? "http-5xx" : "ok")));
      if (lo <= 3 && 3 <= hi) covered++;
    }
    expect(covered).to.be.at.least(485);
  });
  it("of a plane are the mean over its probes", () => {
    const other: PlannedProbe = { ...probe, target: "app-2" };
    const samples = [...all(["ok", "ok", "ok", "ok"]), ...all(["ok", "refused", "refused", "ok"]).map((one) => ({ ...one, target: "app-2" }))];
    const { data, control } = lostSeconds([probe, other], samples, { fromUs: 0, toUs: 4 * T });
    close(data.outside, 0.025, 0.075);
    close(control.inside, 0, 0);
  });

  describe("laws", () => {
    const outcome = fc.constantFrom<Outcome>("ok", "ok", "refused", "timeout", "unknown", "observer", "not-attempted");
    const outcomes = fc.array(outcome, { minLength: 1, maxLength: 80 });
    const window = fc.tuple(fc.integer({ min: -200_000, max: 4_000_000 }), fc.integer({ min: 0, max: 4_000_000 }));
    const slack = 1e-9;

    it("0 ≤ lo ≤ hi ≤ window", () =>
      fc.assert(
        fc.property(outcomes, window, (list, [fromUs, lengthUs]) => {
          const { lo, hi } = lostOf(probe, all(list), { fromUs, toUs: fromUs + lengthUs });
          expect(0 <= lo && lo <= hi && hi <= lengthUs / 1e6 + slack).to.equal(true);
        }),
      ));
    it("all ok loses nothing", () =>
      fc.assert(
        fc.property(fc.array(fc.constantFrom<Outcome>("ok", "observer", "not-attempted"), { maxLength: 50 }), (list) => {
          expect(lost(list)).to.deep.equal({ lo: 0, hi: 0 });
        }),
      ));
    it("one more bad sample never lowers a bound", () =>
      fc.assert(
        fc.property(outcomes, fc.nat(), (list, at) => {
          const worse = [...list];
          if (worse[at % list.length] !== "ok") return;
          worse[at % list.length] = "reset";
          const before = lost(list);
          const after = lost(worse);
          expect(after.lo).to.be.at.least(before.lo - slack);
          expect(after.hi).to.be.at.least(before.hi - slack);
        }),
        { numRuns: 500 },
      ));
    it("two halves of a window add up to it, within their bounds", () =>
      fc.assert(
        fc.property(outcomes, fc.nat(), (list, cut) => {
          const { toUs } = whole(list);
          const atUs = cut % (toUs + 1);
          const sum = [lostOf(probe, all(list), { fromUs: 0, toUs: atUs }), lostOf(probe, all(list), { fromUs: atUs, toUs })];
          const { lo, hi } = lost(list);
          expect(sum[0]!.lo + sum[1]!.lo).to.be.at.most(lo + slack);
          expect(sum[0]!.hi + sum[1]!.hi).to.be.at.least(hi - slack);
        }),
        { numRuns: 500 },
      ));
    it("another zero changes nothing", () =>
      fc.assert(
        fc.property(outcomes, fc.integer({ min: -1e9, max: 1e9 }), (list, shiftUs) => {
          const { fromUs, toUs } = whole(list);
          const shifted = lostOf(probe, all(list, shiftUs), { fromUs: fromUs + shiftUs, toUs: toUs + shiftUs });
          close(shifted, lost(list).lo, lost(list).hi);
        }),
      ));
    it("the order in which samples were written does not matter", () =>
      fc.assert(
        fc.property(outcomes, (list) => {
          expect(lostOf(probe, all(list).reverse(), whole(list))).to.deep.equal(lost(list));
        }),
      ));
  });
});
