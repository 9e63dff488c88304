import { execFileSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Verdict } from "../core.js";
import { smallEvents, smallPlan, smallSamples } from "../judge/testing/fixture.js";
import { seeded } from "../random.js";
import { writeFixture } from "../report/testing/fixture.js";
import { readResults, writeReports } from "../results/results.js";
import type { Outcome } from "../session/outcome.js";
import { againstBaseline } from "./against.js";
import { type BaselineRun, predictionLimit } from "./baseline.js";
import { baselineOf, baselineText, readBaseline } from "./baseline-file.js";
import { storedRuns } from "./stored-runs.js";

const noLoss = { lo: 0, hi: 0 };
const lost = (s: number): Verdict["lostS"] => ({
  control: { outside: noLoss, inside: noLoss },
  data: { outside: { lo: s - 0.05, hi: s + 0.05 }, inside: noLoss },
});
const before = (s: number, more: Partial<BaselineRun> = {}): BaselineRun => ({
  ...{ scenario: "small", engine: "local", profile: "micro", timeFactor: 20, machine: "m", lostS: lost(s) },
  ...more,
});

describe("a baseline", () => {
  let dir: string;
  let outcome: Outcome;
  /** The same run, with other lost seconds. */
  const losing = (s: number, result: Verdict["result"] = "pass"): Outcome => ({ ...outcome, verdict: { ...outcome.verdict, result, lostS: lost(s) } });
  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), "flounder-baseline-"));
    const events = smallEvents().map((event) => (event.kind === "zero" ? { ...event, machine: "m" } : event));
    const folder = await writeFixture(join(dir, "results"), { plan: smallPlan(), events, samples: smallSamples() });
    const verdict = await writeReports(folder);
    const about = { foundation: { id: "f", attached: false }, versions: {}, repro: "" };
    outcome = { verdict, plan: readResults(folder).plan, folder, about, invalid: [] };
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const runs = [2.9, 3, 3.1, 3.2, 3].map((s) => before(s));
  const never = () => Promise.reject(new Error("it was run again"));

  it("a run within what one more would lose is as before, and is not run again", async () => {
    expect((await againstBaseline(runs, "b", losing(3.3), never)).standing).to.equal("as-before");
    expect((await againstBaseline(runs, "b", losing(1), never)).standing).to.equal("as-before");
  });

  it("worse is what a second run confirms in the same lane", async () => {
    const { standing, says } = await againstBaseline(runs, "b", losing(5), async () => losing(5.1));
    expect(standing).to.equal("worse");
    expect(says[0]).to.match(/^app users, outside lost 5\.0 s; of 5 runs before, at most 3\.\d s was to be expected$/);
    expect((await againstBaseline(runs, "b", losing(5), async () => losing(3))).standing).to.equal("unconfirmed");
    expect((await againstBaseline(runs, "b", losing(5), async () => losing(5, "inconclusive"))).standing).to.equal("unproved");
  });

  it("of another machine, scenario or factor nothing is compared, nor where there is no baseline; that is said", async () => {
    for (const other of [{ machine: "other" }, { scenario: "other" }, { timeFactor: 10 }, { machine: null }]) {
      const { standing, says } = await againstBaseline(
        runs.map((run) => ({ ...run, ...other })),
        "b",
        losing(9),
        never,
      );
      expect(standing).to.equal("unknown");
      expect(says[0]).to.match(/^warning: 0 runs of b can be compared/);
    }
    expect((await againstBaseline(undefined, "main", losing(9), never)).says[0]).to.equal('warning: there is no baseline "main": nothing is compared');
  });

  it("calls one more run of the same worse in fewer than one of eighty, per lane, however few runs it has", () => {
    const random = seeded(1);
    const normal = () => Math.sqrt(-2 * Math.log(1 - random())) * Math.cos(2 * Math.PI * random());
    for (const n of [3, 5, 20]) {
      const of = 4000;
      let beyond = 0;
      for (let i = 0; i < of; i++) if (10 + normal() > predictionLimit(Array.from({ length: n }, () => 10 + normal()))) beyond++;
      // 1.25 % are due; three standard deviations of that many draws.
      expect(beyond / of, `${n} runs`).to.be.within(0.0125 - 0.0053, 0.0125 + 0.0053);
    }
  });

  it("is read from a file, a folder of results, or a git revision; what is no baseline is refused", () => {
    const own = baselineOf(storedRuns(join(dir, "results")));
    expect(own.map(({ machine, scenario }) => `${machine} ${scenario}`)).to.deep.equal(["m small"]);
    const file = join(dir, "flounder.baseline.json");
    writeFileSync(file, baselineText(own));
    expect(readBaseline(file)).to.deep.equal(own);
    expect(readBaseline(join(dir, "results"))).to.deep.equal(own);
    const git = (...words: string[]) => execFileSync("git", ["-c", "user.name=a", "-c", "user.email=a@b", ...words], { cwd: dir, stdio: "ignore" });
    git("init", "-b", "main");
    git("add", "flounder.baseline.json");
    git("commit", "-m", "a baseline");
    const here = process.cwd();
    process.chdir(dir);
    try {
      expect(readBaseline("main")).to.deep.equal(own);
      expect(readBaseline("no-such-revision")).to.equal(undefined);
      expect(readBaseline("--help")).to.equal(undefined);
    } finally {
      process.chdir(here);
    }
    writeFileSync(file, '{ "version": 1, "runs": [{}] }');
    expect(() => readBaseline(file)).to.throw(/flounder\.baseline\.json is not a baseline: runs\.0\.scenario: /);
  });
});
