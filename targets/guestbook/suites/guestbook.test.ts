/** The guestbook as a chaos suite has it, on the local engine; what each engine does with it is in conformance/. */
import { expect } from "chai";
import processKill from "../../../faults/process-kill.js";
import { foundation } from "../../../harness/mocha.js";
import { topology } from "../topology.js";

describe("a guestbook", function () {
  this.timeout(120_000);
  const pair = foundation("pair", { target: "guestbook" });

  it("loses no reader while the store is out of reach, and no writer once an operator has opened the book", async () => {
    const run = await pair.run("closed-book");
    expect(run.result, run.dir).to.equal("pass");
    expect(run.lost("control", "outside").loS).to.be.above(3);
    expect(run.lost("data", "outside").hiS).to.be.below(0.5);
    const [clock] = run.verdict.recovery;
    expect(clock?.steps.map(({ says, state }) => `${says}: ${state}`)).to.deep.equal([
      "ask the store through every service: done",
      "open the book again: done",
    ]);
  });

  it("has another service behind the front when one dies, and every entry that was acknowledged", async () => {
    const run = await pair.hurt(processKill, { of: "entries-1", pick: "all" }, 3);
    expect(run.result, run.dir).to.equal("pass");
    expect(run.lost("data", "outside").hiS).to.be.below(0.5);
    expect(run.lost("data", "inside").loS).to.be.above(1);
    expect(run.missingWrites).to.deep.equal([]);
  });
});

describe("a guestbook's topology", () => {
  it("refuses a profile and a policy that there is not, naming those that there are", () => {
    expect(() => topology("large", 10, {})).to.throw('profile "large" is unknown; there are single, pair');
    expect(() => topology("pair", 10, { "entries.mood": "good" })).to.throw('policy "entries.mood" is unknown; there are entries.breaker');
    expect(() => topology("pair", 10, { "entries.breaker": "never" })).to.throw('policy entries.breaker is "never"; expected one of manual, auto');
  });
});
