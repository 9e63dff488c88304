import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import fc from "fast-check";
import type { CalibratedRow, PlannedCalibration } from "../core.js";
import { calibrationFile, plannedCalibration, thisMachine, writeCalibration } from "./calibration.js";
import { errorBar, errorNear, rulerOf, stretch } from "./error-bars.js";

const row = (rateHz: number, rmsMs: number, more: Partial<CalibratedRow> = {}): CalibratedRow => ({
  mode: "503",
  connection: "fresh",
  rateHz,
  windows: 20,
  missed: 0,
  biasMs: 0,
  rmsMs,
  coverage: 1,
  ...more,
});
const record = (...rows: CalibratedRow[]): PlannedCalibration => ({
  madeIso: "2026-04-25T12:45:00.000Z",
  quick: false,
  machine: { id: "here", cpu: "cpu", cores: 2, kernel: "6", node: "v20" },
  rows,
});
/** T/√6 at 20 Hz. */
const limitMs = 50 / Math.sqrt(6);

describe("error bars", () => {
  it("are the bounds where nothing is known of the ruler, or only of another machine's", () => {
    const odd = record(row(20, 10 * limitMs));
    for (const [ruler, is] of [
      [rulerOf(undefined, "here"), "none"],
      [rulerOf(record(), "here"), "none"],
      [rulerOf(record(row(20, 100, { mode: "brown-out" }), row(20, 3, { windows: 4, missed: 4 })), "here"), "none"],
      [rulerOf(odd, "elsewhere"), "other"],
      [rulerOf(odd, undefined), "unsaid"],
    ] as const) {
      expect(ruler.is).to.equal(is);
      expect(errorNear(ruler, 20)).to.equal(undefined);
      expect(errorBar({ lo: 1, hi: 2 }, stretch(ruler, 50))).to.deep.equal({ lo: 1, hi: 2 });
    }
  });
  it("at a calibrated rate are as much wider as the lengths were farther off than sampling makes them", () => {
    const ruler = rulerOf(record(row(20, 3 * limitMs)), "here");
    expect(ruler.is).to.equal("known");
    expect(stretch(ruler, 50)).to.be.closeTo(3, 1e-9);
    expect(errorBar({ lo: 10, hi: 10.2 }, 3)).to.deep.equal({ lo: 9.8, hi: 10.399999999999999 });
  });
  it("at another rate add the same milliseconds: next to a long period they are nothing", () => {
    const ruler = rulerOf(record(row(20, Math.hypot(limitMs, 30))), "here");
    expect(errorNear(ruler, 1)!.ownMs).to.be.closeTo(30, 1e-9);
    expect(stretch(ruler, 1000)).to.be.closeTo(Math.hypot(1000 / Math.sqrt(6), 30) / (1000 / Math.sqrt(6)), 1e-9);
    expect(stretch(ruler, 10)).to.be.above(7);
  });
  it("take the nearest calibrated rate, of connections of the same kind where there are some", () => {
    const rows = [row(20, 30), row(100, 5), row(100, 50, { connection: "kept" })];
    const ruler = rulerOf(record(...rows), "here");
    expect([1, 20, 44, 46, 100, 500].map((hz) => errorNear(ruler, hz)!.rateHz)).to.deep.equal([20, 20, 20, 100, 100, 100]);
    expect(errorNear(ruler, 100, "kept")!.rmsMs).to.be.closeTo(50, 1e-9);
    expect(errorNear(rulerOf(record(row(20, 30)), "here"), 20, "kept")!.rmsMs).to.be.closeTo(30, 1e-9);
  });
  it("are those of the asker that measured: of one that was never calibrated nothing is known", () => {
    const ruler = rulerOf(record(row(20, 30), row(20, 60, { asker: "probe" }), row(100, 40, { asker: "dns" })), "here");
    expect(errorNear(ruler, 20)!.rmsMs).to.be.closeTo(30, 1e-9);
    expect(errorNear(ruler, 20, "fresh", "probe")!.rmsMs).to.be.closeTo(60, 1e-9);
    expect(errorNear(ruler, 20, "fresh", "dns")!.rateHz).to.equal(100);
    expect(errorNear(ruler, 20, "fresh", "exec")).to.equal(undefined);
    expect(stretch(ruler, 50, "fresh", "exec")).to.equal(1);
  });
  it("pool modes by their outages, and leave out brown-outs, stalls and what was missed", () => {
    const ruler = rulerOf(
      record(
        row(20, 30, { windows: 4, missed: 1, biasMs: 3, coverage: 0.5 }),
        row(20, 40, { mode: "reset", windows: 1, biasMs: -1 }),
        row(20, 600, { mode: "brown-out" }),
        row(20, 1, { mode: "stall" }),
      ),
      "here",
    );
    const { windows, missed, rmsMs, biasMs, coverage } = errorNear(ruler, 20)!;
    expect({ windows, missed, biasMs, coverage }).to.deep.equal({ windows: 4, missed: 1, biasMs: 2, coverage: 0.6 });
    expect(rmsMs).to.be.closeTo(Math.sqrt((3 * 900 + 1600) / 4), 1e-9);
  });
  it("are never narrower than the bounds, whatever was calibrated, and never below nothing", () => {
    const rowArb = fc.record({
      mode: fc.constantFrom("503", "reset", "stall", "brown-out"),
      connection: fc.constantFrom("fresh" as const, "kept" as const),
      rateHz: fc.constantFrom(5, 20, 100, 500),
      windows: fc.integer({ min: 0, max: 20 }),
      missed: fc.constant(0),
      biasMs: fc.double({ min: -100, max: 100, noNaN: true }),
      rmsMs: fc.double({ min: 0, max: 1000, noNaN: true }),
      coverage: fc.double({ min: 0, max: 1, noNaN: true }),
    });
    const seconds = fc.double({ min: 0, max: 1e5, noNaN: true });
    fc.assert(
      fc.property(fc.array(rowArb, { maxLength: 8 }), seconds, seconds, fc.integer({ min: 1, max: 10_000 }), (rows, a, b, periodMs) => {
        const bounds = { lo: Math.min(a, b), hi: Math.max(a, b) };
        const bar = errorBar(bounds, stretch(rulerOf(record(...rows), "here"), periodMs));
        expect(bar.lo).to.be.within(0, bounds.lo);
        expect(bar.hi).to.be.at.least(bounds.hi);
        if (bounds.hi === 0) expect(bar).to.deep.equal(bounds);
      }),
    );
  });
});

