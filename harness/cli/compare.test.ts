/** What `flounder compare` refuses, before anything is started: one clear error, and nothing half-done. */
import { spawnSync } from "node:child_process";
import { existsSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { openFolder } from "../compare/folder.js";
import { design } from "../compare/testing/comparison.js";
import { root } from "../paths.js";

describe("flounder compare refuses", function () {
  this.timeout(60_000);
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-compare-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  const two = ["day-2", "--playbooks", "all-at-once,ordered"];
  function refused(words: readonly string[], says: RegExp, exit = 64): void {
    const got = spawnSync(process.execPath, [join(root, "bin", "flounder.mjs"), "compare", ...words], {
      cwd: dir,
      encoding: "utf8",
      env: { ...process.env, NO_COLOR: "1", XDG_STATE_HOME: join(dir, "state") },
    });
    expect(got.stderr).to.match(says).and.not.contain("    at ");
    expect(got.status, got.stderr).to.equal(exit);
    for (const left of ["results", "state"]) expect(existsSync(join(dir, left)), left).to.equal(false);
  }

  it("one playbook, unknown names, and no scenario", () => {
    refused(["day-2", "--playbooks", "ordered"], /^flounder: a comparison needs at least two playbooks, and was given 1\n {2}→ name several/);
    refused(["day-2", "--playbooks", "ordered,hope"], /^flounder: playbook "hope" is unknown; there are all-at-once, /);
    refused(["day-3", "--playbooks", "ordered,none"], /^flounder: scenario "day-3" is unknown/);
  });
  it("what could decide nothing", () => {
    refused([...two, "--blocks", "5"], /^flounder: 5 blocks can decide nothing at alpha 0\.05 with 1 pair: at least 6 are needed\n {2}→ --blocks 6/);
    refused([...two, "--matters", "0.9x"], /^flounder: --matters 0\.9x: expected a ratio above 1x\n/);
    refused([...two, "--cap", "5"], /^flounder: --cap 5: scenario day-2 needs more than 5 s to do its harm\n/);
  });
  it("the folder of another design, one that is no comparison's, and results that cannot be written", () => {
    openFolder(join(dir, "other"), design(), {
      scenario: "made-up",
      playbooks: [],
      matters: 1.25,
      alpha: 0.05,
      seed: 7,
      engine: "local",
      operator: "usual",
    }).close();
    refused(
      [...two, "--resume", join(dir, "other")],
      /^flounder: .*other has another design \([0-9a-f]{16}, this one is [0-9a-f]{16}\): .*\n {2}→ go on with that one/,
    );
    refused(["--resume", dir], /^flounder: .* is not the folder of a comparison: /);
    writeFileSync(join(dir, "file"), "");
    refused([...two, "--results", join(dir, "file", "below")], /^flounder: results folder .*below cannot be written/, 2);
  });
});
