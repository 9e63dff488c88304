/** The two days on a small foundation, by several seeds, and what is left of them when their cause is taken out. */
import { expect } from "chai";
import noop from "../../../faults/noop.js";
import { act, foundation } from "../../../harness/mocha.js";
import asItWas from "../playbooks/as-it-was.js";
import none from "../playbooks/none.js";
import day1 from "../scenarios/day-1.js";
import day2 from "../scenarios/day-2.js";

/** npm run soak -- --seeds N */
const seeds = Array.from({ length: Number(process.env.FLOUNDER_SEEDS ?? 3) }, (_, i) => i + 1);
const lasting = 6;

describe("the days of April 2011", function () {
  this.timeout(150_000);
  // As april-2011: at the usual factor a LUN would move by itself while the operator still thinks, and the next seed would find it moved.
  const org = foundation("org", { timeFactor: 10 });
  const restarts = async () => (await org.client().facts()).components.reduce((sum, one) => sum + one.restarts, 0);

  for (const seed of seeds)
    it(`day-1 ends in read-only, and is ended by the playbook (seed ${seed})`, async () => {
      const run = await org.run("day-1", day1.acts, day1.must, { playbook: asItWas, seed });
      expect(run.result, run.dir).to.equal("pass");
      const clock = run.verdict.recovery[0]!;
      expect(clock.steps.map(({ state }) => state)).to.deep.equal(clock.steps.map(() => "done"));
      expect(clock.censored).to.equal(false);
      const took = (does: string) => clock.steps.filter((step) => step.does === does).reduce((sum, step) => sum + step.machineS, 0);
      expect(took("verify"), "verification, not repair, takes the time").to.be.above(took("restore"));
      expect(run.lost("data", "outside").hiS).to.be.at.most(1);
      expect(run.missingWrites).to.deep.equal([]);
    });

  for (const seed of seeds)
    it(`day-2 has every app up inside and down outside (seed ${seed})`, async () => {
      const run = await org.run("day-2", day2.acts, day2.must, { playbook: asItWas, seed });
      expect(run.result, run.dir).to.equal("pass");
      const cells = run.verdict.matrix.filter(({ outside, inside }) => outside.data === "down" && inside.data === "up");
      expect(
        cells.reduce((sum, { seconds }) => sum + seconds, 0),
        "what nobody measured in 2011",
      ).to.be.above(4);
    });

  it("with its cause taken out nothing of day one happens: no outage, no restart, and the run fails", async () => {
    const before = await restarts();
    const [cause] = day1.acts;
    const run = await org.run("day-1-without", [act(noop, cause!.on, { id: cause!.id, forS: lasting, endedBy: "playbook" })], day1.must, { playbook: asItWas });
    expect(run.result, run.dir).to.equal("fail");
    for (const plane of ["control", "data"] as const)
      for (const from of ["outside", "inside"] as const) expect(run.lost(plane, from).hiS, `${plane} ${from}`).to.equal(0);
    expect(run.verdict.observerFaults).to.equal(0);
    expect(run.verdict.recovery[0]!.steps, "nobody had anything to do").to.deep.equal([]);
    expect(await restarts()).to.equal(before);
  });

  // seed: playbook and paper-only work <- nobody plays a playbook on day two
  it("with nobody to end it the rail does, and the trial is censored", async () => {
    const run = await org.run(
      "day-2-alone",
      day2.acts.slice(0, 1).map((one) => ({ ...one, forS: lasting })),
      [],
      { playbook: none },
    );
    expect(run.result, run.dir).to.equal("inconclusive");
    expect(run.verdict.recovery[0]).to.include({ censored: true, humanS: 0, machineS: 0 });
    expect(run.lost("data", "outside").loS).to.be.above(lasting - 1);
  });
});
