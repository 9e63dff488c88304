/** Suites that nobody runs: what `foundation()` leaves in the temp folder then. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "./paths.js";

describe("flounder/mocha", function () {
  this.timeout(30_000);
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-suites-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  /** In a process of its own, whose temp folder is looked at afterwards. */
  function left(suite: string, ...words: string[]): { readonly status: number | null; readonly text: string; readonly left: readonly string[] } {
    const file = join(dir, "suite.mjs");
    const temp = mkdtempSync(join(dir, "temp-"));
    writeFileSync(file, `import { foundation } from ${JSON.stringify(new URL("./mocha.js", import.meta.url).href)};\n${suite}`);
    const { status, stdout, stderr } = spawnSync(process.execPath, [join(root, "node_modules", "mocha", "bin", "mocha.js"), file, ...words], {
      encoding: "utf8",
      env: { ...process.env, TMPDIR: temp },
    });
    return { status, text: stdout + stderr, left: readdirSync(temp) };
  }

  it("a describe that is skipped leaves nothing", () => {
    const got = left('describe.skip("later", () => { foundation("micro"); it("is for later", () => {}); });');
    expect(got.text).to.contain("1 pending");
    expect([got.status, got.left]).to.deep.equal([0, []]);
  });
  it("one that was not asked for leaves nothing", () => {
    const got = left('describe("not this", () => { foundation("micro"); it("x", () => {}); }); it("only that", () => {});', "--grep", "only");
    expect(got.text).to.contain("1 passing");
    expect([got.status, got.left]).to.deep.equal([0, []]);
  });
});
