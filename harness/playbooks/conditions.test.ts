import { expect } from "chai";
import type { Outcome, PlannedProbe, Sample } from "../core.js";
import { Conditions, sayCondition } from "./conditions.js";

const probe = (name: string, from: "outside" | "inside" = "outside"): PlannedProbe => ({
  probe: name,
  plane: "control",
  from,
  target: "api",
  periodMs: 100,
  deadlineMs: 500,
  phaseMs: 0,
});
const sample = (name: string, dueS: number, outcome: Outcome): Sample => ({
  probe: name,
  from: "outside",
  target: "api",
  seq: 0,
  dueUs: dueS * 1e6,
  sentUs: dueS * 1e6,
  endUs: dueS * 1e6 + 1000,
  outcome,
});
const down = { plane: "control", from: "outside", is: "down", forS: 2 } as const;
const up = { ...down, is: "up" } as const;

describe("conditions of playbooks", () => {
  it("a plane is down when every probe of it has failed for so long, and up when every one has answered for so long", () => {
    const conditions = new Conditions([probe("login"), probe("push"), probe("login", "inside")]);
    const at = (s: number) => [conditions.holds(down, s * 1e6, 0), conditions.holds(up, s * 1e6, 0)];
    expect(at(9)).to.deep.equal([false, false]);
    conditions.samples([sample("login", 1, "ok"), sample("push", 1, "ok")]);
    expect(at(3)).to.deep.equal([false, true]);
    conditions.samples([sample("login", 4, "timeout"), sample("push", 4.5, "ok")]);
    expect(at(9)).to.deep.equal([false, false]);
    conditions.samples([sample("push", 5, "http-5xx")]);
    expect(at(6.9)).to.deep.equal([false, false]);
    expect(at(7)).to.deep.equal([true, false]);
    conditions.samples([sample("login", 7.5, "ok")]);
    expect(at(20)).to.deep.equal([false, false]);
  });
  it("who was not asked, and what the observer lost, says nothing", () => {
    const conditions = new Conditions([probe("login"), probe("push")]);
    conditions.samples([sample("login", 1, "refused"), sample("push", 1, "ok"), sample("push", 2, "not-attempted"), sample("login", 2, "observer")]);
    expect(conditions.holds(down, 3e6, 0)).to.equal(true);
  });
  it("an answer that came after a later one changes nothing", () => {
    const conditions = new Conditions([probe("login")]);
    conditions.samples([sample("login", 2, "ok"), sample("login", 1, "timeout")]);
    expect(conditions.holds(up, 4e6, 0)).to.equal(true);
  });
  it("an alarm counts from an instant on", () => {
    const conditions = new Conditions([]);
    conditions.event({ atUs: 5e6, by: "platform", kind: "alarm", from: "monitor-1", says: "supply cabinet-a A: off", alarm: "supply" });
    expect(conditions.holds({ alarm: "supply" }, 6e6, 5e6)).to.equal(true);
    expect(conditions.holds({ alarm: "supply" }, 6e6, 5.1e6)).to.equal(false);
    expect(conditions.holds({ alarm: "read-only" }, 6e6, 0)).to.equal(false);
  });
  it("are said in the words of the report", () => {
    expect([sayCondition(down), sayCondition({ alarm: "supply" })]).to.deep.equal(["developers outside down for 2 s", "the alarm supply"]);
  });
});
