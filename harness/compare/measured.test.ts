/** A run as a trial: outcomes up to the cap, recovery or not, how the playbook ended, and when it does not count. */
import { expect } from "chai";
import type { Event, Outcome, Plan } from "../core.js";
import { judge } from "../judge/judge.js";
import { smallEvents, smallPlan, smallSamples, us } from "../judge/testing/fixture.js";
import type { RunRecord } from "../report/story.js";
import { type Played, type Slot, trialOf } from "./measured.js";
import { type Design, trialSchema } from "./shapes.js";
import { stripOf } from "./strip.js";
import { watched } from "./watched.js";

const slot: Slot = { block: 1, seed: 1, arm: "p", playbook: "p", idle: false, attempt: 1, position: 1, delays: 1 };
const fine: Played = { threw: undefined, hung: false };
const procedures = [
  {
    name: "p",
    detect: { alarm: "smoke" },
    steps: [
      { say: "think", does: "decide" as const, humanS: 0, limitS: 9 },
      { say: "mend", does: "restore" as const, humanS: 1, limitS: 9 },
    ],
  },
];
const step = (n: number, s: number, state: "due" | "acting" | "done" | "refused", more: object = {}): Event =>
  ({ atUs: us(s), by: "model", kind: "step", procedure: "p", step: n, says: "…", state, ...more }) as Event;
const steps = [step(2, 6, "due"), step(2, 7, "acting"), step(2, 8, "done")];

function trial(
  change: { events?: (events: Event[]) => Event[]; plan?: Partial<Plan>; played?: Played; capS?: number; slot?: Slot; outcome?: () => Outcome } = {},
) {
  const plan = smallPlan([], { procedures, ...change.plan });
  const events = (change.events ?? ((all) => [...all, ...steps]))(smallEvents());
  const record = { plan, events, samples: smallSamples(plan, change.outcome), cuts: [] } as unknown as RunRecord;
  const design = { capS: change.capS ?? 60, outcome: { plane: "data", from: "outside" } } as Pick<Design, "capS" | "outcome">;
  const verdict = judge(plan, events, record.samples);
  return {
    made: trialSchema.parse(trialOf(change.slot ?? slot, record, verdict, change.played ?? fine, design, "trials/x")),
    strip: stripOf(slot, record, verdict, design.capS),
  };
}

