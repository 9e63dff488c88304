/** Whose outage is whose, when what was reported is held against the truth. */
import { expect } from "chai";
import { isCovered, matches, type TrueOutage } from "./against-truth.js";
import type { Outage } from "./outages.js";

const truth = (fromUs: number, toUs: number): TrueOutage => ({ mode: "brown-out", startUs: { lo: fromUs, hi: fromUs }, endUs: { lo: toUs, hi: toUs } });
const reported = (startUs: Outage["startUs"], endUs: Outage["endUs"]): Outage => ({
  startUs,
  endUs,
  lostS: { lo: 0, hi: 1 },
  cause: "http-5xx",
  badShare: 0.5,
  samples: 9,
  knownUs: endUs.lo,
  open: { start: false, end: false },
});

describe("reported outages against the truth", () => {
  const truths = [truth(1000, 2000), truth(4000, 5000)];
  const first = reported({ lo: 0, hi: 1100 }, { lo: 1900, hi: 3900 });
  const second = reported({ lo: 1950, hi: 4100 }, { lo: 4900, hi: 6000 });

  it("a neighbour whose bounds reach into an outage is not taken for a part of it", () => {
    const { matched, falseAlarms } = matches(truths, [first, second]);
    expect(matched.map(({ found }) => found)).to.deep.equal([[first], [second]]);
    expect(matched.every(isCovered)).to.equal(true);
    expect(falseAlarms).to.deep.equal([]);
  });

  it("one that was missed stays missed, though its neighbour's bounds hold it", () => {
    const { matched } = matches(truths, [second]);
    expect(matched.map(({ found }) => found)).to.deep.equal([[], [second]]);
  });

  it("one in two pieces has both, and two in one piece have the same", () => {
    const halves = [reported({ lo: 990, hi: 1010 }, { lo: 1300, hi: 1400 }), reported({ lo: 1500, hi: 1600 }, { lo: 1990, hi: 2010 })];
    expect(matches(truths, halves).matched[0]!.found).to.deep.equal(halves);
    const both = reported({ lo: 990, hi: 1010 }, { lo: 4990, hi: 5010 });
    expect(matches(truths, [both]).matched.map(({ found }) => found)).to.deep.equal([[both], [both]]);
  });

  it("what only its bounds bring near is its own as well; what touches none is a false alarm", () => {
    const beside = reported({ lo: 1990, hi: 2100 }, { lo: 2100, hi: 2200 });
    const alarm = reported({ lo: 3000, hi: 3100 }, { lo: 3200, hi: 3300 });
    const { matched, falseAlarms } = matches(truths, [beside, alarm]);
    expect(matched[0]!.found).to.deep.equal([beside]);
    expect(falseAlarms).to.deep.equal([alarm]);
  });
});
