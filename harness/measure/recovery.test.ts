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

describe("the recovery clock", () => {
  it("counts from the injection to the alarm, the healing and the first good answer after the last bad one", () => {
    const alarm: Event = { atUs: 2.7e6, by: "platform", kind: "alarm", from: "hm", says: "dea-1 is gone" };
    expect(recoveryClock(plan, events(alarm, steady), samples)).to.deep.equal([{ act: "cut", detectedS: 0.7, healedS: 2.5, stableS: 3 }]);
  });
  it("says null for what never came", () => {
    expect(recoveryClock(plan, events(), samples)).to.deep.equal([{ act: "cut", detectedS: null, healedS: 2.5, stableS: null }]);
    expect(recoveryClock(plan, [], samples)).to.deep.equal([{ act: "cut", detectedS: null, healedS: null, stableS: null }]);
  });
});
