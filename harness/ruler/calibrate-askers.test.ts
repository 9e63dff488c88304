/** Each asker that a record has rows for finds outages of real servers, as each can see them. */
import { expect } from "chai";
import { seeded } from "../random.js";
import { askersLanes, calibrateAskers, canMakeCertificates } from "./calibrate-askers.js";

describe("calibrating the askers of runs and watches", function () {
  this.timeout(60_000);
  it("a probe of several steps, TCP, DNS, commands and HTTP/2 find every outage of servers that know them", async () => {
    const plan = { rateHz: 20, windows: 1, fromS: 0.5, toS: 0.7 };
    const { rows, samples } = await calibrateAskers(askersLanes(plan, seeded(1)), { ...plan, seed: 1 });
    expect(samples).to.be.above(500);
    expect(new Set(rows.map((row) => row.asker))).to.deep.equal(new Set(["probe", "tcp", "dns", "exec", ...(canMakeCertificates() ? ["http2"] : [])]));
    expect(rows.filter((row) => row.windows !== 1 || row.missed > 0).map(({ asker, mode }) => `${asker} ${mode}`)).to.deep.equal([]);
    expect(rows.filter((row) => Math.abs(row.biasMs) > 300).map(({ asker, mode, biasMs }) => `${asker} ${mode} ${biasMs}`)).to.deep.equal([]);
  });
  it("nobody asks with commands a hundred times a second", () => {
    expect(askersLanes({ rateHz: 100, windows: 1, fromS: 0.2, toS: 1 }, seeded(1)).map((lane) => lane.asker)).to.not.include("exec");
  });
});
