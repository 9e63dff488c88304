/** The first chaos suite that `flounder init` writes for a foundry. */
import type { Starter } from "../../harness/core.js";

const text = `/** A chaos suite: a router is killed under a live platform. Run it with: npx mocha */
import { expect, use } from "chai";
import flounder from "flounder/chai";
import processKill from "flounder/faults/process-kill";
import { foundation } from "flounder/mocha";

use(flounder);

describe("the only router dies for three seconds", function () {
  this.timeout("3m");
  // Up before the first test, gone after the last, whatever happens. Results stay in results/.
  const micro = foundation("micro", { results: "results", retries: 1 });
  let run;
  before(async () => {
    // Steady before, killed, seen to be dead, started again, steady after: then judged.
    run = await micro.hurt(processKill, { of: "router", pick: "all" }, "3s");
  });

  it("costs users outside some seconds, and no app notices", () => {
    expect(run).to.have.passed;
    expect(run.plane("data", "outside")).to.have.lost.atMost("15s");
    expect(run.plane("data", "outside")).to.recover.within("15s");
    expect(run.plane("data", "inside")).to.have.lost.nothing;
    expect(run).to.have.kept.every.write;
  });

  it("RED ON PURPOSE, delete it when you have read its message: nobody outside notices", () => {
    expect(run.plane("data", "outside")).to.have.lost.nothing;
  });
});
`;

const starter: Starter = { file: "router.chaos.mjs", text };
export default starter;
