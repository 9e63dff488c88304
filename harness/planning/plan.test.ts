/** Planning is pure: same seed, same plan; words become names once; what cannot be is refused with one clear error. */
import { expect } from "chai";
import fc from "fast-check";
import { z } from "zod";
import { canonical, digestOf } from "../canonical.js";
import { defineFault, type Fault, type Scenario, type TargetInfo, type TargetSystem } from "../core.js";
import { FlounderError } from "../errors.js";
import { seeded } from "../random.js";
import { makePlan, readPlan } from "./plan.js";
import { howMany, pickOf, select } from "./select.js";

const info = (name: string, role: string, parts: Partial<TargetInfo> = {}): TargetInfo => ({
  name,
  role,
  kind: "component",
  can: ["process"],
  ways: {},
  ...parts,
});
const targets: TargetInfo[] = [
  ...[1, 2, 3].map((n) => info(`dea-${n}`, "dea")),
  ...[1, 2, 3].map((n) => info(`dea-${n}>nats-1`, "dea", { kind: "link", can: ["link"], class: "bus" })),
  ...[1, 2].map((n) => info(`cc-${n}:lun-1`, "cc", { kind: "mount", can: ["mount"], ways: { mount: ["detach"] } })),
];
const make = (parts: Partial<Fault>): Fault =>
  defineFault({
    name: "f",
    says: "s",
    colour: "#000",
    needs: ["process"],
    options: z.strictObject({ deep: z.number().default(1) }),
    inject: async () => {},
    heal: async () => {},
    witness: async () => ({ state: "intact" }),
    ...parts,
  } as Fault);
const faults = new Map([
  ["kill", make({ name: "kill" })],
  ["sever", make({ name: "sever", needs: ["link"] })],
  ["hang", make({ name: "hang", needs: ["mount"], way: () => "hang" })],
]);
const system = {
  name: "fake",
  topology: () => ({ profile: "micro", domain: "x.test", components: [] }),
  plannedProbes: () =>
    [1, 2, 3].map((n) => ({ probe: "app", plane: "data" as const, from: "outside" as const, target: `app-${n}`, periodMs: 50, deadlineMs: 1000, phaseMs: 0 })),
  delayedDamageS: () => 7.5,
} as unknown as TargetSystem;
const scenario = (parts: Partial<Scenario> = {}): Scenario => ({
  name: "one-cut",
  says: "kills one",
  giveUpS: 60,
  foundation: { profile: "micro", timeFactor: 20 },
  acts: [{ id: "a", fault: "kill", options: {}, on: { of: "dea", pick: "one" }, forS: 5 }],
  must: [{ plane: "data", from: "outside", lostS: { min: 1 } }],
  ...parts,
});
const plan = (seed: number, parts: Partial<Scenario> = {}) => makePlan({ scenario: scenario(parts), seed, system, engine: "local", faults, targets });
const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(FlounderError);
    return `${(error as FlounderError).message} → ${(error as FlounderError).hint}`;
  }
  throw new Error("it was not refused");
};
const withAct = (parts: object) => ({ acts: [{ ...scenario().acts[0]!, ...parts }] });

