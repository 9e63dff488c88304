import { expect } from "chai";
import { say, simulate } from "./all.js";

/** The short form of `npm run simulate`: bounds are as much wider as fewer tries leave open (4 standard errors). */
describe("simulated comparisons with known truth", function () {
  this.timeout(30_000);
  it("find no more than they may where there is nothing, and their intervals hold the truth", () => {
    for (const one of simulate({ comparisons: 300, intervals: 2500, seed: 1 })) {
      const tries = "path" in one ? one.comparisons : one.tries;
      const slack = (share: number) => 4 * Math.sqrt((Math.max(share, 0.02) * (1 - Math.min(share, 0.98))) / tries);
      const [lo, hi] = one.wanted;
      expect(one.share, say(one)).to.be.within(lo - slack(lo), hi + slack(hi));
    }
  });
});
