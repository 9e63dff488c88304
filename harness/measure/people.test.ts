/** What people did, held against what was witnessed. */
import { expect } from "chai";
import type { Event, EventBody, Plan, Sample } from "../core.js";
import { peopleFigures } from "./people.js";

const s = 1e6;
const at = (atS: number, body: EventBody): Event => ({ atUs: atS * s, by: "person", ...body }) as Event;
const mark = (atS: number, kind: "wrong" | "cause" | "fixed") => at(atS, { kind: "mark", who: "ann", seat: "player", mark: kind, says: "" });
const reads = (atS: number, state: "intact" | "broken") =>
  at(atS, { kind: "reading", by: "keeper", injection: "cut/x", reading: { state }, fromUs: (atS - 0.1) * s });
const plan = {
  acts: [{ id: "cut", fault: "cut", options: {}, on: { of: "x", pick: "all" }, forS: 60 }],
  injections: [{ id: "cut/x", act: "cut", fault: "cut", options: {}, target: "x", atS: 0, maxS: 60 }],
  procedures: [{ name: "mend", detect: { alarm: "a" }, steps: [1, 2].map((n) => ({ say: `step ${n}`, does: "restore" as const, humanS: 0, limitS: 9 })) }],
} as unknown as Plan;
const step = (atS: number, n: number, state: "acting" | "done" | "refused", procedure = "mend") =>
  at(atS, { kind: "step", who: "ann", procedure, step: n, says: "", state });
const base = [
  at(0, { kind: "people", blind: true, seats: ["player"] }),
  reads(9, "intact"),
  at(10, { kind: "injecting", by: "keeper", injection: "cut/x" }),
  reads(10.4, "broken"),
  reads(29.8, "broken"),
  at(30, { kind: "healing", by: "keeper", injection: "cut/x" }),
  reads(30.4, "intact"),
  at(30.5, { kind: "healed", by: "keeper", injection: "cut/x", proved: true, why: "playbook" }),
];
const sample = (dueS: number, ok: boolean): Sample =>
  ({ probe: "get", from: "outside", target: "app-1", seq: dueS, dueUs: dueS * s, sentUs: dueS * s, endUs: dueS * s, outcome: ok ? "ok" : "refused" }) as Sample;

describe("what people did", () => {
  it("is nothing where nobody played", () => {
    expect(peopleFigures(plan, base.slice(1), [])).to.equal(undefined);
  });
  it("is timed from the witnessed bite, with its bounds", () => {
    const events = [...base, mark(15, "wrong"), mark(18, "cause"), step(20, 1, "acting"), mark(32, "fixed")];
    const samples = [11, 12, 29, 30].map((dueS) => sample(dueS, false)).concat([31, 32].map((dueS) => sample(dueS, true)));
    const [clock] = peopleFigures(plan, events, samples)!.clocks;
    const { lo, hi } = clock!.noticedS!;
    expect(lo).to.be.within(4.5, 5);
    expect(hi).to.be.within(4.6, 6.1);
    expect(hi - lo).to.be.above(0);
    expect(clock!.namedS!.lo - lo).to.be.closeTo(3, 0.001);
    expect(clock!.firstActionS!.lo - lo).to.be.closeTo(5, 0.001);
    expect(clock!.saidFixedS!.lo - lo).to.be.closeTo(17, 0.001);
    // From the last bad answer, at 30 s, to the good one at 31 s.
    expect(clock!.restoredS!.lo - lo).to.be.closeTo(15, 0.001);
    expect(clock!.restoredS!.hi - hi).to.be.closeTo(16, 0.001);
    expect(clock!.healedS!.lo).to.be.above(19);
  });
  it("is no outage restored that goes on", () => {
    expect(peopleFigures(plan, base, [sample(11, false)])!.clocks[0]!.restoredS).to.equal(null);
  });
  it("counts false alarms, and all-clears that came too early", () => {
    const figures = peopleFigures(plan, [...base, mark(5, "wrong"), mark(12, "wrong"), mark(20, "fixed"), mark(40, "fixed")], [])!;
    expect([figures.falseAlarms, figures.earlyAllClears]).to.deep.equal([1, 1]);
  });
  it("counts verbs done and refused, and steps done, left out and out of order; what is done without the playbook is no step of it", () => {
    const audit = (atS: number, ok: boolean) => at(atS, { kind: "audit", who: "ann", verb: "restart", on: "x", ok, says: "" });
    const steps = [
      step(11, 2, "acting"),
      step(12, 2, "done"),
      step(13, 1, "acting"),
      step(14, 1, "refused"),
      step(15, 1, "acting", "by hand"),
      step(16, 1, "done", "by hand"),
    ];
    const figures = peopleFigures(plan, [...base, audit(11, false), audit(12, true), ...steps], [])!;
    expect(figures.verbs).to.deep.equal([{ verb: "restart", done: 1, refused: 1 }]);
    expect(figures.steps).to.deep.equal({ of: 2, done: 1, leftOut: 1, outOfOrder: 1 });
  });
});
