/** How much the flicker of a supply differs from seed to seed: docs/compare.md says it of day-1, by these figures. */
import { expect } from "chai";
import { dips } from "./dips.js";

/** As day-1 has it: time factor 10. */
const [flickerMs, longestMs] = [16_000, 3600];

describe("dips of a supply, over 30 seeds of day-1", () => {
  const all = Array.from({ length: 30 }, (_, i) => dips(i + 1, flickerMs, longestMs));
  const darkS = all.map((each) => each.reduce((sum, { forMs }) => sum + forMs, 0) / 1000);
  const longestS = all.map((each) => Math.max(...each.map(({ forMs }) => forMs)) / 1000);
  it("are four, dark for 9.1 to 10.0 s together, the longest 3.3 to 3.6 s", () => {
    expect(all.map(({ length }) => length)).to.deep.equal(all.map(() => 4));
    expect([Math.min(...darkS), Math.max(...darkS), Math.min(...longestS), Math.max(...longestS)].map((s) => s.toFixed(1))).to.deep.equal([
      "9.1",
      "10.0",
      "3.3",
      "3.6",
    ]);
  });
  it("come at other times by every seed", () => {
    expect(new Set(all.map((each) => JSON.stringify(each))).size).to.equal(30);
  });
});
