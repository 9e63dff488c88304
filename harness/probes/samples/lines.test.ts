import { expect } from "chai";
import fc from "fast-check";
import { Lines } from "./lines.js";

describe("lines as bytes", () => {
  it("are what the same would be as strings, whatever the numbers and texts", () => {
    const part = fc.oneof(
      fc.maxSafeInteger(),
      fc.integer({ min: -20, max: 2_000 }),
      fc.double({ noNaN: true, noDefaultInfinity: true }),
      fc.string({ unit: "binary" }),
    );
    fc.assert(
      fc.property(fc.array(part, { maxLength: 50 }), (parts) => {
        const lines = new Lines();
        for (const one of parts) (typeof one === "number" ? lines.number(one) : lines.text(one)).byte(10);
        const wanted = Buffer.from(parts.map((one) => `${Object.is(one, -0) ? 0 : one}\n`).join(""));
        expect(lines.take().equals(wanted)).to.equal(true);
      }),
    );
  });
  it("grow, and what was taken is not written over", () => {
    const lines = new Lines();
    for (let i = 0; i < 30_000; i++) lines.number(i).byte(44);
    const taken = lines.take();
    expect(lines.empty).to.equal(true);
    for (let i = 0; i < 30_000; i++) lines.number(7).byte(44);
    expect(taken.toString()).to.equal(Array.from({ length: 30_000 }, (_, i) => `${i},`).join(""));
  });
});
