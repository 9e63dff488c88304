/** Faults of the storage on a real foundation: each is seen by its witness to bite and to be healed, and by the Cloud Controller for what it is. */
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { sleep, until } from "../../harness/clock.js";
import type { Capability, Fault, FoundationFacts, Running } from "../../harness/core.js";
import { newFoundation, passingName } from "../../harness/foundation.js";
import { factsOf } from "../../harness/keeper/facts.js";
import { loadEngine, loadFaults } from "../../harness/registry.js";
import { type StorageState, storageState, verifyStorage } from "./console.js";
import { prepare, prober } from "./prepare.js";
import target from "./target.js";
import { timersMs } from "./timers.js";

const signal = () => AbortSignal.timeout(5000);

describe("storage faults on a real foundation", function () {
  this.timeout(60_000);
  const home = mkdtempSync(join(tmpdir(), "flounder-storage-"));
  const earlier = process.env.XDG_STATE_HOME;
  let running: Running;
  let facts: FoundationFacts;
  let faults: ReadonlyMap<string, Fault>;
  const state = (): Promise<StorageState> => storageState(running.call, "cc-1");

  before(async function () {
    this.timeout(120_000);
    process.env.XDG_STATE_HOME = home;
    faults = await loadFaults();
    const spec = await newFoundation({ id: passingName("storage"), system: target, profile: "micro", timeFactor: 20, policy: {}, engine: "local" });
    running = await (await loadEngine("local")).start(spec, () => {}, new AbortController().signal);
    if (!running.targets().some(({ ways }) => ways.mount?.includes("hang"))) {
      console.log("      skipped: LUNs cannot be mounted here");
      this.skip();
    }
    facts = factsOf(spec, running, target);
    await prepare(facts, () => {});
  });
  after(async function () {
    this.timeout(60_000);
    await running?.reap();
    rmSync(home, { recursive: true, force: true });
    if (earlier === undefined) delete process.env.XDG_STATE_HOME;
    else process.env.XDG_STATE_HOME = earlier;
  });

  /** Breaks, asks `look` while it is broken, heals; the witness must have seen both. */
  async function hurt(name: string, on: string, given: object, look: () => Promise<void>): Promise<void> {
    const fault = faults.get(name)!;
    const options = fault.options.parse(given);
    const victim = running.target<Capability>(on, fault.needs);
    const reads = async (wanted: string) =>
      until(`${name} to read ${wanted}`, async () => (await fault.witness(victim, options, signal())).state === wanted, 20_000, 50);
    await reads("intact");
    try {
      await fault.inject(victim, options, signal());
      await reads("broken");
      await look();
    } finally {
      await fault.heal(victim, options, signal());
    }
    await reads("intact");
    await fault.heal(victim, options, signal());
  }
  const writable = () => until("the CC to be writable", async () => !(await state()).readOnly && (await state()).mounts["lun-1"] === "usable", 20_000, 100);

  it("storage-slow: late answers, nothing lost", async () => {
    await hurt("storage-slow", "cc-1:lun-1", { latencyMs: 100 }, async () => {
      expect((await verifyStorage(running.call, "cc-1")).tookMs).to.be.above(400);
      expect((await state()).readOnly).to.equal(false);
    });
  });

  it("storage-corrupt: reads lie, a verification finds each, healing puts back what was there", async () => {
    const before = await verifyStorage(running.call, "cc-1");
    expect([before.torn, before.missing]).to.deep.equal([[], []]);
    await hurt("storage-corrupt", "cabinet-a", { ofPercent: 30, seed: 7 }, async () => {
      const { torn } = await verifyStorage(running.call, "cc-1");
      expect(torn).to.have.length(Math.ceil(before.checked * 0.3));
      expect([...torn]).to.deep.equal([...((await running.call("cabinet-a", "/content")) as { lying: string[] }).lying].sort());
    });
    expect((await verifyStorage(running.call, "cc-1")).torn).to.deep.equal([]);
  });

  // seed: storage cabinet <- a cabinet has no room left
  it("storage-full: what is there is read and proved, nothing new is kept, and it is not a lost LUN", async () => {
    const { client, spaceGuid } = await prober(facts);
    const guid = await client.createApp(spaceGuid, "probe-full");
    const upload = (what: string) => client.upload(guid, [{ path: "index.html", mode: 0o644, content: Buffer.from(what.repeat(100)) }]);
    await upload("before");
    const before = await verifyStorage(running.call, "cc-1");
    await hurt("storage-full", "cabinet-a", {}, async () => {
      const said = await upload("while it is full").then(
        () => "kept",
        (error: Error) => error.message,
      );
      expect(said).to.include("blobstore");
      await sleep(timersMs(20).lunLost + 1000);
      expect(await state()).to.deep.include({ readOnly: false, mounts: { "lun-1": "usable" } });
      expect(await verifyStorage(running.call, "cc-1")).to.deep.include({ checked: before.checked, torn: [], missing: [] });
    });
    await upload("while it is full");
  });

  it("storage-full: a cabinet that was killed has no more room than before", async () => {
    const fault = faults.get("storage-full")!;
    const [all, cabinet] = [fault.options.parse({ luns: "all" }), running.target<Capability>("cabinet-a", ["room"])];
    const reads = (wanted: string) => until(`it to read ${wanted}`, async () => (await fault.witness(cabinet, all, signal())).state === wanted, 20_000);
    await fault.inject(cabinet, all, signal());
    await reads("broken");
    const { process: life } = running.target("cabinet-a", ["process"]).can;
    await life.kill("agent");
    await life.start();
    await reads("broken");
    await fault.heal(cabinet, all, signal());
    await reads("intact");
    // While it was away the LUN may have been declared lost, or is about to be.
    const isWritable = async () => !(await state()).readOnly && (await state()).mounts["lun-1"] === "usable";
    await until("the CC to be writable", async () => target.recover(running.call, running.topology, () => {}).then(isWritable), 30_000, 500);
  });

  it("link-bandwidth: answers crawl through it, and nothing is lost", async () => {
    const tookMs = async () => {
      const from = performance.now();
      const { client, spaceGuid } = await prober(facts);
      await client.apps(spaceGuid);
      return performance.now() - from;
    };
    const before = await tookMs();
    await hurt("link-bandwidth", "cc-1>ccdb-1", { rateKBps: 4 }, async () => {
      expect(await tookMs()).to.be.above(before + 300);
    });
    expect((await state()).readOnly).to.equal(false);
  });

  it("storage-readonly: reads go on, and the CC says what it is", async () => {
    await hurt("storage-readonly", "cc-1:lun-1", {}, () => until("the CC to see it", async () => (await state()).mounts["lun-1"] === "read-only", 5000));
    await target.recover(running.call, running.topology, () => {});
    await writable();
  });

  // seeds: power supply, LUN <- a supply flickers, then takes the LUN away that hangs on it
  it("power-loss: flickers, then takes the LUN away; the latch stays when power is back, until somebody verifies and releases", async () => {
    await hurt("power-loss", "cabinet-a", { flickerS: 2, seed: 3 }, async () => {
      expect((await state()).readOnly, "while it flickers").to.equal(false);
      await until("read-only", async () => (await state()).readOnly, 15_000, 50);
      expect((await state()).lostLuns).to.deep.equal(["lun-1"]);
    });
    expect((await state()).readOnly).to.equal(true);
    await target.recover(running.call, running.topology, () => {});
    await writable();
  });
});
