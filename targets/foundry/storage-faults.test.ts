/** Faults of the storage on a real foundation: each is seen by its witness to bite and to be healed, and by the Cloud Controller for what it is. */
import { expect } from "chai";
import { sleep, until } from "../../harness/clock.js";
import type { Capability } from "../../harness/core.js";
import { type StorageState, storageState, verifyStorage } from "./console.js";
import { liveFoundation } from "./live-foundation.js";
import { prober } from "./prepare.js";
import target from "./target.js";
import { timersMs } from "./timers.js";

const signal = () => AbortSignal.timeout(5000);

describe("storage faults on a real foundation", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "storage", mounts: true, prepared: true });
  const state = (): Promise<StorageState> => storageState(live.running.call, "cc-1");

  const writable = () => until("the CC to be writable", async () => !(await state()).readOnly && (await state()).mounts["lun-1"] === "usable", 20_000, 100);

  it("storage-slow: late answers, nothing lost", async () => {
    await live.breaks("storage-slow", "cc-1:lun-1", { latencyMs: 100 }, async () => {
      expect((await verifyStorage(live.running.call, "cc-1")).tookMs).to.be.above(400);
      expect((await state()).readOnly).to.equal(false);
    });
  });

  it("storage-corrupt: reads lie, a verification finds each, healing puts back what was there", async () => {
    const before = await verifyStorage(live.running.call, "cc-1");
    expect([before.torn, before.missing]).to.deep.equal([[], []]);
    await live.breaks("storage-corrupt", "cabinet-a", { ofPercent: 30, seed: 7 }, async () => {
      const { torn } = await verifyStorage(live.running.call, "cc-1");
      expect(torn).to.have.length(Math.ceil(before.checked * 0.3));
      expect([...torn]).to.deep.equal([...((await live.running.call("cabinet-a", "/content")) as { lying: string[] }).lying].sort());
    });
    expect((await verifyStorage(live.running.call, "cc-1")).torn).to.deep.equal([]);
  });

  // seed: storage cabinet <- a cabinet has no room left
  it("storage-full: what is there is read and proved, nothing new is kept, and it is not a lost LUN", async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const guid = await client.createApp(spaceGuid, "probe-full");
    const upload = (what: string) => client.upload(guid, [{ path: "index.html", mode: 0o644, content: Buffer.from(what.repeat(100)) }]);
    await upload("before");
    const before = await verifyStorage(live.running.call, "cc-1");
    await live.breaks("storage-full", "cabinet-a", {}, async () => {
      const said = await upload("while it is full").then(
        () => "kept",
        (error: Error) => error.message,
      );
      expect(said).to.include("blobstore");
      await sleep(timersMs(20).lunLost + 1000);
      expect(await state()).to.deep.include({ readOnly: false, mounts: { "lun-1": "usable" } });
      expect(await verifyStorage(live.running.call, "cc-1")).to.deep.include({ checked: before.checked, torn: [], missing: [] });
    });
    await upload("while it is full");
  });

  it("storage-full: a cabinet that was killed has no more room than before", async () => {
    const fault = await live.fault("storage-full");
    const [all, cabinet] = [fault.options.parse({ luns: "all" }), live.running.target<Capability>("cabinet-a", ["room"])];
    const reads = (wanted: string) => until(`it to read ${wanted}`, async () => (await fault.witness(cabinet, all, signal())).state === wanted, 20_000);
    await fault.inject(cabinet, all, signal());
    await reads("broken");
    const { process: life } = live.running.target("cabinet-a", ["process"]).can;
    await life.kill("agent");
    await life.start();
    await reads("broken");
    await fault.heal(cabinet, all, signal());
    await reads("intact");
    // While it was away the LUN may have been declared lost, or is about to be.
    const isWritable = async () => !(await state()).readOnly && (await state()).mounts["lun-1"] === "usable";
    await until("the CC to be writable", async () => target.recover(live.running.call, live.running.topology, () => {}).then(isWritable), 30_000, 500);
  });

  it("link-bandwidth: answers crawl through it, and nothing is lost", async () => {
    const tookMs = async () => {
      const from = performance.now();
      const { client, spaceGuid } = await prober(live.facts);
      await client.apps(spaceGuid);
      return performance.now() - from;
    };
    const before = await tookMs();
    await live.breaks("link-bandwidth", "cc-1>ccdb-1", { rateKBps: 4 }, async () => {
      expect(await tookMs()).to.be.above(before + 300);
    });
    expect((await state()).readOnly).to.equal(false);
  });

  it("storage-readonly: reads go on, and the CC says what it is", async () => {
    await live.breaks("storage-readonly", "cc-1:lun-1", {}, () => until("the CC to see it", async () => (await state()).mounts["lun-1"] === "read-only", 5000));
    await target.recover(live.running.call, live.running.topology, () => {});
    await writable();
  });

  // seeds: power supply, LUN <- a supply flickers, then takes the LUN away that hangs on it
  it("power-loss: flickers, then takes the LUN away; the latch stays when power is back, until somebody verifies and releases", async () => {
    await live.breaks("power-loss", "cabinet-a", { flickerS: 2, seed: 3 }, async () => {
      expect((await state()).readOnly, "while it flickers").to.equal(false);
      await until("read-only", async () => (await state()).readOnly, 15_000, 50);
      expect((await state()).lostLuns).to.deep.equal(["lun-1"]);
    });
    expect((await state()).readOnly).to.equal(true);
    await target.recover(live.running.call, live.running.topology, () => {});
    await writable();
  });
});
