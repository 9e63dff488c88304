/** Suites of mocha within a test of mocha: each is run for itself, and reports to nobody. */
import { expect } from "chai";
import Mocha from "mocha";
import { hasFailed } from "./failed.js";

/** Runs what `fill` puts into a suite; says whether it is seen as failed when it is over. */
function told(fill: (suite: Mocha.Suite) => void, grep?: string): Promise<boolean> {
  const mocha = new Mocha({ reporter: class {} as unknown as typeof Mocha.reporters.Base, ...(grep ? { grep } : {}) });
  const suite = Mocha.Suite.create(mocha.suite, "outer");
  fill(suite);
  return new Promise((resolve) =>
    mocha.run(() => {
      resolve(hasFailed(suite));
      mocha.dispose();
    }),
  );
}
const good = () => new Mocha.Test("good", () => {});
const bad = (title = "bad") =>
  new Mocha.Test(title, () => {
    throw new Error("bad");
  });
const inner = (suite: Mocha.Suite) => Mocha.Suite.create(suite, "inner");
const throws = () => {
  throw new Error("a hook's");
};

describe("a suite that has failed", () => {
  it("is one with a bad test, also in a describe within it", async () => {
    expect(await told((suite) => void suite.addTest(bad()))).to.equal(true);
    expect(await told((suite) => void inner(inner(suite.addTest(good()))).addTest(bad()))).to.equal(true);
  });
  for (const hook of ["beforeAll", "beforeEach", "afterEach", "afterAll"] as const)
    it(`is one whose ${hook} hook failed, also in a describe within it`, async () => {
      expect(await told((suite) => void suite.addTest(good())[hook](throws))).to.equal(true);
      expect(await told((suite) => void inner(suite).addTest(good())[hook](throws))).to.equal(true);
    });
  it("is not one whose tests passed, were skipped, or not asked for", async () => {
    expect(await told((suite) => void inner(suite.addTest(good())).addTest(good()))).to.equal(false);
    expect(await told((suite) => void suite.addTest(new Mocha.Test("later")))).to.equal(false);
    expect(await told((suite) => void suite.addTest(good()).addTest(bad("other")), "good")).to.equal(false);
  });
});
