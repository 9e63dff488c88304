/** Blindness, over every scenario that there is: whatever an event, or the state, says of what was planned, injected, witnessed and healed reaches no player and no room. */
import { expect } from "chai";
import { eventSchema } from "../core/event.js";
import type { Event, Plan } from "../core.js";
import { makePlan } from "../planning/plan.js";
import { listScenarios, loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget } from "../registry.js";
import type { Truth, Viewer } from "./game.js";
import type { Role } from "./protocol.js";
import { secretOf } from "./secret.js";
import { seenAbort, seenEvent, seenLanes, seenState, seesAll } from "./sight.js";

const viewers: readonly Viewer[] = [
  { role: "player", name: "bob", seat: { name: "player", inside: false, console: true } },
  { role: "player", name: "eve", seat: { name: "support", inside: false, console: false } },
  { role: "room", name: "the room" },
];
const present: Readonly<Record<Role, number>> = { facilitator: 1, player: 2, room: 1 };
const during = { blind: true, stage: "running" } as const;

/** A run of that plan, each event with all that the schema lets it have. */
const eventsOf = (plan: Plan): Event[] =>
  [
    {
      kind: "zero",
      wallIso: "2026-01-01T00:00:00Z",
      flounder: "x",
      repro: `flounder run ${plan.name} --seed ${plan.seed}`,
      foundation: { id: `${plan.name}-1`, attached: true },
    },
    { kind: "people", blind: true, seats: ["player"] },
    { kind: "phase", phase: "turbulence" },
    ...plan.acts.map(({ id }) => ({ kind: "act", act: id, state: "begins" })),
    ...plan.injections.flatMap(({ id, fault, target }) => [
      { kind: "injecting", injection: id, fault, target, client: "x" },
      { kind: "injected", injection: id },
      { kind: "reading", injection: id, reading: { state: "broken" }, fromUs: 1 },
      { kind: "healing", injection: id, client: "x" },
      { kind: "healed", injection: id, proved: true, why: "playbook" },
      { kind: "trouble", from: id, says: `not injected: ${fault} on ${target}` },
      { kind: "foreign", says: `${fault} on ${target} was injected by x` },
    ]),
    { kind: "detected", procedure: "p", says: plan.says },
    { kind: "step", step: 1, procedure: "p", says: plan.says, state: "done", slip: "skipped" },
    { kind: "audit", who: "script", verb: "restart", on: plan.injections[0]?.target ?? "", ok: true, says: plan.says },
    { kind: "facilitator", who: "ann", did: "inject", says: plan.name, ok: true, act: plan.acts[0]?.id },
    { kind: "fingerprint", when: "before", values: { [plan.injections[0]?.target ?? "x"]: "y" } },
    { kind: "aborted", why: plan.name },
    { kind: "broken-off", why: plan.name },
  ].map((event) => ({ atUs: 1, by: event.kind === "facilitator" ? "person" : "script", ...event }) as Event);

describe("what a blind player and the room see", function () {
  this.timeout(60_000);
  it("is nothing of any scenario's faults, targets, acts, seed and plan, until it is over", async () => {
    const faults = await loadFaults();
    let looked = 0;
    for (const { name, system } of listScenarios()) {
      const { scenario } = await loadScenario(name, system);
      const target = await loadTarget(system);
      const { profile, timeFactor, policy = {} } = scenario.foundation;
      const engine = (await loadEngine("local")) ?? undefined;
      const targets = await engine.targets(target.topology(profile, timeFactor, policy), target);
      const playbook = scenario.playbook === undefined ? undefined : await loadPlaybook(scenario.playbook, system);
      const plan = makePlan({ scenario, seed: 918_273_645, system: target, engine: "local", faults, targets, playbook });
      const events = eventsOf(plan);
      const truth: Truth = {
        ...during,
        zeroMs: 1,
        frozen: { untilIso: "2026-01-01T00:00:00Z", reason: plan.name },
        seats: [],
        lanes: (["outside", "inside"] as const).map((from) => ({ key: from, says: from, plane: "data", from })),
        console: { verbs: [], playbook: [], ask: null },
        secret: secretOf({ plan, events, foundation: `${plan.name}-1`, keeper: undefined, runner: "alive" }),
        abort: {
          by: "ann",
          askedMs: 1,
          of: 1,
          proved: 0,
          done: false,
          trouble: plan.name,
          heals: plan.injections.map(({ id, target: on }) => ({ injection: id, target: on, proved: true, atMs: 1, says: on })),
        },
        why: plan.name,
      };
      const secrets = [
        plan.name,
        plan.says,
        plan.digest,
        String(plan.seed),
        ...plan.acts.flatMap(({ id, fault }) => [id, fault]),
        ...plan.injections.flatMap(({ id, target: on }) => [id, on]),
      ].filter((word) => word.length > 2);
      for (const viewer of viewers) {
        const text = JSON.stringify([
          events.map((event) => seenEvent(event, viewer, truth)),
          seenState(viewer, truth, present),
          seenAbort(viewer, truth),
          seenLanes(viewer, truth),
        ]);
        for (const word of secrets) expect(text, `${name}: ${viewer.role}`).to.not.contain(word);
        expect(text).to.not.contain("inside");
        expect(JSON.stringify(events.map((event) => seenEvent(event, viewer, { ...truth, stage: "over" })))).to.contain(plan.injections[0]?.id ?? "");
      }
      looked++;
    }
    expect(looked).to.be.above(5);
  });

  it("is an allow-list: of a kind that is not in it nothing is seen, and of the rest only its fields", () => {
    const shown = new Map([
      ["alarm", ["alarm", "from", "says"]],
      ["audit", ["ok", "on", "says", "verb", "who"]],
      ["mark", ["mark", "says", "seat", "who"]],
      ["step", ["came", "procedure", "says", "state", "step", "who"]],
    ]);
    for (const option of eventSchema.options) {
      const [kind] = option.shape.kind.values as Set<string>;
      // With every field that the schema knows, and one that somebody adds later.
      const full = {
        ...Object.fromEntries(Object.keys(option.shape).map((field) => [field, "x"])),
        kind,
        by: "person",
        atUs: 1,
        addedLater: "x",
      } as unknown as Event;
      for (const viewer of viewers) {
        const seen = seenEvent(full, viewer, during);
        if (shown.has(kind!)) expect(Object.keys(seen!).sort(), kind).to.deep.equal([...shown.get(kind!)!, "atUs", "by", "kind"].sort());
        else expect(seen, kind).to.equal(undefined);
      }
    }
  });

  it("is everything for the facilitator, for everybody in a game that is not blind, and at the end", () => {
    expect(viewers.map((viewer) => seesAll(viewer, during))).to.deep.equal([false, false, false]);
    expect(seesAll({ role: "facilitator" }, during)).to.equal(true);
    for (const viewer of viewers)
      expect([seesAll(viewer, { ...during, blind: false }), seesAll(viewer, { ...during, stage: "over" })]).to.deep.equal([true, true]);
  });

  it("a seat with the inside vantage has its lanes, and nothing else of what is secret", () => {
    const lanes = (["outside", "inside"] as const).map((from) => ({ key: from, says: from, plane: "data" as const, from }));
    const truth = { ...during, lanes } as unknown as Truth;
    const seer: Viewer = { role: "player", name: "ops", seat: { name: "ops", inside: true, console: false } };
    expect(seenLanes(seer, truth)).to.deep.equal(lanes);
    expect(seesAll(seer, truth)).to.equal(false);
  });
});