describe("the record that a plan keeps", () => {
  const dir = mkdtempSync(join(tmpdir(), "flounder-calibration-"));
  const earlier = process.env.XDG_STATE_HOME;
  before(() => {
    process.env.XDG_STATE_HOME = dir;
  });
  after(() => {
    if (earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = earlier;
    rmSync(dir, { recursive: true, force: true });
  });

  it("is none before there is one, and where it cannot be read", () => {
    expect(plannedCalibration()).to.equal(undefined);
    mkdirSync(dirname(calibrationFile()), { recursive: true });
    for (const text of ["", "{", "{}", JSON.stringify({ ...record(), rows: [{ mode: "503", rateHz: -1 }] })]) {
      writeFileSync(calibrationFile(), text);
      expect(plannedCalibration(), text).to.equal(undefined);
    }
  });
  it("is the newest one, without what no report needs", () => {
    const full = { ...row(20, 21.123456), cut: 1, theoryMs: 20, edgeMs: 50, delayMs: 100 };
    const rest = {
      falseAlarms: 0,
      observerShare: 0,
      latenessMs: { p50: 0, p99: 1, max: 2 },
      frozen: { falseAlarms: 0, found: true, covered: true, widestEdgeMs: 1 },
    };
    const machine = thisMachine();
    writeCalibration({
      version: 1,
      madeIso: "2026-04-25T12:45:00.000Z",
      flounder: "0.1.0",
      quick: true,
      seed: 1,
      machine,
      rows: [full],
      busyRows: [],
      ...rest,
    });
    const kept = plannedCalibration();
    expect(kept).to.deep.equal({ madeIso: "2026-04-25T12:45:00.000Z", quick: true, machine, rows: [row(20, 21.123)] });
    expect(rulerOf(kept, thisMachine().id).is).to.equal("known");
  });
});
