/** The end of `npm test`: what tests leave behind fails the run, and is named. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "../paths.js";

/** mocha's global; a test file outside of the project finds no packages. */
const header = `import { spawn } from "node:child_process"; import { mkdtempSync } from "node:fs"; import { tmpdir } from "node:os"; import { join } from "node:path";
const sleeper = (how) => { const child = spawn("sleep", ["60"], { stdio: "ignore", ...how }); child.unref(); console.log("SLEEPER " + child.pid); };\n`;

describe("a test run", function () {
  this.timeout(60_000);
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-house-"));
    mkdirSync(join(dir, "dist"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  /** A run of its own whose first test does this, in a process group of its own: what runs beside it is not its. */
  const runOf = (body: string, more = "") => {
    const file = join(dir, "dist", "one.test.mjs");
    writeFileSync(file, `${header}it("is fine", () => { ${body} });\n${more}`);
    const { status, stdout } = spawnSync("setsid", ["--wait", process.execPath, join(root, "scripts", "test.mjs"), file], {
      encoding: "utf8",
      env: { ...process.env, TMPDIR: dir },
    });
    const sleepers = [...stdout.matchAll(/^SLEEPER (\d+)$/gm)].map(([, pid]) => Number(pid));
    for (const pid of sleepers) process.kill(pid, "SIGKILL");
    return { status, stdout, sleepers, left: stdout.split("\n").filter((line) => line.startsWith("LEFT BEHIND: ")), counts: stdout.trim().split("\n").at(-1) };
  };

  it("that leaves nothing passes", () => {
    expect(runOf("mkdtempSync")).to.deep.include({ status: 0, left: [], counts: "tests: 1 passed, 0 failed, 0 skipped" });
  });

  it("that leaves processes or temp folders fails, and names each", () => {
    const { status, sleepers, left, counts } = runOf(
      'mkdtempSync(join(tmpdir(), "flounder-left-")); sleeper({ env: { PATH: process.env.PATH } }); sleeper({ detached: true, env: { PATH: process.env.PATH, DATA_DIR: join(tmpdir(), "x") } });',
    );
    expect(status).to.equal(1);
    expect(counts).to.equal("tests: 1 passed, 1 failed, 0 skipped");
    const folder = left.at(-1);
    expect(left.slice(0, -1)).to.deep.equal(sleepers.sort((a, b) => a - b).map((pid) => `LEFT BEHIND: process ${pid}: sleep 60`));
    expect(sleepers).to.have.length(2);
    expect(folder).to.match(/^LEFT BEHIND: in the temp folder: .*\/flounder-left-\w+$/);
  });

  it("that is interrupted runs its hooks and no further test, and has not passed", () => {
    const { status, stdout, counts } = runOf(
      'process.kill(process.pid, "SIGINT");',
      'it("waits", (done) => setTimeout(done, 50)); it("is not begun", () => {}); after(() => console.log("TIDIED"));\n',
    );
    expect(status).to.equal(1);
    expect(stdout).to.contain("TIDIED").and.to.contain("FAILED: the run was interrupted");
    expect(stdout).to.not.contain("is not begun");
    expect(counts).to.match(/^tests: [12] passed, 1 failed, 0 skipped$/);
  });
});
