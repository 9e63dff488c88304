import { expect } from "chai";
import type { Event, Plan, Sample } from "../core.js";
import { recoveryClock } from "./recovery.js";

const plan = {
  acts: [{ id: "cut", fault: "link-cut", options: {}, on: { of: "router", pick: "one" }, forS: 2 }],
  injections: [{ id: "cut-1", act: "cut", fault: "link-cut", options: {}, target: "router-1", atS: 0, maxS: 2 }],
  phases: { steadyS: 1, recoveryS: 5, watchS: 5 },
} satisfies Pick<Plan, "acts" | "injections" | "phases">;
const events = (...more: Event[]): Event[] =>
  [
    { atUs: 1e6, by: "script", kind: "phase", phase: "turbulence" } as const,
    { atUs: 2e6, by: "keeper", kind: "injecting", injection: "cut-1" } as const,
    { atUs: 4.5e6, by: "keeper", kind: "healed", injection: "cut-1", proved: true, why: "time" } as const,
    ...more,
  ].sort((a, b) => a.atUs - b.atUs);
const steady: Event = { atUs: 8e6, by: "script", kind: "act", act: "cut", state: "steady-again" };
const sample = (dueUs: number, outcome: Sample["outcome"]): Sample => ({
  probe: "app",
  from: "outside",
  target: "app-1",
  seq: dueUs / 1e5,
  dueUs,
  sentUs: dueUs,
  endUs: dueUs + 1000,
  outcome,
});
const samples = Array.from({ length: 90 }, (_, i) => sample(i * 1e5, i >= 21 && i < 50 ? "refused" : "ok"));

const without = { decidedS: null, restoredS: null, verifiedS: null, censored: false, humanS: 0, machineS: 0, steps: [] };

describe("the recovery clock", () => {
  it("counts from the injection to the alarm, the healing and the first good answer after the last bad one", () => {
    const alarm: Event = { atUs: 2.7e6, by: "platform", kind: "alarm", from: "hm", says: "dea-1 is gone" };
    expect(recoveryClock(plan, events(alarm, steady), samples)).to.deep.equal([{ act: "cut", detectedS: 0.7, healedS: 2.5, stableS: 3, ...without }]);
  });
  it("says null for what never came", () => {
    expect(recoveryClock(plan, events(), samples)).to.deep.equal([{ act: "cut", detectedS: null, healedS: 2.5, stableS: null, ...without }]);
    expect(recoveryClock(plan, [], samples)).to.deep.equal([{ act: "cut", detectedS: null, healedS: null, stableS: null, ...without }]);
  });
  it("splits what people took from what machines took, and says what each step was for", () => {
    const step = (atS: number, number: number, state: "due" | "acting" | "done" | "gave-up", came?: string): Event => ({
      atUs: atS * 1e6,
      by: "model",
      kind: "step",
      procedure: "p",
      step: number,
      says: `step ${number}`,
      state,
      ...(came === undefined ? {} : { came }),
    });
    const procedures = [
      {
        name: "p",
        detect: { alarm: "x" },
        steps: (["decide", "restore", "verify"] as const).map((does) => ({ say: does, does, humanS: 1, limitS: 5 })),
      },
    ];
    const clock = recoveryClock(
      { ...plan, procedures },
      events(
        { atUs: 2.5e6, by: "platform", kind: "alarm", from: "hm", says: "late", alarm: "late" },
        { atUs: 3e6, by: "script", kind: "detected", procedure: "p", says: "the alarm x" },
        step(3, 1, "due"),
        step(3.4, 1, "acting"),
        step(3.4, 1, "done", ""),
        step(3.4, 2, "due"),
        step(3.9, 2, "acting"),
        step(4.5, 2, "done", "power restored"),
        step(4.5, 3, "due"),
        step(4.6, 3, "acting"),
        step(7.6, 3, "gave-up", "not done within 3 s"),
        steady,
      ),
      samples,
    )[0]!;
    expect(clock).to.deep.include({ detectedS: 1, decidedS: 1.9, restoredS: 2.5, verifiedS: null, humanS: 1, machineS: 3.6, censored: false });
    expect(clock.steps.map(({ does, humanS, machineS, state, came }) => [does, humanS, machineS, state, came])).to.deep.equal([
      ["decide", 0.4, 0, "done", ""],
      ["restore", 0.5, 0.6, "done", "power restored"],
      ["verify", 0.1, 3, "gave-up", "not done within 3 s"],
    ]);
  });
  it("is censored when the rail ended the act", () => {
    const railed = events(steady).map((event): Event => (event.kind === "healed" ? { ...event, why: "rail" } : event));
    expect(recoveryClock(plan, railed, samples)[0]!.censored).to.equal(true);
  });
});
