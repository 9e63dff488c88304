/** Whatever a fault leaves to chance is decided by the plan's seed: for every fault that there is, and for those that will come. */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import type { Fault, Scenario, TargetInfo, TargetSystem } from "../harness/core.js";
import { root } from "../harness/paths.js";
import { isLeftToChance } from "../harness/planning/chance.js";
import { makePlan } from "../harness/planning/plan.js";
import { loadFaults } from "../harness/registry.js";
import { act } from "../harness/scenario.js";

const system = {
  name: "fake",
  topology: () => ({ profile: "micro", domain: "x.test", components: [] }),
  plannedProbes: () => [],
  delayedDamageS: () => 1,
} as unknown as TargetSystem;

const faults = await loadFaults();
const left = [...faults.values()].filter(isLeftToChance);

/** A target that can all that the fault needs. */
const targetOf = (fault: Fault): TargetInfo => {
  const ways = Object.fromEntries(fault.needs.map((need) => [need, ["detach", "hang", "read-only", "slow", "all", "external", "internal"]]));
  return { name: "t-1", role: "t", kind: "component", can: fault.needs, ways, class: "bus" };
};
function optionsOf(fault: Fault, seed: number, options: object = {}): { readonly seed?: number } {
  // As authors of scenarios write it.
  const acts = [act(fault, { of: "t", pick: "all" }, { id: "a", forS: 1 }, options)];
  const scenario: Scenario = { name: "one", says: "one", giveUpS: 1, foundation: { profile: "micro", timeFactor: 20 }, acts, must: [] };
  const plan = makePlan({
    scenario,
    seed,
    system,
    engine: "local",
    faults: new Map([[fault.name, { ...fault, among: () => true }]]),
    targets: [targetOf(fault)],
  });
  expect(plan.acts[0]!.options).to.deep.equal(plan.injections[0]!.options);
  return plan.injections[0]!.options as { readonly seed?: number };
}

describe("what faults leave to chance", () => {
  it("is there at all", () => {
    expect(left.map(({ name }) => name)).to.include.members(["power-loss", "storage-corrupt", "storage-full", "dea-flap"]);
  });
  for (const fault of left)
    it(`${fault.name}: another seed of the plan, another course; the same seed, the same`, () => {
      const seeds = Array.from({ length: 20 }, (_, i) => optionsOf(fault, i + 1).seed);
      expect(new Set(seeds).size).to.equal(20);
      expect(optionsOf(fault, 7)).to.deep.equal(optionsOf(fault, 7));
      expect(optionsOf(fault, 7, { seed: 42 }).seed, "an act that names its seed keeps it").to.equal(42);
      expect(optionsOf(fault, 7, { seed: 0 }).seed).to.equal(0);
    });
  it("comes from its option seed and from nowhere else", () => {
    const own = [...faults.values()].filter(({ name }) =>
      /Math\.random|randomBytes|randomInt|randomUUID|\bseeded\(/.test(readFileSync(join(root, "faults", `${name}.ts`), "utf8")),
    );
    expect(own.filter((fault) => !isLeftToChance(fault)).map(({ name }) => name)).to.deep.equal([]);
    for (const { name } of own)
      expect(readFileSync(join(root, "faults", `${name}.ts`), "utf8"), name).to.not.match(/Math\.random|randomBytes|randomInt|randomUUID/);
  });
});
