import { expect } from "chai";
import fc from "fast-check";
import { after } from "./clock.js";
import { durationMs, sayDuration } from "./durations.js";

describe("durations", () => {
  it("have units, or the usual one", () => {
    const read = ["10", "10s", "250ms", "1h30m", "30d", "0.5"].map((text) => durationMs(text, "s"));
    expect(read).to.deep.equal([10_000, 10_000, 250, 5_400_000, 2_592_000_000, 500]);
    expect(durationMs("250", "ms")).to.equal(250);
  });
  it("are nothing else", () => {
    for (const text of ["", "0", "-1", "1x", "s", "1 s", "1e3", "Infinity", "NaN", "10s5", "400d"]) expect(durationMs(text, "s"), text).to.equal(undefined);
  });
  it("never are NaN or infinite, whatever is written", () =>
    fc.assert(fc.property(fc.string(), (text) => durationMs(text, "s") === undefined || Number.isFinite(durationMs(text, "s")))));
  it("are said as short as a reader needs them", () => {
    expect([250, 1500, 90_000, 600_000, 2_592_000_000].map(sayDuration)).to.deep.equal(["250 ms", "1.5 s", "90 s", "10 min", "30 d"]);
  });
  it("longer than a timer of Node's are waited for", async () => {
    let early = false;
    const cancel = after(2 ** 31 + 1000, () => {
      early = true;
    });
    await new Promise((resolve) => setTimeout(resolve, 20));
    cancel();
    expect(early).to.equal(false);
  });
});
