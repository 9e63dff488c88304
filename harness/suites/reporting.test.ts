import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DOMParser } from "linkedom";
import { dist, root } from "../paths.js";
import { suiteCtrf } from "./ctrf.js";
import { annotations, stepSummary } from "./github.js";
import { InconclusiveRun } from "./inconclusive.js";
import { suiteJunit } from "./junit.js";
import type { LoggedRun } from "./run-log.js";
import { repros, type SuiteReport, type TestReport, type TestStatus, troubleOf } from "./suite-report.js";

const run: LoggedRun = {
  ...{ test: "routers › dies", result: "fail", name: "process-kill", seed: 7, planDigest: "abc123", engine: "local", profile: "micro", timeFactor: 20 },
  ...{ report: "/r/1/report.html", repro: "flounder run ./r/1/plan.json" },
};
const failed = troubleOf(new Error('lost 3 s; expected "at most" 1 s\u001b[31m\n\nlanes …'));
const open = troubleOf(new InconclusiveRun("router-1 was never seen to be hit", "/r/1"));
const test = (status: TestStatus, more: Partial<TestReport> = {}): TestReport => ({
  ...{ suite: ["routers"], title: `a test that is ${status}`, file: "chaos/routers.chaos.mjs", durationMs: 1500, status, attempts: [], runs: [] },
  ...more,
});
const report: SuiteReport = {
  ...{ flounder: "0.1.0", fromMs: Date.UTC(2026, 3, 25), toMs: Date.UTC(2026, 3, 25, 0, 1) },
  tests: [
    test("pass", { runs: [{ ...run, result: "pass" }] }),
    test("fail", { trouble: failed, runs: [run] }),
    test("inconclusive", { trouble: open, runs: [{ ...run, result: "inconclusive" }] }),
    test("flaky", { attempts: [failed], runs: [run, { ...run, result: "pass", report: "/r/2/report.html" }] }),
    test("skipped"),
    test("not-run", { trouble: { kind: "fail", message: "not run: its hook failed", detail: "" } }),
  ],
};

