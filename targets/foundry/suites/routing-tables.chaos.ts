/** The example of a chaos suite: one foundation, one fault, four facts. */
import { expect } from "chai";
import routerFlush from "../../../faults/router-flush.js";
import { foundation } from "../../../harness/mocha.js";

describe("losing one routing table of two", function () {
  this.timeout(120_000);
  const org = foundation("org"); // up before the first test, reaped after the last, whatever happens
  // seed: router pool <- one routing table of two is emptied
  it("costs about half of the requests while it lasts: an empty router still answers", async () => {
    const run = await org.hurt(routerFlush, { of: "router", pick: 1 }, 6);
    expect(run.result, run.dir).to.equal("pass"); // steady before, seen to bite, healed, steady after
    expect(run.lost("data", "outside").loS).to.be.above(1.8);
    expect(run.lost("data", "outside").hiS).to.be.below(5); // half of 6 s, and of the second until the table is full again; all of it would be over 6
    expect(run.lost("data", "inside").hiS).to.equal(0);
    expect(run.missingWrites).to.deep.equal([]);
  });
});
