import { mkdtempSync, rmSync, symlinkSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { DOMParser } from "linkedom";
import { smallEvents, smallPlan, smallSamples } from "../judge/testing/fixture.js";
import { writeFixture } from "../report/testing/fixture.js";
import { writeReports } from "../results/results.js";
import { historyLine } from "./lines.js";
import { historyPage } from "./page.js";
import { storedRuns } from "./stored-runs.js";

describe("history", () => {
  let dir: string;
  /** A run that began on this day. */
  const ran = async (day: number, judged = true) => {
    const events = smallEvents().map((event) => (event.kind === "zero" ? { ...event, wallIso: `2026-05-0${day}T10:00:00.000Z`, machine: "m" } : event));
    const folder = await writeFixture(dir, { plan: smallPlan(), events, samples: smallSamples() });
    if (judged) await writeReports(folder);
    return folder;
  };
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-history-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("has a line per run, oldest first, also of one that was never judged", async () => {
    await ran(3);
    await ran(1);
    await ran(2, false);
    const lines = storedRuns(dir).map(historyLine);
    expect(lines.map((line) => line.slice(0, 16))).to.deep.equal(["2026-05-01 10:00", "2026-05-02 10:00", "2026-05-03 10:00"]);
    expect(lines[0]).to.match(
      /pass +small seed 1, micro on local +lost s: developers outside 0\.0, app users outside 3\.\d, developers inside 0\.0, app users inside 0\.0/,
    );
    expect(lines[1]).to.contain("not judged");
  });

  it("has a page with a strip per run: red where users lost something, in their lane alone", async () => {
    await ran(1);
    await ran(2);
    const document = new DOMParser().parseFromString(historyPage(storedRuns(dir)), "text/html");
    const strips = [...document.querySelectorAll("svg")];
    expect(strips).to.have.length(2);
    const red = [...strips[0]!.querySelectorAll('rect[fill="var(--lost)"]')];
    expect(new Set(red.map((one) => one.getAttribute("y")))).to.deep.equal(new Set(["9"]));
    expect(JSON.parse(document.querySelector("#history")!.textContent!)).to.have.length(2);
  });

  it("passes over what is no results folder, and refuses where there is none", async () => {
    await ran(1);
    symlinkSync(dir, join(dir, "another"));
    expect(storedRuns(dir)).to.have.length(1);
    expect(() => storedRuns(join(dir, "nowhere"))).to.throw("there is no results folder");
  });
});
