/** Designs: who is held against whom, in which order, and what is refused before anything is started. */
import { expect } from "chai";
import { digestOf } from "../canonical.js";
import type { Must } from "../core.js";
import { FlounderError } from "../errors.js";
import { capped } from "./design.js";
import { designSchema } from "./shapes.js";
import { design, playbook, scenario } from "./testing/comparison.js";

const refusal = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    expect(error).to.be.instanceOf(FlounderError);
    expect((error as FlounderError).exitCode).to.equal(64);
    return `${(error as FlounderError).message} → ${(error as FlounderError).hint}`;
  }
  throw new Error("it was not refused");
};

describe("a comparison's design", () => {
  it("each against the scenario's own playbook; doing nothing is a control, outside the family", () => {
    const { arms, reference, family, outcome, capS, blocks, maxBlocks, order } = design();
    expect(arms.map(({ name, role }) => `${name}: ${role}`)).to.deep.equal(["slow: reference", "quick: candidate", "none: control"]);
    expect({ reference, family }).to.deep.equal({ reference: "slow", family: [{ a: "quick", b: "slow" }] });
    expect(outcome, "what the scenario says must be lost").to.deep.equal({ plane: "control", from: "outside" });
    expect({ capS, blocks, maxBlocks, orders: order.length }).to.deep.equal({ capS: 30, blocks: 12, maxBlocks: 12, orders: 12 });
    expect(() => designSchema.parse(design())).to.not.throw();
  });
  it("has every arm once in each block, in an order that chance gave and the seed decides, and a seed of its own for each block", () => {
    const { order } = design({ blocks: 60 });
    for (const { arms } of order) expect([...arms].sort()).to.deep.equal(["none", "quick", "slow"]);
    expect(new Set(order.map(({ seed }) => seed)).size).to.equal(60);
    for (const place of [0, 1, 2])
      for (const arm of ["none", "quick", "slow"]) expect(order.filter(({ arms }) => arms[place] === arm).length, `${arm} at ${place}`).to.be.within(10, 32);
    expect(digestOf(design())).to.equal(digestOf(design()));
    expect(digestOf(design())).to.not.equal(digestOf(design({ seed: 8 })));
    // More blocks change nothing of those before: what was declared for them stays.
    expect(design({ blocks: 20 }).order.slice(0, 12)).to.deep.equal(design().order);
  });
  it("one playbook twice, all pairs, an A/A arm, nothing but doing nothing to be held against", () => {
    expect(design({ playbooks: [playbook("slow"), playbook("slow")] }).family).to.deep.equal([{ a: "slow #2", b: "slow" }]);
    const three = { playbooks: ["a", "b", "c"].map((name) => playbook(name)) };
    expect(design({ ...three, allPairs: true })).to.deep.include({
      reference: null,
      family: [
        { a: "b", b: "a" },
        { a: "c", b: "a" },
        { a: "c", b: "b" },
      ],
    });
    expect(design({ ...three, against: "b", aa: true }).arms.at(-1)).to.deep.equal({ name: "b (A/A)", playbook: "b", role: "aa", idle: false });
    expect(design({ playbooks: [playbook("slow"), playbook("none", true)] }).family).to.deep.equal([{ a: "none", b: "slow" }]);
    // Another design of the platform is a candidate, also if nobody does anything then.
    expect(design({ playbooks: [playbook("slow"), { ...playbook("policy", true), policy: { x: "y" } }] }).arms[1]!.role).to.equal("candidate");
  });
  it("ends the acts that a playbook ends at the cap, and leaves the others", () => {
    const two = {
      ...scenario,
      acts: [...scenario.acts, { ...scenario.acts[0]!, id: "b", atS: 4 }, { ...scenario.acts[0]!, id: "c", endedBy: "time" as const, forS: 9 }],
    };
    expect(capped(two, 50).acts.map(({ forS }) => forS)).to.deep.equal([50, 46, 9]);
  });
  it("refuses what could decide nothing", () => {
    expect(refusal(() => design({ playbooks: [playbook("slow")] }))).to.equal(
      "a comparison needs at least two playbooks, and was given 1 → name several: --playbooks none,as-it-was,…; flounder list playbooks",
    );
    expect(refusal(() => design({ blocks: 5 }))).to.match(
      /^5 blocks can decide nothing at alpha 0\.05 with 1 pair: at least 6 are needed → --blocks 6 or more/,
    );
    expect(refusal(() => design({ sequential: true, maxBlocks: 7, blocks: 6 }))).to.match(/at least 8 are needed → --max-blocks 8/);
    expect(refusal(() => design({ matters: 0.9 }))).to.match(/^--matters 0\.9x: expected a ratio above 1x/);
    expect(refusal(() => design({ alpha: 0.7 }))).to.match(/^--alpha 0\.7/);
    expect(refusal(() => design({ capS: 10 }))).to.match(/^--cap 10: scenario made-up needs more than 10 s to do its harm/);
    expect(refusal(() => design({ against: "nobody" }))).to.match(/^--against nobody: it is none of the playbooks slow, quick, none/);
    expect(refusal(() => design({ against: "slow", allPairs: true }))).to.match(/^--all-pairs and --against together/);
    expect(refusal(() => design({ maxBlocks: 20 }))).to.match(/^--max-blocks 20 without --sequential/);
    expect(refusal(() => design({ expect: "quick" }))).to.match(/^--expect/);
  });
  it("without a floor of harm it is about what app users outside lose", () => {
    const must: Must[] = [{ plane: "control", from: "inside", lostS: { max: 1 } }];
    expect(design({ scenario: { ...scenario, must } }).outcome).to.deep.equal({ plane: "data", from: "outside" });
  });
});
