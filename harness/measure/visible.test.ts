/** What length a rate can see, from records: at the calibrated rate and another one, per mode, and where nothing is known. */
import { expect } from "chai";
import type { CalibratedRow, PlannedCalibration } from "../core.js";
import { sayRuler } from "../report/ruler-words.js";
import { calibrationOf, type WatchedEndpoint } from "../watch/result.js";
import { rowOf, type TrueOutage } from "./against-truth.js";
import { rulerOf } from "./error-bars.js";
import { leastVisibleMs, seenFromMs, visibleAt } from "./visible.js";

const row = (mode: string, lengths: Pick<CalibratedRow, "shortestMs" | "longestMissedMs">): CalibratedRow => ({
  ...{ mode, connection: "fresh", rateHz: 20, windows: 20, missed: 0, biasMs: 0, rmsMs: 21, coverage: 1 },
  ...lengths,
});
const record = (rows: readonly CalibratedRow[]): PlannedCalibration => ({
  ...{ madeIso: "2026-04-20T08:00:00.000Z", quick: false, machine: { id: "here", cpu: "c", cores: 2, kernel: "6", node: "v20" } },
  rows,
});
const known = rulerOf(
  record([
    row("503", { shortestMs: 60, longestMissedMs: 140 }),
    row("refuse", { shortestMs: 60, longestMissedMs: 0 }),
    row("brown-out", { shortestMs: 60, longestMissedMs: 480 }),
  ]),
  "here",
);
const asked = { connection: "fresh", asker: "http" } as const;

describe("what length a rate can see", () => {
  it("is what was seen when it was calibrated, and as many periods at another rate", () => {
    expect(visibleAt(known, { ...asked, rateHz: 20 })).to.deep.equal([
      { mode: "503", fromMs: 140, missed: true },
      { mode: "refuse", fromMs: 60, missed: false },
      { mode: "brown-out", fromMs: 480, missed: true },
    ]);
    expect(visibleAt(known, { ...asked, rateHz: 10 }).map(({ fromMs }) => fromMs)).to.deep.equal([280, 120, 960]);
    expect(seenFromMs(known, { ...asked, rateHz: 20 })).to.equal(140);
  });
  it("is three samples where no record says more", () => {
    for (const ruler of [rulerOf(undefined, "here"), rulerOf(record([row("503", {})]), "here"), rulerOf(record([row("503", { shortestMs: 1 })]), "there")]) {
      expect(visibleAt(ruler, { ...asked, rateHz: 20 })).to.deep.equal([]);
      expect(seenFromMs(ruler, { ...asked, rateHz: 20 }))
        .to.equal(leastVisibleMs(20))
        .and.equal(150);
    }
  });
  it("is kept by a row: the shortest that was tried, the longest that was missed", () => {
    const edge = (us: number) => ({ lo: us, hi: us });
    const truth = (ms: number): TrueOutage => ({ mode: "503", startUs: edge(0), endUs: edge(ms * 1000) });
    const found = [{ startUs: edge(0), endUs: edge(1), knownUs: 0 }] as never;
    const all = [
      { mode: "503", truth: truth(90), found: [] },
      { mode: "503", truth: truth(40), found: [] },
      { mode: "503", truth: truth(70), found },
    ];
    expect(rowOf(all, { mode: "503", connection: "fresh", rateHz: 20 })).to.include({ shortestMs: 40, longestMissedMs: 90 });
    expect(rowOf([all[2]!], { mode: "503", connection: "fresh", rateHz: 20 })).to.include({ shortestMs: 70, longestMissedMs: 0 });
  });
  it("is said, modes that are alike together", () => {
    expect(sayRuler(known, [{ ...asked, rateHz: 20 }])).to.match(/What 20 Hz can see \(.*\): refuse from 60 ms; 503 over 140 ms; brown-out over 480 ms\.$/);
  });
  it("warns where a limit asks for less, and only there", () => {
    const endpoint = { name: "shop", rateHz: 20, connection: "fresh", kind: "http" } as WatchedEndpoint;
    const warned = (limits: { allowLostS?: number; slo?: number }) => calibrationOf([endpoint], 100, limits, known).warnings;
    expect(warned({ allowLostS: 0.1 })).to.deep.equal([
      "--allow-lost 0.1 allows 100 ms, less than 20 Hz is sure to see (140 ms) of shop: a higher --rate sees more",
    ]);
    expect(warned({ slo: 99.9 })[0]).to.match(/^--slo 99\.9 allows 100 ms, less than 20 Hz/);
    expect(warned({ allowLostS: 0.14 })).to.deep.equal([]);
    expect(warned({ slo: 99 })).to.deep.equal([]);
    expect(warned({})).to.deep.equal([]);
  });
});
