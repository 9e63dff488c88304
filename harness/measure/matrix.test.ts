import { expect } from "chai";
import fc from "fast-check";
import type { Outcome, Plane, PlannedProbe, Sample, Vantage } from "../core.js";
import { planeMatrix } from "./matrix.js";

const probe = (plane: Plane, from: Vantage, target: string, periodMs: number): PlannedProbe => ({
  probe: plane === "data" ? "app" : "login",
  plane,
  from,
  target,
  periodMs,
  deadlineMs: 1000,
  phaseMs: 0,
});
const samples = (of: PlannedProbe, outcomes: readonly Outcome[]): Sample[] =>
  outcomes.map((outcome, i) => {
    const dueUs = i * of.periodMs * 1000;
    return { probe: of.probe, from: of.from, target: of.target, seq: i, dueUs, sentUs: dueUs, endUs: dueUs + 1000, outcome };
  });

describe("the plane matrix", () => {
  it("finds the cell that nobody measured: data up inside, down outside", () => {
    const outside = probe("data", "outside", "app-1", 100);
    const inside = probe("data", "inside", "app-1/0", 100);
    const list = [
      ...samples(
        outside,
        [..."..........xxxxxxxxxx.........."].map((c) => (c === "x" ? "refused" : "ok")),
      ),
      ...samples(inside, Array(30).fill("ok")),
    ];
    const cells = planeMatrix([outside, inside], list, { fromUs: 0, toUs: 3e6 });
    expect(cells).to.deep.equal([
      { outside: { control: "up", data: "up" }, inside: { control: "up", data: "up" }, seconds: 2 },
      { outside: { control: "up", data: "down" }, inside: { control: "up", data: "up" }, seconds: 1 },
    ]);
  });
  it("calls a plane degraded while one of two probes fails", () => {
    const one = probe("control", "outside", "api", 1000);
    const two = probe("data", "outside", "app-1", 100);
    const three = probe("data", "outside", "app-2", 100);
    const list = [...samples(one, ["ok", "ok"]), ...samples(two, Array(20).fill("ok")), ...samples(three, Array(20).fill("timeout"))];
    const cells = planeMatrix([one, two, three], list, { fromUs: 0, toUs: 1e6 });
    expect(cells.map((cell) => [cell.outside.data, cell.seconds])).to.deep.equal([["degraded", 1]]);
  });
  it("adds up to the window, whatever happened", () =>
    fc.assert(
      fc.property(
        fc.array(fc.constantFrom<Outcome>("ok", "refused", "observer", "not-attempted", "timeout"), { minLength: 1, maxLength: 60 }),
        fc.array(fc.constantFrom<Outcome>("ok", "no-route"), { minLength: 1, maxLength: 60 }),
        fc.integer({ min: -1_000_000, max: 3_000_000 }),
        fc.integer({ min: 0, max: 5_000_000 }),
        (a, b, fromUs, lengthUs) => {
          const probes = [probe("data", "outside", "app-1", 70), probe("control", "inside", "cc-1", 333)];
          const cells = planeMatrix(probes, [...samples(probes[0]!, a), ...samples(probes[1]!, b)], { fromUs, toUs: fromUs + lengthUs });
          expect(cells.reduce((sum, cell) => sum + cell.seconds, 0)).to.be.closeTo(lengthUs / 1e6, 1e-9);
        },
      ),
    ));
});
