import { expect } from "chai";
import fc from "fast-check";
import { fixtureTopology } from "./local/testing/system.js";
import { uidsFrom, uidsOf } from "./uids.js";
import { wire } from "./wiring.js";

describe("the users of a foundation", () => {
  const topology = fixtureTopology();
  const all = (portBase: number, shared = false) => {
    const wiring = wire(topology, portBase);
    const uids = uidsOf(topology, wiring, portBase, { shared });
    const names = [...topology.components.map(({ name }) => name), ...[...wiring.servers.keys()].map((of) => `toxiproxy-${of}`)];
    return { uids, wiring, each: [...names.map((name) => uids.of(name)), ...topology.components.flatMap(({ name }) => uids.slots(name))] };
  };

  it("are one for each component, server and app slot, all in a block that follows from its ports", () => {
    fc.assert(
      fc.property(fc.integer({ min: 1024, max: 60_000 }), (portBase) => {
        const { uids, wiring, each } = all(portBase);
        expect(new Set(each).size).to.equal(each.length);
        for (const uid of each) expect(uid).to.be.within(uids.base + 1, uids.base + uids.count - 1);
        expect(uids.base).to.equal(uidsFrom + portBase);
        expect(uids.count, "no more than ports: blocks of ports do not overlap, nor do these").to.be.at.most(wiring.count);
        expect(uids.base + uids.count).to.be.below(2 ** 31);
      }),
    );
  });
  it("have one in common where LUNs are links to the cabinet's own folders, and the others do not", () => {
    const { uids } = all(20_000, true);
    expect(uids.of("cc-1")).to.equal(uids.of("cabinet-a"));
    expect(new Set(["cc-1", "nats-1", "dea-1", "db-1"].map((name) => uids.of(name))).size).to.equal(4);
    expect(() => uids.of("stranger")).to.throw("no user is kept for it");
  });
});
