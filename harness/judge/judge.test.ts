import { expect } from "chai";
import fc from "fast-check";
import { canonical } from "../canonical.js";
import type { Event, LostMust, Outcome, Plan, PlannedProbe, Result, Sample } from "../core.js";
import { seeded } from "../random.js";
import { judge } from "./judge.js";
import { smallEvents, smallPlan, smallSamples, us } from "./testing/fixture.js";

/** The verdict of the small run with one thing changed; says are those of its findings that do not pass. */
function verdictOf(
  change: {
    plan?: Plan;
    events?: (events: Event[]) => Event[];
    samples?: (samples: Sample[]) => Sample[];
    outcome?: (probe: PlannedProbe, s: number) => Outcome;
  } = {},
) {
  const plan = change.plan ?? smallPlan();
  const events = change.events ? change.events(smallEvents()) : smallEvents();
  const sampled = smallSamples(plan, change.outcome);
  const verdict = judge(plan, events, change.samples ? change.samples(sampled) : sampled);
  return {
    verdict,
    result: verdict.result,
    says: verdict.findings.filter((finding) => finding.result !== "pass").map((finding) => `${finding.result}: ${finding.says}`),
  };
}
const without = (drop: (event: Event) => boolean) => (events: Event[]) => events.filter((event) => !drop(event));
const must = (one: Partial<LostMust>): Plan => smallPlan([{ during: "cut", plane: "data", from: "outside", lostS: {}, ...one }]);
const nothingLost = (): Outcome => "ok";
const alarm = (s: number, name = "smoke"): Event => ({ atUs: us(s), by: "platform", kind: "alarm", from: "monitor-1", alarm: name, says: `${name}` });

