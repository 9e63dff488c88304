/** Rehearsals: what a playbook would have seen in a recorded run, up to its first action and no further. */
import { expect } from "chai";
import type { Event, Playbook } from "../core.js";
import { smallEvents, smallPlan, smallSamples, us } from "../judge/testing/fixture.js";
import { seeded } from "../random.js";
import type { RunRecord } from "../report/story.js";
import { usual } from "./operator-model.js";
import { plannedProcedures } from "./planned.js";
import { rehearsalLines, rehearse } from "./rehearse.js";

const alarm: Event = { atUs: us(6), by: "platform", kind: "alarm", from: "monitor-1", alarm: "smoke", says: "smoke" };
const record = (more: readonly Event[] = []): RunRecord => {
  const plan = smallPlan();
  return { plan, events: [...smallEvents(), ...more], samples: smallSamples(plan), cuts: [] } as unknown as RunRecord;
};
const down = { plane: "data", from: "outside", is: "down", forS: 1 } as const;
const planned = (procedures: Playbook["procedures"]) => plannedProcedures({ name: "b", says: "s", procedures }, seeded(1), { ...usual, sigma: 0 });
const think = { say: "think", does: "decide", humanS: 0.5, limitS: 5 } as const;
const mend = { say: "mend", does: "restore", humanS: 0.2, limitS: 5 } as const;
const look = { say: "look", does: "verify", limitS: 5 } as const;

describe("rehearse", () => {
  it("detects when it would have been known, waits for people, and ends at the first action", () => {
    const { procedures, unknown } = rehearse(planned([{ name: "p", detect: down, steps: [think, mend, look] }]), record());
    const [one] = procedures;
    // Injected at 5 s, lost from 5 s on: down for 1 s, and each answer takes 3 ms.
    expect(one!.detectedS).to.be.within(1, 1.15);
    expect(one!.steps.map(({ say, action }) => [say, action])).to.deep.equal([
      ["think", false],
      ["mend", true],
    ]);
    expect(one!.steps[0]!.begunS).to.be.closeTo(one!.detectedS! + 0.5, 0.001);
    expect(one!.steps[1]!.begunS).to.be.closeTo(one!.detectedS! + 0.7, 0.001);
    expect(unknown.join()).to.contain("all that comes after it");
  });
  it("hears alarms from turbulence on, and says what never came", () => {
    const detect = { alarm: "smoke" };
    expect(rehearse(planned([{ name: "p", detect, steps: [mend] }]), record([alarm])).procedures[0]!.detectedS).to.be.within(1, 1.06);
    const never = rehearse(planned([{ name: "p", detect: { alarm: "fire" }, steps: [mend] }]), record([alarm]));
    expect(never.procedures[0]).to.deep.include({ detectedS: null, steps: [] });
    expect(rehearsalLines(never)[0]).to.equal("p: the alarm fire: never");
  });
  it("waits for a guard, and not for ever", () => {
    const guarded = (forS: number) => ({ ...mend, guard: { ...down, is: "up" as const, forS }, limitS: 6 });
    const [one] = rehearse(planned([{ name: "p", detect: down, steps: [guarded(0.5)] }]), record()).procedures;
    // Up again from 8 s on: 3 s after the injection, and half a second more.
    expect(one!.steps[0]!.begunS).to.be.within(3.5, 3.7);
    const [other] = rehearse(planned([{ name: "p", detect: down, steps: [guarded(100)] }]), record()).procedures;
    expect(other!.steps[0]!.begunS).to.equal(null);
  });
  it("says that what it saw after the recorded playbook's own action was that one's doing", () => {
    const plan = smallPlan([], { playbook: "other", procedures: planned([{ name: "o", detect: down, steps: [mend] }]) });
    const acted: Event = { atUs: us(5.5), by: "model", kind: "step", procedure: "o", step: 1, says: "mend", state: "acting" };
    const own = rehearse(planned([{ name: "p", detect: down, steps: [mend] }]), { ...record([acted]), plan });
    expect(own.ownActionS).to.equal(0.5);
    expect(own.unknown.join()).to.contain("after 0.5 s: there the recorded run's own playbook (other) acted");
  });
});
