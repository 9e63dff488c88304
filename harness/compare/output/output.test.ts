import { expect } from "chai";
import { DOMParser } from "linkedom";
import { analyse } from "../analysis/analyse.js";
import type { Comparison, Trial } from "../shapes.js";
import { five, type Made, madeDesign, madeStrips, madeTrials } from "../testing/fixture.js";
import { renderHtml } from "./html.js";
import { renderJunit } from "./junit.js";
import { renderMarkdown } from "./markdown.js";
import type { Report } from "./report.js";
import { renderTerminal } from "./terminal.js";

function made(over: Made = {}, change: (trials: Trial[]) => Trial[] = (trials) => trials): Report {
  const arms = { ...five, "as-it-was (A/A)": five["as-it-was"]! };
  const design = madeDesign(arms, over);
  const trials = change(madeTrials(design, arms, over));
  return { design, comparison: analyse(design, trials, { digest: "4be1" }), strips: madeStrips(design, trials) };
}
const parse = (text: string) => new DOMParser().parseFromString(text, "text/html");
const at = (value: unknown, path: string): unknown => path.split(".").reduce<unknown>((inner, key) => (inner as Record<string, unknown> | null)?.[key], value);

describe("a comparison's report.html", () => {
  let report: Report;
  let html: string;
  let document: ReturnType<typeof parse>;
  before(() => {
    report = made();
    html = renderHtml(report);
    document = parse(html);
  });

  it("its numbers are those of comparison.json, none of which is left out", () => {
    const { comparison } = report;
    const shown = [...document.querySelectorAll("data[data-path]")].map((element) => ({
      path: element.getAttribute("data-path")!,
      value: Number(element.getAttribute("data-value")),
      text: element.textContent ?? "",
    }));
    expect(shown.length).to.be.above(150);
    for (const { path, value, text } of shown) {
      expect(value, path).to.equal(at(comparison, path));
      const read = Number.parseFloat(text.replace(/[^\d.-]/g, ""));
      const scale = text.includes("%") ? 100 : 1;
      if (text !== "" && !text.includes("<"))
        expect(Math.abs(read - scale * value), `${path}: ${text} for ${value}`).to.be.at.most(Math.max(0.051, 0.051 * Math.abs(scale * value)));
    }
    const paths = new Set(shown.map(({ path }) => path));
    const wanted = [
      ...comparison.pairs.flatMap((_, i) => ["ratio", "ci.0", "ci.1", "n", "p", "winsA", "winsB", "ties"].map((name) => `pairs.${i}.${name}`)),
      ...comparison.pairs.flatMap(({ declared }, i) =>
        declared ? ["pHolm", "rmstS.value", "logRankP", "pABetter", "cliff", "pairing.r"].map((name) => `pairs.${i}.${name}`) : [],
      ),
      ...comparison.arms.flatMap((_, i) =>
        ["pRecover.k", "rmstS.value", "lostS.value", "clock.humanS", "clock.machineS", "lostWrites", "steps.repeated"].map((name) => `arms.${i}.${name}`),
      ),
      ...comparison.sensitivity.flatMap(({ pairs }, s) => pairs.map((_, k) => `sensitivity.${s}.pairs.${k}.ratio`)),
      ...["pairingGain.r", "drift.p", "screening.p", "aa.falseAlarms", "exitCode", "capS"],
    ];
    expect(wanted.filter((path) => !paths.has(path))).to.deep.equal([]);
    expect(JSON.parse(document.querySelector("#comparison")!.textContent!)).to.deep.equal(JSON.parse(JSON.stringify(comparison)));
  });

  it("draws every counted trial once per width, a strip for each, and a curve per arm", () => {
    const trials = report.comparison.blocks.flatMap((block) => block.trials.filter(({ invalid }) => !invalid));
    const titles = [...document.querySelectorAll("svg.plot circle title")].map((title) => title.textContent!);
    expect(titles.filter((title) => title.startsWith("block "))).to.have.length(3 * trials.length);
    expect(document.querySelectorAll("svg.strip")).to.have.length(trials.length);
    for (const text of [...report.comparison.footnotes, ...report.comparison.notShown]) expect(document.body.textContent).to.contain(text);
  });

  it("opens offline and lets nothing in from names", () => {
    expect(html).not.to.match(/https?:\/\/(?!www\.w3\.org)/);
    const evil = made({ over: { operator: `</script><script>alert(1)</script><img src=x onerror="y">` } });
    const page = renderHtml(evil);
    expect(page).not.to.contain("<script>alert");
    expect(page).not.to.contain("<img");
  });

  it("can be made of nothing, of half, and of a sequential one", () => {
    for (const some of [made({}, () => []), made({}, (trials) => trials.slice(0, 13)), made({ path: "sequential" })]) {
      const page = renderHtml(some);
      expect(page).not.to.match(/NaN|undefined|Infinity/);
      expect(page).to.contain(some.comparison.finished ? "comparison" : "Not finished");
    }
  });
});

describe("a comparison in the terminal, in Markdown and as JUnit", () => {
  it("fits 60, 80 and 200 columns, and is coloured only when asked to", () => {
    const report = made();
    for (const columns of [60, 80, 200]) {
      const text = renderTerminal(report, { columns, colour: false });
      expect(Math.max(...text.split("\n").map((line) => line.length)), text).to.be.at.most(columns);
      expect(text).not.to.contain("\u001b");
      for (const { a, verdict } of report.comparison.pairs) expect(text).to.match(new RegExp(`${a.replace(/[()/]/g, "\\$&")}[^\n]*${verdict}`));
    }
    expect(renderTerminal(report, { columns: 80, colour: true })).to.contain("\u001b[");
  });

  it("the sentence comes first, then the table, then footnotes", () => {
    const report = made();
    for (const text of [renderTerminal(report, { columns: 10_000, colour: false }), renderMarkdown(report)]) {
      const order = [report.comparison.sentence.slice(0, 40), "ratio", report.comparison.footnotes[0]!.slice(0, 30)].map((part) => text.indexOf(part));
      expect(order[0]).to.be.above(-1);
      expect(order[0]).to.be.below(order[1]!);
    }
  });

  it("JUnit: a winner that lost writes fails, a pair that is open is an error, an abort skips", () => {
    const { design, comparison } = made();
    const states = (of: Comparison) =>
      [...parse(renderJunit({ design, comparison: of })).querySelectorAll("testcase")].map(
        (one) => `${one.getAttribute("name")}: ${one.firstElementChild?.tagName.toLowerCase() ?? "pass"}`,
      );
    expect(states(comparison)).to.include.members([
      "release-first against as-it-was: pass",
      "old-backup against as-it-was: failure",
      "every fault was undone: pass",
    ]);
    const aborted = made({}, (trials) => trials.slice(0, 20));
    expect(states(aborted.comparison)).to.include("release-first against as-it-was: error");
    expect(states({ ...aborted.comparison, aborted: "Ctrl-C" })).to.include("release-first against as-it-was: skipped");
  });
});
