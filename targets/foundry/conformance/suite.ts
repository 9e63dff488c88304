/**
 * What every engine must do, tried on a real foundation: act → seen from elsewhere → mended → seen again, for each capability on every kind of target
 * that has it; each fault on all of its targets; stronger means of undoing; what no journal has; the next keeper; and an end that leaves nothing.
 */
import { expect } from "chai";
import { type EngineName, loadFaults } from "../../../harness/registry.js";
import { allFaults } from "./all-faults.js";
import { attach } from "./attach.js";
import { differences } from "./differences.js";
import { edge } from "./edge.js";
import { engineOf, Lab, system, topology } from "./lab.js";
import { leftovers } from "./leftovers.js";
import { links } from "./links.js";
import { mountsOf } from "./mounts.js";
import { processes } from "./processes.js";
import { slips } from "./slips.js";
import { storage } from "./storage.js";
import { undo } from "./undo.js";

/** Defines the tests. Call it at the top of a test file. */
export async function conforms(engine: EngineName): Promise<void> {
  const faults = [...(await loadFaults()).values()].filter((fault) => !fault.changesNothing);
  const targets = await (await engineOf(engine)).targets(topology, system);

  describe(`the ${engine} engine conforms`, function () {
    this.timeout(120_000);
    const lab = new Lab(engine);
    before(async function () {
      this.timeout(300_000);
      await lab.up();
    });
    after(async function () {
      this.timeout(120_000);
      try {
        await lab.down();
      } finally {
        lab.forget();
      }
    });
    afterEach(async function () {
      // A hook that fails would end the whole suite: what could not be mended shows in the next test.
      if (this.currentTest?.isFailed()) await lab.mendAll().catch((error: Error) => console.log(`      not mended: ${error.message}`));
    });

    it("its targets are those that planning counted on, with all that their roles have", async () => {
      expect(lab.running.targets()).to.deep.equal(targets);
      for (const { name, can } of targets) expect(Object.keys(lab.running.target(name, can).can).sort(), name).to.deep.equal([...can].sort());
    });
    processes(lab);
    links(lab);
    mountsOf(lab);
    storage(lab);
    edge(lab);
    slips(lab);
    undo(lab);
    differences(lab, faults, targets);
    allFaults(lab, faults, targets);

    describe("its end", () => {
      it("leaves nothing", async () => {
        const ports = lab.running.components().flatMap((one) => Object.values(one.ports));
        const look = () => leftovers(engine, lab.spec, ports);
        expect(await look(), "it is seen while it lives").to.not.deep.equal([]);
        await lab.down();
        expect(await look()).to.deep.equal([]);
      });
    });
  });
  attach(engine);
}
