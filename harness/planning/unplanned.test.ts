/** Unplanned acts: planning checks them like all others, and what has begun makes a plan that begins it by itself. */
import { expect } from "chai";
import { canonical } from "../canonical.js";
import { loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget } from "../registry.js";
import { checkScenario } from "../scenario.js";
import { makePlan, readPlan } from "./plan.js";
import { withBegun } from "./unplanned.js";

const base = async () => {
  const { scenario, system } = await loadScenario("quiet-nats");
  const target = await loadTarget(system);
  const topology = target.topology(scenario.foundation.profile, scenario.foundation.timeFactor, scenario.foundation.policy ?? {});
  const targets = await (await loadEngine("local")).targets(topology, target);
  const playbook = scenario.playbook === undefined ? undefined : await loadPlaybook(scenario.playbook, system);
  const plan = (of: typeof scenario, seed = 7) =>
    loadFaults().then((faults) => makePlan({ scenario: of, seed, system: target, engine: "local", faults, targets, playbook }));
  const { atS: _at, after: _after, ...first } = scenario.acts[0]!;
  const unplanned = { ...first, id: "left-open", unplanned: true as const };
  return { scenario, plan, unplanned };
};

describe("unplanned acts", () => {
  it("change nothing of what is planned, and have their targets and rails chosen", async () => {
    const { scenario, plan, unplanned } = await base();
    const [without, with_] = [
      await plan(scenario),
      await plan({ ...scenario, acts: [unplanned, ...scenario.acts], must: [...scenario.must, { during: "left-open", alarm: "x" }] }),
    ];
    expect([with_.acts, with_.injections, with_.must]).to.deep.equal([without.acts, without.injections, without.must]);
    expect(with_.unplanned!.injections.map(({ act, maxS }) => [act, maxS])).to.deep.equal(with_.unplanned!.injections.map(() => ["left-open", unplanned.forS]));
    expect(with_.unplanned!.injections).to.have.length.above(0);
    expect(with_.unplanned!.must).to.deep.equal([{ during: "left-open", alarm: "x" }]);
    expect(with_.warnings.join()).to.contain("flounder gameday");
    expect(readPlan(canonical(with_), "it")).to.deep.equal(with_);
  });
  it("are held to the blast radius with the rest", async () => {
    const { scenario, plan, unplanned } = await base();
    const { injections } = await plan(scenario);
    const asked = { ...scenario, blastRadius: injections.length, acts: [...scenario.acts, unplanned] };
    await plan(asked).then(
      () => expect.fail("was not refused"),
      (error: Error) => expect(error.message).to.contain("blastRadius"),
    );
  });
  it("become part of the plan when they begin, at that moment", async () => {
    const { scenario, plan, unplanned } = await base();
    const open = await plan({ ...scenario, acts: [...scenario.acts, unplanned], must: [...scenario.must, { during: "left-open", alarm: "x" }] });
    const begun = withBegun(open, "left-open", 12.5);
    expect(begun.acts.at(-1)).to.include({ id: "left-open", atS: 12.5 }).and.not.have.property("unplanned");
    expect(begun.injections.filter(({ act }) => act === "left-open").map(({ atS }) => atS)).to.deep.equal(open.unplanned!.injections.map(() => 12.5));
    expect(begun.must.at(-1)).to.deep.equal({ during: "left-open", alarm: "x" });
    expect(begun).to.not.have.property("unplanned");
    expect(readPlan(canonical(begun), "it")).to.deep.equal(begun);
    expect(() => withBegun(begun, "left-open", 1)).to.throw("no unplanned act");
  });
  it("have no moment of their own, and nothing planned comes after them", async () => {
    const { scenario, unplanned } = await base();
    expect(() => checkScenario({ ...scenario, acts: [{ ...unplanned, atS: 3 }] }, "it")).to.throw("unplanned, and has atS");
    expect(() =>
      checkScenario({ ...scenario, must: [], acts: [unplanned, { ...unplanned, unplanned: undefined, id: "next", after: "left-open" }] }, "it"),
    ).to.throw("which is unplanned");
  });
});
