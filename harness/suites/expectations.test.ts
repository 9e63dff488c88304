import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { AssertionError, expect, use } from "chai";
import type { Outcome, PlannedProbe, Sample } from "../core.js";
import { smallEvents, smallPlan, smallSamples, us } from "../judge/testing/fixture.js";
import { writeFixture } from "../report/testing/fixture.js";
import { writeReports } from "../results/results.js";
import flounder, { InconclusiveRun } from "./chai.js";
import { type FinishedRun, finishedRun } from "./finished-run.js";

use(flounder);

/** What an expectation throws; undefined: it holds. */
function thrown(act: () => unknown): Error | undefined {
  try {
    act();
    return undefined;
  } catch (error) {
    return error as Error;
  }
}

describe("expectations on runs", () => {
  let dir: string;
  /** Users outside lose all from 5 s to 8 s; healing is proved between 8 and 8.1 s. */
  let run: FinishedRun;
  const made = async (events = smallEvents(), samples: readonly Sample[] = smallSamples(), plan = smallPlan()) => {
    const folder = await writeFixture(dir, { plan, events, samples });
    return finishedRun(await writeReports(folder), folder);
  };
  const losing = (when: (probe: PlannedProbe, s: number) => Outcome) => made(smallEvents(), smallSamples(smallPlan(), when));
  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "flounder-expect-"));
    run = await made();
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("hold where the run bears them out, negated where it does not", () => {
    expect(run).to.have.passed;
    expect(run.plane("data", "outside")).to.have.lost.atMost("4s").and.to.have.lost.atLeast(2);
    expect(run.plane("data", "outside")).to.not.have.lost.atMost("1s");
    expect(run.plane("data", "inside")).to.have.lost.nothing;
    expect(run.plane("data", "outside")).to.recover.within("500ms");
    expect(run).to.have.kept.every.write;
  });

  it("fail with a sentence, the four lanes, what was injected, the report and how to do it again", () => {
    const error = thrown(() => expect(run.plane("data", "outside")).to.have.lost.atMost("1s"));
    expect(error).to.be.instanceOf(AssertionError);
    const lines = error!.message.split("\n");
    expect(lines[0]).to.match(/^app users, outside lost 2\.\d–3\.\d s; expected at most 1 s$/);
    expect(lines[2]).to.equal("In cut every app ran and nobody outside could reach an app for 3.0 s.");
    const lanes = lines.slice(4, 8);
    expect(lanes.map((line) => line.slice(0, 20).trim())).to.deep.equal([
      ...["developers, outside", "app users, outside", "developers, inside", "app users, inside"],
    ]);
    const [, outside, , inside] = lanes;
    expect(outside).to.match(/·+▒*█{10,20}▒*·+ .*s lost \(/);
    expect(inside).to.match(/^app users, inside\s+·{55,60}\s+nothing lost$/);
    expect(error!.message).to.match(/├─+┤ +link-cut on router-1, router-2\n/);
    expect(error!.message)
      .to.contain(`report: ${join(run.dir, "report.html")}`)
      .and.to.match(/Repro: flounder run .*plan\.json$/);
  });

  it("say when a plane did not recover in time, and when it never did", async () => {
    const late = await losing((probe, s) => (probe.plane === "data" && probe.from === "outside" && s >= 5 && s < 10 ? "refused" : "ok"));
    expect(thrown(() => expect(late.plane("data", "outside")).to.recover.within("1s"))!.message).to.match(
      /^app users, outside recovered 1\.\d–2\.\d s after it was healed; expected to recover within 1 s of the last healing\n/,
    );
    expect(late.plane("data", "outside")).to.recover.within("3s");
    const never = await losing((probe, s) => (probe.plane === "data" && s >= 5 ? "refused" : "ok"));
    expect(thrown(() => expect(never.plane("data", "inside")).to.recover.within("1m"))!.message).to.contain("did not recover");
  });

  it("a limit between the bounds proves nothing: an error of its own, not a failed expectation", () => {
    const { lostS } = run.plane("data", "outside");
    const between = (lostS.lo + lostS.hi) / 2;
    for (const act of [
      () => expect(run.plane("data", "outside")).to.have.lost.atMost(between),
      () => expect(run.plane("data", "outside")).to.not.have.lost.atMost(between),
    ])
      expect(thrown(act)).to.be.instanceOf(InconclusiveRun).and.not.instanceOf(AssertionError);
  });

  it("an inconclusive run fails none and passes none, not even negated", async () => {
    const unseen = await made(smallEvents().filter((event) => event.kind !== "reading" || event.reading.state !== "broken"));
    expect(unseen.result).to.equal("inconclusive");
    for (const act of [
      () => expect(unseen).to.have.passed,
      () => expect(unseen).to.not.have.passed,
      () => expect(unseen.plane("data", "inside")).to.have.lost.nothing,
      () => expect(unseen).to.have.kept.every.write,
    ])
      expect(thrown(act)).to.be.instanceOf(InconclusiveRun);
    expect(thrown(() => expect(unseen).to.have.passed)!.message).to.match(/^inconclusive: .+\n\n/);
  });

  it("an acknowledged write that is gone fails", async () => {
    const lost = await made([...smallEvents(), { atUs: us(12.1), by: "script", kind: "missing", write: "app a" }]);
    expect(thrown(() => expect(lost).to.have.kept.every.write)!.message).to.match(/^1 acknowledged write is gone: app a; expected every write to be kept/);
    expect(thrown(() => expect(lost).to.have.passed)!.message).to.match(/^the run failed: /);
  });

  it("what is no run and what is no duration is refused in words", () => {
    expect(thrown(() => expect(7).to.have.passed)!.message).to.contain("is for a finished run");
    expect(thrown(() => expect(run).to.have.lost.atMost(1))!.message).to.contain("is for a plane of a run");
    expect(thrown(() => expect(run.plane("data", "outside")).to.have.lost.atMost("soon"))!.message).to.contain('"soon" is not a duration');
  });
});
