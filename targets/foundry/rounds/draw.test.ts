/** A round is its seed: drawn twice it is the same, and enough of them in a row see every kind of deed. */
import { expect } from "chai";
import fc from "fast-check";
import { loadEngine, loadFaults } from "../../../harness/registry.js";
import foundry from "../target.js";
import { drawRound, files, kindsOfDeeds, says } from "./draw.js";

const faults = [...(await loadFaults()).values()].filter(({ changesNothing }) => !changesNothing);
const targets = await (await loadEngine("local")).targets(foundry.topology("micro", 20, {}), foundry);

describe("drawn rounds", () => {
  it("are the same for the same seed", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1, max: 2 ** 31 }), (seed) => {
        expect(drawRound(seed, faults, targets)).to.deep.equal(drawRound(seed, faults, targets));
      }),
    );
  });

  it("see every kind of deed in a row, and every state file and target of a signal in enough of them", () => {
    const row = (length: number) => Array.from({ length }, (_, at) => drawRound(at + 1, faults, targets));
    const kinds = new Set(row(kindsOfDeeds).map(({ deed }) => deed.to));
    expect([...kinds].sort()).to.deep.equal(["disk", "file", "keeper", "prober", "runner", "toxiproxy"]);
    const many = row(20 * kindsOfDeeds);
    expect(new Set(many.flatMap(({ deed }) => (deed.to === "file" ? [deed.file] : [])))).to.have.all.keys(...files);
    expect(new Set(many.map(({ fault }) => fault)).size).to.be.greaterThan(faults.length / 2);
    expect(says(many[0]!)).to.include("seed 1: ");
  });
});
