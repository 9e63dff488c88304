/** Where FUSE cannot be used LUNs are links to the cabinet's folders: they cannot hang, but a LUN without power is still lost, and comes back with it. */
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { localEngine } from "../../../harness/engines/local/engine.js";
import { storageState } from "../operator/console.js";
import { operator } from "../operator/operator.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { prober } from "../workload/prepare.js";

const shape = { cc: 1, dea: 1, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a", "cabinet-b"], lunsPerCabinet: 2 };

describe("a foundation without FUSE", function () {
  this.timeout(60_000);
  const live = liveFoundation({
    name: "linked",
    profile: "org",
    shape,
    engine: (load) => localEngine(load, async () => ({ works: false, ways: ["detach"], why: "as if FUSE were not there" })),
  });

  it("is offered no fault that only those feel who have a LUN mounted", () => {
    expect(live.running.targets().filter(({ can }) => can.includes("room"))).to.deep.equal([]);
  });

  // seed: power supply <- the supply of a LUN that is a link goes away
  it("loses a LUN with its power, and has it back, whole, when an operator restores, verifies and releases", async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const guid = await client.createApp(spaceGuid, "probe-linked");
    for (let i = 0; i < 8; i++) await client.upload(guid, [{ path: "index.html", mode: 0o644, content: Buffer.from(`bits ${i}`.repeat(50)) }]);
    const state = () => storageState(live.running.call, "cc-1");
    expect((await state()).readOnly).to.equal(false);

    await live.running.call("cabinet-a", "/power/brown-out", { supply: "A", flickerS: 0.2, seed: 1 });
    await until("storage to be declared lost", async () => (await state()).readOnly, 15_000, 100);
    const { mounts, lostLuns } = await state();
    expect(lostLuns).to.deep.equal(["lun-2"]);
    expect(Object.entries(mounts).flatMap(([lun, is]) => (is === "usable" ? [lun] : []))).to.deep.equal(["lun-1", "lun-3", "lun-4"]);

    const console = operator(live.running.call, live.running.topology, "script", () => {});
    expect(await console.restorePower()).to.equal("power restored to cabinet-a");
    await until("every mount to be usable", async () => Object.values((await state()).mounts).every((is) => is === "usable"), 15_000, 100);
    expect(await console.verify()).to.match(/^\d+ blobs/);
    await console.release("power is back", "accept-loss");
    await until("the CC to be writable", async () => !(await state()).readOnly, 10_000, 100);
  });
});
