/** docs/seeds.md says what the tests break: it is as its generator writes it, and no seed is without a test. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { root } from "../paths.js";

interface Tag {
  readonly seed: string;
  readonly breaks: string;
  readonly title: string;
  readonly file: string;
}
const { required, seeds, tagsOf, markdown, page } = (await import(pathToFileURL(join(root, "scripts", "seeds.mjs")).href)) as {
  readonly required: readonly string[];
  readonly page: string;
  seeds(): readonly { readonly seed: string; readonly tests: readonly Tag[] }[];
  tagsOf(source: string, name: string): readonly Tag[];
  markdown(): string;
};

describe("docs/seeds.md", () => {
  it("names a test for every seed", () => {
    expect(required).to.have.length(23);
    expect(seeds().flatMap(({ seed, tests }) => (tests.length === 0 ? [seed] : []))).to.deep.equal([]);
  });

  it("is as its generator writes it", () => {
    expect(readFileSync(page, "utf8"), "node scripts/seeds.mjs").to.equal(markdown());
  });

  it("takes no tag that says nothing, of nothing, or above nothing", () => {
    const [mark, test] = ["// seed", 'it("falls", () => {});'];
    expect(tagsOf(`${mark}s: DEA, the three forms (micro, org, com) <- a push\n  it(\`falls \${n} times\`, () => {});`, "x")).to.deep.equal([
      { seed: "DEA", breaks: "a push", title: "falls … times", file: "x" },
      { seed: "the three forms (micro, org, com)", breaks: "a push", title: "falls … times", file: "x" },
    ]);
    expect(() => tagsOf(`${mark}: DEA\n${test}`, "x")).to.throw('x:1: expected "// seed: NAME <- what breaks it"');
    expect(() => tagsOf(`${mark}: DAE <- a push\n${test}`, "x")).to.throw('there is no seed "DAE"');
    expect(() => tagsOf(`${mark}: DEA <- a push\n\n${test}`, "x")).to.throw("the line below must be it(");
  });
});