describe("reports of suites", () => {
  it("junit.xml: what failed is a failure, what proved nothing an error, and a flaky test hides from nobody", () => {
    const text = suiteJunit(report);
    const document = new DOMParser().parseFromString(text, "text/xml");
    const suite = document.querySelector("testsuite")!;
    expect(["tests", "failures", "errors", "skipped"].map((name) => suite.getAttribute(name))).to.deep.equal(["6", "2", "1", "2"]);
    const of = (status: TestStatus) => [...document.querySelectorAll("testcase")].find((one) => one.getAttribute("name")?.endsWith(`is ${status}`))!;
    expect(of("pass").querySelector("failure, error, skipped")).to.equal(null);
    expect(of("fail").querySelector("failure")!.getAttribute("message")).to.contain('expected "at most" 1 s');
    expect(of("inconclusive").querySelector("error")!.getAttribute("type")).to.equal("inconclusive");
    expect(of("inconclusive").querySelector("failure")).to.equal(null);
    expect(of("flaky").querySelector("failure")!.getAttribute("type")).to.equal("flaky");
    expect(of("flaky").querySelector("flakyFailure")!.textContent).to.contain("lanes");
    const properties = [...of("fail").querySelectorAll("property")].map((one) => `${one.getAttribute("name")}=${one.getAttribute("value")}`);
    expect(properties).to.include.members(["seed=7", "plan=abc123", "engine=local", "timeFactor=20"]);
    expect(of("flaky").querySelector("system-out")!.textContent).to.equal("[[ATTACHMENT|/r/1/report.html]]\n[[ATTACHMENT|/r/2/report.html]]");
    // biome-ignore lint/suspicious/noControlCharactersInRegex: XML forbids them
    expect(text).to.not.match(/[\u0000-\u0008\u000b\u000c\u000e-\u001f]/);
  });

  it("CTRF: every test once, with a status that the format has", () => {
    const document = JSON.parse(suiteCtrf(report));
    expect(document).to.include({ reportFormat: "CTRF" });
    const { summary, tests } = document.results;
    expect(summary).to.include({ tests: 6, passed: 1, failed: 2, other: 1, skipped: 1, pending: 1, flaky: 1 });
    expect(tests.map((one: { rawStatus: string; status: string }) => `${one.rawStatus}: ${one.status}`)).to.deep.equal([
      ...["pass: passed", "fail: failed", "inconclusive: other", "flaky: failed", "skipped: skipped", "not-run: pending"],
    ]);
    for (const one of tests) expect(one.duration).to.be.a("number").that.satisfies(Number.isInteger);
  });

  it("a step summary stays below what GitHub shows, however long the messages are", () => {
    const long = { ...failed, detail: `\`\`\`${"x".repeat(40_000)}` };
    const text = stepSummary({ ...report, tests: Array.from({ length: 30 }, () => test("fail", { trouble: long })) });
    expect(Buffer.byteLength(text)).to.be.below(64 * 1024);
    expect(text).to.contain("0 of 30 passed").and.to.contain("````text").and.to.contain("More does not fit");
    expect(stepSummary(report)).to.contain("- ❔ routers › a test that is inconclusive (inconclusive, 1.5 s)").and.to.contain(`Repro: ${run.repro}`);
  });

  it("annotations: an error for what failed, warnings for what proved nothing or is flaky; no text ends a command early", () => {
    const lines = annotations({ ...report, tests: [...report.tests, test("fail", { title: "a,b: c", trouble: { ...failed, message: "50%\nmore" } })] });
    expect(lines.map((line) => line.split(" ")[0])).to.deep.equal(["::error", "::warning", "::warning", "::error"]);
    expect(lines.at(-1)).to.equal("::error file=chaos/routers.chaos.mjs,title=fail%3A a%2Cb%3A c::50%25%0Amore");
  });

  it("says how to do again what is not green, once", () => {
    expect(repros(report)).to.deep.equal([`Repro: ${run.repro}`]);
  });

  it("mocha ends with 1 when a test is flaky, unless that is to pass; tests that were not run are named", () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-reporter-"));
    try {
      const file = join(dir, "flaky.chaos.mjs");
      writeFileSync(
        file,
        `let tries = 0;
describe("a suite", () => {
  it("is flaky", function () { this.retries(1); if (tries++ === 0) throw new Error("the first time"); });
  it("is left out");
});`,
      );
      const mocha = (...words: string[]) =>
        spawnSync(
          process.execPath,
          [join(root, "node_modules/mocha/bin/mocha.js"), "--no-config", "--reporter", join(dist, "harness/suites/reporter.js"), ...words],
          { cwd: dir, encoding: "utf8", env: { ...process.env, GITHUB_STEP_SUMMARY: join(dir, "summary.md") } },
        );
      const first = mocha(file);
      expect(first.status, first.stdout + first.stderr).to.equal(1);
      expect(first.stdout).to.contain("1 flaky: failed, and passed when tried again; counted as failed");
      expect(readFileSync(join(dir, "results", "junit.xml"), "utf8")).to.contain('<flakyFailure type="fail" message="the first time">');
      expect(readFileSync(join(dir, "summary.md"), "utf8")).to.contain("0 of 2 passed");
      expect(mocha("--reporter-option", "flakyResult=pass", file).status).to.equal(0);
      // A folder where the report should be, and one where the summary should: the tests run, and what lacks its report has not passed.
      writeFileSync(file, `it("is well", () => {});`);
      mkdirSync(join(dir, "taken.xml"));
      rmSync(join(dir, "summary.md"));
      mkdirSync(join(dir, "summary.md"));
      const lacking = mocha("--reporter-option", "junit=taken.xml", file);
      expect(lacking.status, lacking.stdout + lacking.stderr).to.equal(1);
      expect(lacking.stdout)
        .to.contain("1 passing")
        .and.to.match(/taken\.xml could not be written, which counts as failed: E/);
      expect(lacking.stdout).to.contain("the job's summary could not be written (GITHUB_STEP_SUMMARY): EISDIR");
      expect(lacking.stderr).to.equal("");
      writeFileSync(file, `before(() => { throw new Error("no ground"); }); it("has no ground", () => {});`);
      expect(mocha("--reporter-option", "junit=j.xml,ctrf=", file).status).to.equal(1);
      expect(readFileSync(join(dir, "j.xml"), "utf8")).to.match(/name="has no ground"[^>]*>\s*<skipped message="not run/);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }).timeout(20_000);
});
