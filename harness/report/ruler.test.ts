/** What reports say and draw of the ruler's own error: none known, this machine's, another's, and a timeline that names no machine. */
import { expect } from "chai";
import { DOMParser } from "linkedom";
import type { PlannedCalibration } from "../core.js";
import { judgement } from "../judge/judge.js";
import { smallEvents, smallPlan, smallSamples } from "../judge/testing/fixture.js";
import { barOf } from "./charts/bars.js";
import { html } from "./html/html.js";
import { markdown } from "./markdown.js";
import { story } from "./story.js";

const calibration = (id: string): PlannedCalibration => ({
  madeIso: "2026-04-20T08:00:00.000Z",
  quick: true,
  machine: { id, cpu: "Some <CPU>", cores: 2, kernel: "6.1", node: "v20.20.2" },
  rows: [
    { asker: "probe", mode: "503", connection: "fresh", rateHz: 20, windows: 20, missed: 0, biasMs: -4, rmsMs: 205, coverage: 0.95 },
    { asker: "probe", mode: "brown-out", connection: "fresh", rateHz: 20, windows: 20, missed: 0, biasMs: 500, rmsMs: 600, coverage: 1 },
  ],
});
/** A run that measured on the machine `here`, with what its plan knew of the ruler. */
function told(known: PlannedCalibration | undefined) {
  const plan = smallPlan(undefined, known ? { calibration: known } : {});
  const events = smallEvents().map((event) => (event.kind === "zero" ? { ...event, machine: "here" } : event));
  const samples = smallSamples(plan);
  return story({ plan, events, samples, cuts: [] }, judgement(plan, events, samples));
}
const footOf = (text: string): string =>
  [...new DOMParser().parseFromString(text, "text/html").querySelectorAll("footer p")]
    .map((p) => p.textContent)
    .find((says) => says.startsWith("Calibration."))!;

describe("the ruler in reports", () => {
  const cases = [
    ["none", told(undefined), /no calibration record.*flounder calibrate makes one/],
    ["another machine's", told(calibration("there")), /comes from another machine \(Some <CPU>, 2 cores, kernel 6\.1, id there, 2026-04-20\) and is not used/],
  ] as const;
  for (const [what, run, says] of cases)
    it(`${what}: says so, and draws the bounds alone`, () => {
      expect(footOf(html(run))).to.match(says);
      expect(markdown(run).replace(/\\/g, "")).to.match(says);
      const bounds = run.verdict.lostS.data.outside;
      expect(barOf(run, { plane: "data", from: "outside" }, bounds)).to.deep.equal(bounds);
    });
  it("a timeline of before machines were named: says so, and does not use the record", () => {
    const plan = smallPlan(undefined, { calibration: calibration("here") });
    const run = story({ plan, events: smallEvents(), samples: smallSamples(plan), cuts: [] }, judgement(plan, smallEvents(), smallSamples(plan)));
    expect(run.ruler.is).to.equal("unsaid");
    expect(footOf(html(run))).to.match(/the timeline does not say which machine measured/);
  });

  it("this machine's: says how far it was off at the nearest rate, and draws bars that are wider than the bounds", () => {
    const run = told(calibration("here"));
    const says =
      /held against known outages on 2026-04-20 \(quickly: .*\)\. At 20 Hz, the calibrated rate nearest to the 10 Hz asked here, the lengths of 20 outages, asked as a target’s probes are \(brown-outs and stalls apart\) were off by 205\.0 ms rms \(bias -4\.0 ms\) where sampling alone makes 20\.4 ms; none was missed, and the bounds held the truth in 95 %\. The ruler’s own part is 204\.0 ms: it makes error bars up to 5\.10 times as wide/;
    expect(footOf(html(run))).to.match(says);
    expect(markdown(run).replace(/\\/g, "")).to.match(says);
    const bounds = run.verdict.lostS.data.outside;
    const bar = barOf(run, { plane: "data", from: "outside", within: run.run }, bounds);
    expect(bar.hi - bar.lo).to.be.closeTo(5.1 * (bounds.hi - bounds.lo), 0.01);
    const shown = `(${bar.lo.toFixed(1)}–${bar.hi.toFixed(1)})`;
    expect(html(run)).to.contain(shown);
    expect(markdown(run)).to.contain(shown);
    const whiskers = [...new DOMParser().parseFromString(html(run), "text/html").querySelectorAll("svg.whisker")];
    expect(whiskers.length).to.equal(4);
    const drawn = whiskers.map((svg) =>
      ["error", "bounds"].map((kind) => svg.querySelector(`.${kind}`)).map((line) => Number(line?.getAttribute("x2")) - Number(line?.getAttribute("x1"))),
    );
    const [error, inner] = drawn.find(([width]) => Number(width) > 0)!;
    expect(error! / inner!).to.be.closeTo(5.1, 0.05);
  });
  it("this machine's, of plain requests alone: says that nothing is known of a target's probes, and draws the bounds", () => {
    const known = calibration("here");
    const run = told({ ...known, rows: known.rows.map(({ asker: _, ...row }) => row) });
    expect(footOf(html(run))).to.match(/For a target’s probes the record has no row, and the bounds come from the sampling periods alone/);
    const bounds = run.verdict.lostS.data.outside;
    expect(barOf(run, { plane: "data", from: "outside" }, bounds)).to.deep.equal(bounds);
  });
  it("no bar is longer than the time there was", () => {
    const run = told(calibration("here"));
    expect(barOf(run, { plane: "data", from: "outside", within: { fromUs: 0, toUs: 3e6 } }, { lo: 2.5, hi: 2.9 })).to.deep.include({ hi: 3 });
  });
  it("changes no verdict: it is held against the bounds", () => {
    const { planDigest: _, ...without } = told(undefined).verdict;
    const { planDigest: __, ...withIt } = told(calibration("here")).verdict;
    expect(withIt).to.deep.equal(without);
  });
});
