import { expect } from "chai";
import { z } from "zod";
import { shaped } from "./shape.js";

const schema = z.discriminatedUnion("kind", [
  z.object({ kind: z.literal("phase"), phase: z.string() }),
  z.object({ kind: z.literal("act"), act: z.string(), atS: z.number() }),
]);

describe("a shape", () => {
  it("names the field that is wrong in the shape that fits best", () => {
    expect(() => shaped(schema, { kind: "act", act: "cut", atS: "1" })).to.throw(/^atS: /);
  });

  it("names the field that tells shapes apart, where that is wrong", () => {
    for (const kind of [1e308, "other", null, undefined]) expect(() => shaped(schema, { kind })).to.throw(/^kind: /);
    expect(() => shaped(schema, "nothing")).to.throw(/^the whole: /);
  });

  it("keeps fields that it does not know", () => {
    expect(shaped(schema, { kind: "phase", phase: "boot", more: 1 })).to.deep.equal({ kind: "phase", phase: "boot", more: 1 });
  });
});