describe("plan", () => {
  it("same seed, same bytes; 20 seeds, at least five different plans", () => {
    expect(canonical(plan(7))).to.equal(canonical(plan(7)));
    expect(new Set(Array.from({ length: 20 }, (_, seed) => plan(seed).digest)).size).to.be.at.least(5);
    expect(new Set(Array.from({ length: 20 }, (_, seed) => plan(seed).injections[0]!.target)).size).to.equal(3);
  });

  it("keeps what was known of the ruler, reads it again, and refuses what is none", () => {
    const calibration = {
      madeIso: "2026-04-25T12:45:00.000Z",
      quick: true,
      machine: { id: "m", cpu: "c", cores: 2, kernel: "6", node: "v20" },
      rows: [{ mode: "503", connection: "fresh" as const, rateHz: 20, windows: 3, missed: 0, biasMs: -1, rmsMs: 20, coverage: 1 }],
    };
    const known = makePlan({ scenario: scenario(), seed: 7, system, engine: "local", faults, targets, calibration });
    expect(readPlan(canonical(known), "p").calibration).to.deep.equal(calibration);
    expect(known.digest).to.not.equal(plan(7).digest);
    const { digest: _, ...rest } = { ...known, calibration: { ...calibration, rows: [{ mode: "503" }] } };
    expect(refusal(() => readPlan(canonical({ ...rest, digest: digestOf(rest) }), "p"))).to.match(/p is not a plan: calibration\.rows\.0\./);
  });

  it("resolves words with the seed, and options by the fault's schema", () => {
    const { injections, acts, phases, digest } = plan(1, withAct({ on: { of: "dea-*>nats-1", pick: "all" }, fault: "sever" }));
    expect(injections.map((one) => one.target)).to.deep.equal(["dea-1>nats-1", "dea-2>nats-1", "dea-3>nats-1"]);
    expect(acts[0]!.options).to.deep.equal({ deep: 1 });
    expect(phases.watchS).to.equal(9);
    expect(digest).to.match(/^[0-9a-f]{16}$/);
  });

  it("a plan is read back only whole and unchanged", () => {
    const text = canonical(plan(3));
    expect(readPlan(text, "p.json")).to.deep.equal(JSON.parse(text));
    expect(refusal(() => readPlan(text.replace('"seed": 3', '"seed": 4'), "p.json"))).to.match(/p\.json: the digest says .* it was changed/);
    expect(refusal(() => readPlan(text.slice(0, 100), "p.json"))).to.match(/^p\.json is not JSON: .*→ make it with: flounder plan/);
    expect(refusal(() => readPlan("{}", "p.json"))).to.match(/p\.json is not a plan: name: /);
  });

  it("refuses what cannot be planned, saying what, where, and what to do", () => {
    expect(refusal(() => plan(1, withAct({ fault: "nope" })))).to.equal(
      'scenario one-cut, act "a": fault "nope" is unknown; there are kill, sever, hang → flounder list faults',
    );
    expect(refusal(() => plan(1, withAct({ options: { deeep: 2 } })))).to.match(/^scenario one-cut, act "a": kill has no option "deeep"; it has /);
    expect(refusal(() => plan(1, withAct({ on: { of: "cell", pick: "one" } })))).to.match(
      /^scenario one-cut, act "a": selector "cell" matches none of the 8 targets → expected a role \(cc, dea\)/,
    );
    expect(refusal(() => plan(1, withAct({ on: { of: "cc-*:lun-1", pick: "one" } })))).to.match(/none has what kill needs: process/);
    expect(refusal(() => plan(1, withAct({ fault: "hang", on: { of: "cc-*:lun-1", pick: "all" } })))).to.match(
      /hang needs the way "hang", but cc-1:lun-1 offers detach/,
    );
    expect(refusal(() => plan(1, withAct({ on: { of: "dea", pick: 9 } })))).to.match(/pick 9 of "dea", but only 3 match/);
    expect(refusal(() => plan(1, withAct({ forS: -1 })))).to.match(/not a scenario: acts\.0\.forS: /);
    expect(refusal(() => plan(1, { must: [{ during: "b", plane: "data", from: "inside", lostS: {} }] }))).to.match(/must\.during names the act "b"/);
    expect(refusal(() => plan(1, { ...withAct({ on: { of: "dea", pick: "all" } }), blastRadius: 2 }))).to.match(/3 injections, but blastRadius is 2/);
  });

  it("refuses a must of neither kind, with what the nearest lacks", () => {
    expect(refusal(() => plan(1, { must: [{ plane: "data", from: "inside", lostS: { least: 1 } }] as never }))).to.match(/must\.0\.lostS: .*least/);
    expect(refusal(() => plan(1, { must: [{ alarm: 7 }] as never }))).to.match(/must\.0\.alarm: /);
  });

  it("has the policy that its playbook brings along, and says that it is the playbook's", () => {
    const playbook = { name: "p", says: "s", policy: { b: "2" }, procedures: [] };
    const mine = scenario({ playbook: "p", foundation: { profile: "micro", timeFactor: 20, policy: { a: "1", b: "1" } } });
    const made = makePlan({ scenario: mine, seed: 1, system, engine: "local", faults, targets, playbook });
    expect(made.foundation.policy).to.deep.equal({ a: "1", b: "2" });
    expect(made.remedy).to.deep.equal({ b: "2" });
    expect(readPlan(canonical(made), "p.json").remedy).to.deep.equal({ b: "2" });
  });

  it("warns of a run that could not fail", () => {
    expect(plan(1, { must: [{ alarm: "smoke" }] }).warnings).to.deep.equal([]);
    expect(plan(1, { must: [] }).warnings).to.deep.equal(["no must has a min, or an alarm: a run in which nothing broke would pass"]);
  });
});

describe("selectors", () => {
  it("minority is fewer than half but at least one, majority more than half, and together they are at most one more than all", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 200 }), (n) => {
        const [minority, majority] = [howMany("minority", n), howMany("majority", n)];
        expect(majority).to.be.above(n / 2);
        if (n > 2) expect(minority).to.be.below(n / 2);
        expect(minority).to.be.within(1, n);
        expect(howMany("30%", n)).to.be.within(1, n);
      }),
    );
  });

  it("a choice of targets is a word, a count or a percentage; anything else is refused", () => {
    expect(["one", "all", "2", "30%", "100%"].map(pickOf)).to.deep.equal(["one", "all", 2, "30%", "100%"]);
    for (const text of ["half", "0", "0%", "101%", "-50%", "1.5", "50 %", "all,one", "", "ALL", "1e3"])
      expect(() => pickOf(text), text).to.throw(FlounderError, /is not a choice/);
  });

  it("picks are distinct, as many as asked, and the same for the same seed", () => {
    fc.assert(
      fc.property(fc.integer(), fc.integer({ min: 1, max: 3 }), (seed, pick) => {
        const draw = () => select({ of: "dea", pick }, faults.get("kill")!, {}, targets, seeded(seed), "here").map((t) => t.name);
        expect(new Set(draw()).size).to.equal(pick);
        expect(draw()).to.deep.equal(draw());
      }),
    );
  });
});