describe("judge", () => {
  it("passes a run in which all is proved and all that must hold holds", () => {
    const { verdict, says } = verdictOf();
    expect(says).to.deep.equal([]);
    expect(verdict.result).to.equal("pass");
    expect(verdict.receipts).to.include({ bit: 2, healed: 2, of: 2 });
    expect(verdict.ledger).to.deep.equal({ acknowledged: 1, missing: [] });
    expect(verdict.lostS.data.outside.lo).to.be.within(2.8, 3);
    expect(verdict.lostS.data.outside.hi).to.be.within(3, 3.2);
    expect(verdict.lostS.data.inside).to.deep.equal({ lo: 0, hi: 0 });
    expect(verdict.operations.login!.outside).to.deep.equal({ lo: 0, hi: 0, ok: 80, bad: 0 });
    expect(verdict.observerFaults).to.equal(0);
  });

  describe("a floor of harm, and a playbook that was quicker", () => {
    const procedures = [
      {
        name: "p",
        detect: { alarm: "smoke" },
        steps: [
          { say: "think", does: "decide" as const, humanS: 0, limitS: 9 },
          { say: "mend", does: "restore" as const, humanS: 0, limitS: 9 },
          { say: "keep it off", does: "prevent" as const, humanS: 0, limitS: 9 },
        ],
      },
    ];
    const floor = (more: Partial<Plan> = {}) => smallPlan([{ during: "cut", plane: "data", from: "outside", lostS: { min: 5 } }], { procedures, ...more });
    const acting = (step: number, s: number): Event => ({ atUs: us(s), by: "model", kind: "step", procedure: "p", step, says: "…", state: "acting" });
    const withSteps =
      (...steps: readonly Event[]) =>
      (events: Event[]) => [...events, ...steps];

    it("passes what was cut short: the harm before the first repair step is there", () => {
      const { verdict, says } = verdictOf({ plan: floor(), events: withSteps(acting(1, 5.2), acting(2, 6.5)) });
      expect(says).to.deep.equal([]);
      expect(verdict.findings.map((finding) => finding.says).join("\n")).to.match(
        /data outside: at least 5 s lost, during cut; lost 2\.9–3\.[01] s; 1\.[456](–1\.[56])? s of it before the playbook's first repair step, after 1\.5 s/,
      );
    });
    it("fails still where nobody laid hands on it: to decide is no repair", () => {
      expect(verdictOf({ plan: floor(), events: withSteps(acting(1, 5.2)) }).says[0]).to.match(/^fail: data outside: at least 5 s lost/);
      expect(verdictOf({ plan: floor() }).result).to.equal("fail");
    });
    it("passes what was prevented, or what the playbook's policy stood against", () => {
      const prevented = verdictOf({ plan: floor(), outcome: nothingLost, events: withSteps(acting(3, 5.5)) });
      expect(prevented.says).to.deep.equal([]);
      const remedied = verdictOf({ plan: floor({ remedy: { "cc.onLunLoss": "degrade" } }), outcome: nothingLost });
      expect(remedied.says).to.deep.equal([]);
      expect(remedied.verdict.findings.map((finding) => finding.says).join("\n")).to.contain(
        "the playbook's policy (cc.onLunLoss degrade) stood against the rest",
      );
    });
    it("is inconclusive where a repair came before any harm: nobody knows whether there would have been some", () => {
      const { result, says } = verdictOf({ plan: floor(), outcome: nothingLost, events: withSteps(acting(2, 5.5)) });
      expect(result).to.equal("inconclusive");
      expect(says[0]).to.match(/before anything was lost: no harm was shown/);
    });
    it("holds a ceiling over the whole of it all the same", () => {
      const plan = smallPlan([{ during: "cut", plane: "data", from: "outside", lostS: { min: 5, max: 2 } }], { procedures });
      expect(verdictOf({ plan, events: withSteps(acting(2, 6.5)) }).result).to.equal("fail");
    });
  });

  it("passes where the alarm that must come comes", () => {
    const { result, says } = verdictOf({ plan: smallPlan([{ during: "cut", alarm: "smoke" }]), events: (events) => [...events, alarm(6)] });
    expect(says).to.deep.equal([]);
    expect(result).to.equal("pass");
  });

  const changes: { name: string; change: Parameters<typeof verdictOf>[0]; result: Result; says: RegExp }[] = [
    { name: "max is exceeded", change: { plan: must({ lostS: { max: 2 } }) }, result: "fail", says: /^fail: data outside: at most 2 s lost, during cut; lost/ },
    { name: "max lies between the bounds", change: { plan: must({ lostS: { max: 2.95 } }) }, result: "inconclusive", says: /bounds leave it open/ },
    { name: "min is not reached", change: { plan: must({ lostS: { min: 4 } }) }, result: "fail", says: /at least 4 s lost, during cut; lost/ },
    { name: "min lies between the bounds", change: { plan: must({ lostS: { min: 3 } }) }, result: "inconclusive", says: /bounds leave it open/ },
    { name: "a fault that changes nothing reaches no floor", change: { outcome: nothingLost }, result: "fail", says: /^fail: .* lost 0.0 s/ },
    {
      name: "the alarm that must come does not",
      change: { plan: smallPlan([{ during: "cut", alarm: "smoke" }]), events: (events) => [...events, alarm(4), alarm(6, "other")] },
      result: "fail",
      says: /^fail: alarm smoke, during cut; it was not raised$/,
    },
    {
      name: "an alarm must come during an act that never bit",
      change: {
        plan: smallPlan([{ during: "cut", alarm: "smoke" }]),
        events: (events) => [...events.filter((event) => event.kind !== "reading" || event.reading.state !== "broken"), alarm(6)],
      },
      result: "inconclusive",
      says: /alarm smoke, during cut; raised after 1.0 s; but router-1, router-2 was never seen to be hit/,
    },
    {
      name: "damage comes too early",
      change: { plan: must({ notBeforeS: 1, lostS: { max: 4 } }) },
      result: "fail",
      says: /nothing in the first 1 s; the first was lost after 0/,
    },
    {
      name: "one operation is held against its own figure",
      change: { plan: smallPlan([{ plane: "control", from: "outside", op: "login", lostS: { min: 1 } }]) },
      result: "fail",
      says: /login outside: at least 1 s/,
    },
    {
      name: "no probe measures a must",
      change: { plan: smallPlan([{ plane: "control", from: "outside", op: "push", lostS: { max: 1 } }]) },
      result: "inconclusive",
      says: /no probe of the plan measures it/,
    },
    {
      name: "an acknowledged write is gone",
      change: { events: (events) => [...events, { atUs: us(12.3), by: "script", kind: "missing", write: "app a" }] },
      result: "fail",
      says: /acknowledged write is gone: app a/,
    },
    {
      name: "a bite has no receipt",
      change: { events: without((event) => event.kind === "reading" && event.injection === "cut/router-2" && event.reading.state === "broken") },
      result: "inconclusive",
      says: /link-cut on router-2 \(act cut\) has no receipt/,
    },
    {
      name: "an act at a decoy does not blame the foundation",
      change: { outcome: nothingLost, events: without((event) => event.kind === "reading" && event.reading.state === "broken") },
      result: "inconclusive",
      says: /never seen to be hit/,
    },
    {
      name: "healing is unproved",
      change: { events: (events) => events.map((event) => (event.kind === "healed" ? { ...event, proved: false } : event)) },
      result: "inconclusive",
      says: /healing link-cut on router-1 .* is unproved/,
    },
    {
      name: "no intact reading follows healing",
      change: { events: without((event) => event.kind === "reading" && event.atUs > us(8)) },
      result: "inconclusive",
      says: /no intact reading came after it/,
    },
    { name: "a fault was never healed", change: { events: without((event) => event.kind === "healed") }, result: "inconclusive", says: /was never healed/ },
    {
      name: "a stop cut a fault short",
      change: { events: (events) => events.map((event) => (event.kind === "healed" ? { ...event, why: "stop" } : event)) },
      result: "inconclusive",
      says: /was cut short: stop/,
    },
    {
      name: "the rail ended what a playbook should have",
      change: {
        plan: smallPlan(undefined, { acts: smallPlan().acts.map((act) => ({ ...act, endedBy: "playbook" })) }),
        events: (events) => events.map((event) => (event.kind === "healed" ? { ...event, why: "rail" } : event)),
      },
      result: "inconclusive",
      says: /ended by its rail/,
    },
    {
      name: "there was no steady phase",
      change: { events: without((event) => event.kind === "phase" && event.phase === "steady") },
      result: "inconclusive",
      says: /no steady phase/,
    },
    {
      name: "it was not steady before, and then nothing is blamed on the foundation",
      change: { outcome: (_, s) => (s > 3 && s < 9 ? "timeout" : "ok") },
      result: "inconclusive",
      says: /not steady before: \d+ of \d+ samples lost/,
    },
    {
      name: "it was not steady again after an act",
      change: {
        events: (events) => events.map((event) => (event.kind === "act" && event.state === "steady-again" ? { ...event, state: "not-steady" } : event)),
      },
      result: "inconclusive",
      says: /not steady again within 20 s after act cut/,
    },
    {
      name: "the fingerprint differs",
      change: {
        events: (events) =>
          events.map((event) =>
            event.kind === "fingerprint" && event.when === "after" ? { ...event, values: { "app app-1": "STOPPED", extra: "1" } } : event,
          ),
      },
      result: "inconclusive",
      says: /fingerprint differs: app app-1 was STARTED, is STOPPED/,
    },
    {
      name: "there is no second fingerprint",
      change: { events: without((event) => event.kind === "fingerprint" && event.when === "after") },
      result: "inconclusive",
      says: /no fingerprint after/,
    },
    {
      name: "the observer was blind for over 1 %",
      change: { samples: (samples) => samples.map((sample, i) => (i % 50 === 0 ? { ...sample, outcome: "observer" } : sample)) },
      result: "inconclusive",
      says: /lost to the observer; at most 1 %/,
    },
    {
      name: "the prober died half-way",
      change: { samples: (samples) => samples.filter((sample) => sample.dueUs < us(9)) },
      result: "inconclusive",
      says: /lost to the observer/,
    },
    {
      name: "one probe never spoke",
      change: { samples: (samples) => samples.filter((sample) => sample.probe !== "app" || sample.from === "inside") },
      result: "inconclusive",
      says: /no sample of app app-1/,
    },
    {
      name: "the run never got to its end",
      change: { events: without((event) => event.kind === "phase" && event.phase === "end") },
      result: "inconclusive",
      says: /never got to its end/,
    },
    {
      name: "somebody else breaks something meanwhile",
      change: {
        events: (events) => [
          ...events,
          { atUs: us(9), by: "person", kind: "foreign", says: "noop on router-1 was injected by flounder break (process 1), not by the plan" },
        ],
      },
      result: "inconclusive",
      says: /^inconclusive: noop on router-1 was injected by flounder break \(process 1\), not by the plan/,
    },
    {
      name: "a must that is missed while somebody else breaks something",
      change: { plan: must({ lostS: { max: 0 } }), events: (events) => [...events, { atUs: us(9), by: "person", kind: "foreign", says: "link-cut on x" }] },
      result: "inconclusive",
      says: /link-cut on x/,
    },
    {
      name: "the run was aborted",
      change: { events: (events) => [...events, { atUs: us(9), by: "person", kind: "aborted", why: "enough" }] },
      result: "aborted",
      says: /^aborted: aborted: enough/,
    },
    {
      name: "an abort overrides even a failure",
      change: { plan: must({ lostS: { max: 0 } }), events: (events) => [...events, { atUs: us(9), by: "person", kind: "aborted", why: "enough" }] },
      result: "aborted",
      says: /enough/,
    },
    {
      name: "a lost write fails a run whose experiment was unsound",
      change: {
        events: (events) => [
          ...without((event) => event.kind === "phase" && event.phase === "steady")(events),
          { atUs: us(12.3), by: "script", kind: "missing", write: "app a" },
        ],
      },
      result: "fail",
      says: /app a/,
    },
    { name: "a plan without injections proves nothing", change: { plan: smallPlan([], { injections: [] }) }, result: "inconclusive", says: /injects nothing/ },
  ];
  for (const { name, change, result, says } of changes) {
    it(`${name}: ${result}`, () => {
      const found = verdictOf(change);
      expect(found.says.join("\n")).to.match(new RegExp(says.source, "m"));
      expect(found.result).to.equal(result);
    });
  }

  it("a run that could not go on says why, and not that somebody wanted it", () => {
    const { result, says } = verdictOf({
      events: (events) => [
        ...without((event) => event.kind === "phase" && event.phase === "end")(events),
        { atUs: us(9), by: "script", kind: "broken-off", why: "the prober ended before its time (SIGKILL)" },
      ],
    });
    expect(result).to.equal("inconclusive");
    expect(says).to.include("inconclusive: the run never got to its end: the prober ended before its time (SIGKILL)");
  });

  describe("a steady phase that was begun again", () => {
    const again = (events: Event[]) =>
      events.flatMap((event): Event[] => (event.kind === "phase" && event.phase === "steady" ? [{ ...event, atUs: us(0.2) }, event] : [event]));
    it("counts from its last beginning, and says how often it began and what was lost", () => {
      const isLost = ({ probe, from, dueUs }: Sample) => probe === "login" && from === "outside" && dueUs === us(0.5);
      const samples = smallSamples().map((sample) => (isLost(sample) ? { ...sample, outcome: "timeout" as const } : sample));
      const { findings, result } = judge(smallPlan(), again(smallEvents()), samples);
      expect(result).to.equal("pass");
      expect(findings.map(({ says }) => says).find((says) => says.startsWith("steady before"))).to.match(
        /^steady before: 0 of 1\d\d samples lost; begun again 1 time: 1 of \d+ samples? was lost \(login api outside timeout ×1\) before$/,
      );
    });

    it("and never ended, says how often it was begun, and what was lost", () => {
      const early = (event: Event) => event.atUs < us(4);
      const plan = smallPlan();
      const samples = smallSamples(plan, (probe, s) => (probe.probe === "app" && probe.from === "outside" && s < 2 ? "refused" : "ok")).filter(
        ({ dueUs }) => dueUs < us(4),
      );
      const { findings, result } = judge(plan, again(smallEvents()).filter(early), samples);
      expect(result).to.equal("inconclusive");
      expect(findings.map(({ says }) => says).find((says) => says.startsWith("there was no steady phase"))).to.match(
        /^there was no steady phase before turbulence: it was begun 2 times, and \d+ of \d+ samples were lost \(app app-1 outside refused ×\d+\)$/,
      );
    });
  });

  it("an injection that was never done is inconclusive even if its target broke by itself", () => {
    const { result, says } = verdictOf({ events: without((event) => "injection" in event && event.injection === "cut/router-1" && event.kind !== "reading") });
    expect(result).to.equal("inconclusive");
    expect(says.join()).to.contain("link-cut on router-1 (act cut) was never injected");
  });

  it("a request pending when turbulence began does not make the steady phase unsteady", () => {
    const { result } = verdictOf({
      samples: (samples) => samples.map((sample) => (sample.dueUs === us(3.9) ? { ...sample, outcome: "timeout", endUs: us(4.4) } : sample)),
    });
    expect(result).to.equal("pass");
  });

  it("the edge into the next act's first loss is not the act's before", () => {
    const base = smallPlan();
    const plan = smallPlan([{ during: "cut", plane: "control", from: "outside", lostS: { max: 0 } }], {
      acts: [...base.acts, { ...base.acts[0]!, id: "next", atS: 4.05 }],
      injections: [...base.injections, { ...base.injections[0]!, id: "next/router-1", act: "next" }],
    });
    const moved = smallEvents().flatMap((event): Event[] =>
      "injection" in event && event.injection === "cut/router-1" && event.kind === "injecting"
        ? [event, { ...event, injection: "next/router-1", atUs: us(8.05) }]
        : [event],
    );
    const verdict = judge(
      plan,
      moved,
      smallSamples(plan, (probe, s) => (probe.plane === "control" && probe.from === "outside" && s >= 8.1 && s < 9 ? "http-5xx" : "ok")),
    );
    expect(verdict.acts.map((act) => act.lostS.control.outside.hi > 0)).to.deep.equal([false, true]);
  });

  it("each finding names its evidence", () => {
    const { verdict } = verdictOf({ plan: must({ lostS: { max: 2 } }) });
    const failed = verdict.findings.find((finding) => finding.result === "fail")!;
    expect(failed.atUs).to.deep.equal([us(5), us(7.9)]);
  });

  const base = smallSamples();
  it("one more bad sample never lowers a lost second, and never improves a verdict of ceilings", () => {
    const plan = smallPlan([
      { during: "cut", plane: "data", from: "outside", lostS: { max: 3.5 } },
      { plane: "control", from: "inside", lostS: { max: 0.2 } },
    ]);
    const order: readonly Result[] = ["pass", "inconclusive", "fail"];
    fc.assert(
      fc.property(fc.uniqueArray(fc.nat(base.length - 1), { maxLength: 12 }), fc.nat(base.length - 1), (already, one) => {
        const bad = (indexes: readonly number[]) =>
          base.map((sample, i) => (indexes.includes(i) && sample.dueUs >= us(5) ? { ...sample, outcome: "timeout" as const } : sample));
        const [before, after] = [judge(plan, smallEvents(), bad(already)), judge(plan, smallEvents(), bad([...already, one]))];
        for (const plane of ["control", "data"] as const)
          for (const from of ["outside", "inside"] as const) {
            expect(after.lostS[plane][from].lo).to.be.at.least(before.lostS[plane][from].lo);
            expect(after.lostS[plane][from].hi).to.be.at.least(before.lostS[plane][from].hi);
          }
        expect(order.indexOf(after.result)).to.be.at.least(order.indexOf(before.result));
      }),
      { numRuns: 60, seed: 7 },
    );
  });

  it("does not depend on the order in which samples were written", () => {
    const expected = canonical(judge(smallPlan(), smallEvents(), base));
    fc.assert(
      fc.property(fc.nat(), (seed) => {
        const random = seeded(seed);
        const shuffled = base
          .map((sample) => ({ sample, at: random() }))
          .sort((a, b) => a.at - b.at)
          .map(({ sample }) => sample);
        expect(canonical(judge(smallPlan(), smallEvents(), shuffled))).to.equal(expected);
      }),
      { numRuns: 20, seed: 7 },
    );
  });
});