describe("a run as a trial", () => {
  it("has lost seconds, recovery, people's and machines' seconds", () => {
    const { made } = trial();
    expect(made.lostS.data.outside.lo).to.be.within(2.8, 3);
    expect(made.lostS.data.outside.hi).to.be.within(3, 3.2);
    expect(made.lostS.control).to.deep.equal({ outside: { lo: 0, hi: 0 }, inside: { lo: 0, hi: 0 } });
    expect(made).to.deep.include({ recovered: true, recoveryS: 3, ending: "finished", undone: true, invalid: null, harm: "" });
    expect(made.clock).to.deep.include({ humanS: 1, machineS: 1 });
    expect(made.clock.lostWhileHumanS, "all of the second in which a person was waited for").to.be.closeTo(1, 0.11);
    expect(made.steps).to.deep.equal({ done: 1, refused: 0, repeated: 0, wrong: 0 });
    expect(made.writes).to.deep.equal({ acknowledged: 1, lost: 0 });
  });
  it("counts a step once, also where two acts begin at the same instant", () => {
    const [act] = smallPlan().acts;
    const both = { acts: [act!, { ...act!, id: "other" }], injections: smallPlan().injections.map((one, i) => ({ ...one, act: i === 0 ? "cut" : "other" })) };
    const { made } = trial({ plan: both });
    expect([made.steps.done, made.clock.humanS]).to.deep.equal([1, 1]);
  });
  it("ends at the cap: what is lost later is not its, and whoever has not recovered is kept", () => {
    const { made } = trial({ capS: 2 });
    expect(made.lostS.data.outside.hi).to.be.at.most(2);
    expect(made).to.deep.include({ recovered: false, recoveryS: 2, invalid: null });
    const byRail = (all: readonly Event[]) => all.map((event) => (event.kind === "healed" ? { ...event, why: "rail" as const } : event));
    const rail = trial({ events: (all) => [...byRail(all), ...steps] }).made;
    expect(rail).to.deep.include({ recovered: false, recoveryS: 60, invalid: null });
    expect(rail.clock.lostWhileHumanS).to.equal(null);
    expect(trial({ events: byRail }).made.clock.lostWhileHumanS, "nobody was waited for").to.equal(0);
  });
  it("tells apart a playbook that threw, hung, did nothing, or was stopped by a freeze; none is invalid for that", () => {
    expect(trial({ played: { threw: "mend: boom", hung: false } }).made).to.deep.include({ ending: "threw", invalid: null });
    expect(trial({ played: { threw: undefined, hung: true } }).made.ending).to.equal("hung");
    expect(trial({ events: (all) => all }).made.ending).to.equal("did-nothing");
    expect(trial({ events: (all) => all, slot: { ...slot, idle: true } }).made.ending).to.equal("finished");
    expect(trial({ events: (all) => [...all, step(2, 6, "due"), step(2, 7, "refused")] }).made).to.deep.include({ ending: "frozen" });
  });
  it("whoever lost nothing had nothing to recover from; a remedy that was in place did its part though nobody laid hands on anything", () => {
    const rail = (all: Event[]) => all.map((event) => (event.kind === "healed" ? { ...event, why: "rail" as const } : event));
    const { made } = trial({ events: rail, plan: { remedy: { a: "b" } }, outcome: () => "ok" });
    expect(made).to.deep.include({ recovered: true, recoveryS: 0, ending: "finished", invalid: null });
  });
  it("counts lost writes, harm and slips", () => {
    const after = (all: Event[]) =>
      all.map((event) => (event.kind === "fingerprint" && event.when === "after" ? { ...event, values: { "app app-1": "gone" } } : event));
    const { made } = trial({
      events: (all) => [
        ...after(all),
        ...steps,
        { atUs: us(12.3), by: "script", kind: "missing", write: "app a" },
        step(1, 5.5, "due", { slip: "repeated" }),
        step(1, 5.6, "due", { slip: "wrong-target" }),
      ],
    });
    expect(made.writes).to.deep.equal({ acknowledged: 1, lost: 1 });
    expect(made.harm).to.equal("app app-1 was STARTED, is gone");
    expect(made.steps).to.deep.include({ repeated: 1, wrong: 1 });
  });
  it("does not count where the experiment failed", () => {
    const code = (events: (all: Event[]) => Event[]) => trial({ events }).made.invalid?.code;
    expect(code((all) => all.filter((event) => event.kind !== "reading" || event.injection !== "cut/router-2" || event.reading.state !== "broken"))).to.equal(
      "fault-not-witnessed",
    );
    expect(code((all) => all.filter((event) => event.kind !== "phase" || event.phase !== "steady"))).to.equal("not-steady");
    expect(
      code((all) => [
        ...all.filter((event) => event.kind !== "phase" || event.phase !== "end"),
        { atUs: us(12), by: "script", kind: "broken-off", why: "the prober died" },
      ]),
    ).to.equal("broken-off");
    const unproved = trial({ events: (all) => all.map((event) => (event.kind === "healed" ? { ...event, proved: false } : event)) }).made;
    expect(unproved.undone).to.equal(false);
    const never = trial({ events: (all) => all.filter((event) => !("injection" in event) && (event.kind !== "phase" || event.phase === "boot")) }).made;
    expect([never.invalid?.code, never.undone], "what was never injected needs no undoing").to.deep.equal(["not-steady", true]);
  });
  it("as a strip shows who was served badly, and when", () => {
    const { strip } = trial();
    const lane = strip.lanes.find(({ plane, from }) => plane === "data" && from === "outside")!;
    expect(lane.stretches.map(({ fromS, toS, lost }) => [fromS, toS, lost])).to.deep.equal([
      [0, 3, 1],
      [3, strip.toS, 0],
    ]);
    expect(strip.marks.map(({ says }) => says)).to.include.members(["first action", "restored", "stable"]);
  });
});

describe("a playbook that is watched", () => {
  const one = (run: () => Promise<string>, limitS = 1) =>
    watched({ name: "w", says: "s", procedures: [{ name: "p", detect: { alarm: "a" }, steps: [{ say: "mend", does: "restore", limitS, run }] }] });
  const play = (of: ReturnType<typeof watched>) => of.playbook.procedures[0]!.steps[0]!.run!(undefined).then(String, (error: Error) => error.message);

  it("a defect is kept, and is told as a refusal: the run goes on to its end", async () => {
    const broken = one(async () => {
      throw new TypeError("x is undefined");
    });
    expect(await play(broken)).to.equal("the playbook has a defect: mend: x is undefined");
    expect(broken.threw()).to.equal("mend: x is undefined");
    expect(broken.hung()).to.equal(false);
  });
  it("what is still under way, or took longer than its limit, hangs", async () => {
    const hanging = one(() => new Promise<string>(() => {}));
    void play(hanging);
    expect(hanging.hung()).to.equal(true);
    const slow = one(() => new Promise<string>((resolve) => setTimeout(resolve, 30, "late")), 0.01);
    expect(await play(slow)).to.equal("late");
    expect(slow.hung()).to.equal(true);
    const good = one(async () => "done");
    expect([await play(good), good.hung(), good.threw()]).to.deep.equal(["done", false, undefined]);
  });
});
