/**
 * The default scenario holds on a live foundation, and it can fail: with its causes taken out nothing may pass,
 * and whoever measures at the front door with other means must find the same.
 */
import { expect } from "chai";
import noop from "../../../faults/noop.js";
import routerFlush from "../../../faults/router-flush.js";
import { act, foundation } from "../../../harness/mocha.js";
import { entrancesOf } from "../front-door.js";
import fourCuts from "../scenarios/four-cuts.js";
import { startLoop } from "./front-door-loop.js";

describe("four cuts", function () {
  this.timeout(240_000);
  const org = foundation("org");

  // seeds: DEA node, message bus, router pool, LUN, the three forms (micro, org, com) <- on org: a LUN is cut from all Cloud Controllers, a DEA node dies, the bus is severed, all routing tables are held empty
  it("passes as it is", async () => {
    const run = await org.run("four-cuts", fourCuts.acts, fourCuts.must);
    expect(run.result, run.dir).to.equal("pass");
    expect(run.verdict.receipts.bit).to.equal(run.verdict.receipts.of);
    expect(run.verdict.receipts.healed).to.equal(run.verdict.receipts.of);
  });

  it("fails in every act whose cause is replaced by noop, with receipts and full samples", async () => {
    const acts = fourCuts.acts.map((one) => act(noop, one.on, { id: one.id, forS: 2, ...(one.after ? { after: one.after } : {}) }));
    const run = await org.run("four-noops", acts, fourCuts.must);
    expect(run.result, run.dir).to.equal("fail");
    for (const { id } of fourCuts.acts) {
      const failed = run.verdict.findings.filter((one) => one.result === "fail" && one.says.includes(`during ${id}`));
      expect(failed, `a floor of ${id} is missed`).not.to.deep.equal([]);
    }
    for (const plane of ["control", "data"] as const)
      for (const from of ["outside", "inside"] as const) expect(run.lost(plane, from).hiS, `${plane} ${from}`).to.equal(0);
  });

  it("agrees with a plain HTTP loop at the front door within two periods", async () => {
    const periodMs = 50;
    const facts = await org.client().facts();
    const loop = startLoop({ url: entrancesOf(facts).router, host: `app-1.${facts.domain}`, periodMs });
    try {
      const run = await org.hurt(routerFlush, { of: "router", pick: "all" }, 4, { hold: true });
      expect(run.result, run.dir).to.equal("pass");
      const ours = run.verdict.lostS.data.outside;
      const theirsS = loop.lostS();
      expect(theirsS, `loop ${theirsS} s, prober ${ours.lo}–${ours.hi} s`).to.be.within(ours.lo - (2 * periodMs) / 1000, ours.hi + (2 * periodMs) / 1000);
      expect(theirsS).to.be.above(3);
    } finally {
      await loop.end();
    }
  });
});
