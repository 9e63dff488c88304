/** Mirrors between two cabinets, on a real foundation: torn blobs come back from the other cabinet, and a LUN that is gone is served from there. */

import { createHash } from "node:crypto";
import { readFileSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { StorageState } from "../contract/storage.js";
import { backUp, failOver, restoreBackup, storageState, verifyStorage } from "../operator/console.js";
import target from "../target.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { prober } from "../workload/prepare.js";

const shape = { cc: 1, dea: 1, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a", "cabinet-b"], lunsPerCabinet: 2 };
interface Mirrors {
  readonly copies: Record<string, { state: string; mirrored: number; behind: number }>;
  readonly kept: Record<string, { blobs: number; serves: boolean }>;
}

describe("mirrors between cabinets", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "mirrors", profile: "org", shape, mounts: true });
  const state = (): Promise<StorageState> => storageState(live.running.call, "cc-1");
  const mirrors = async (cabinet: string) => (await live.running.call(cabinet, "/mirrors")) as Mirrors;
  const luns = async () =>
    (await Promise.all(["cabinet-a", "cabinet-b"].map((name) => live.running.call(name, "/luns")))).flat() as { readonly lun: string; readonly dir: string }[];
  const blob = async (lun: string, sha1: string) => join((await luns()).find((one) => one.lun === lun)!.dir, "blobs", sha1.slice(0, 2), sha1);
  /** New bits until each LUN has some; resolves with digests that are on lun-2. */
  async function push(count: number): Promise<void> {
    const { client, spaceGuid } = await prober(live.facts);
    const guid = await client.createApp(spaceGuid, `probe-mirrors-${count}`);
    for (let i = 0; i < count; i++) await client.upload(guid, [{ path: "index.html", mode: 0o644, content: Buffer.from(`bits ${i} of ${count}`.repeat(50)) }]);
  }
  const inStep = () =>
    until(
      "mirrors to be in step",
      async () =>
        Object.values({ ...(await mirrors("cabinet-a")).copies, ...(await mirrors("cabinet-b")).copies }).every(
          (copy) => copy.state === "idle" && copy.behind === 0,
        ),
      15_000,
      100,
    );

  before(async () => {
    await push(12);
    await inStep();
  });

  it("holds each blob twice, in two cabinets", async () => {
    const { checked } = await verifyStorage(live.running.call, "cc-1");
    const held = Object.values({ ...(await mirrors("cabinet-a")).kept, ...(await mirrors("cabinet-b")).kept }).reduce((sum, { blobs }) => sum + blobs, 0);
    expect(held).to.equal(checked);
  });

  it("gives back what was torn or gone: a verification finds it and repairs it", async () => {
    await live.running.call("cabinet-a", "/content/corrupt", { percent: 40, seed: 1 });
    const { lying } = (await live.running.call("cabinet-a", "/content")) as { lying: string[] };
    const found = await verifyStorage(live.running.call, "cc-1");
    expect(found.torn).to.deep.equal([...lying].sort());
    expect(found.repaired).to.deep.equal(found.torn);
    expect(await verifyStorage(live.running.call, "cc-1")).to.deep.include({ torn: [], missing: [], repaired: [] });
    expect((await live.running.call("cabinet-a", "/content")) as object).to.deep.equal({ lying: [] });
    for (const sha1 of lying) {
      const at = await Promise.all(["lun-1", "lun-2"].map((lun) => blob(lun, sha1)));
      const kept = at.flatMap((path) => {
        try {
          return [createHash("sha1").update(readFileSync(path)).digest("hex")];
        } catch {
          return [];
        }
      });
      expect(kept).to.deep.equal([sha1]);
    }
    await live.running.call("cabinet-a", "/content/restore", {});
  });

  it("copies nothing while it is blocked, nor what is not what it is called", async () => {
    await live.running.call("cabinet-a", "/mirrors/block", { blocked: true });
    await until("it to be blocked", async () => Object.values((await mirrors("cabinet-a")).copies).every((copy) => copy.state === "blocked"), 3000, 50);
    const before = (await mirrors("cabinet-b")).kept;
    await push(10);
    expect((await mirrors("cabinet-b")).kept).to.deep.equal(before);
    await live.running.call("cabinet-a", "/mirrors/block", { blocked: false });
    await inStep();
    expect((await mirrors("cabinet-b")).kept).to.not.deep.equal(before);
  });

  it("serves a LUN from its mirror before it is declared lost, when an operator fails it over", async () => {
    await live.running.call("cabinet-a", "/power/brown-out", { supply: "A", flickerS: 0.05, seed: 3 });
    const answer = await failOver(live.running.call, live.running.topology, "lun-2");
    expect(answer).to.include({ lun: "lun-2", servedBy: "lun-4" });
    await until(
      "the CC to go on with the mirror",
      async () => (await state()).mounts["lun-2"] === "usable" && ((await state()).moved ?? []).includes("lun-2"),
      5000,
      50,
    );
    const { missing, torn, checked } = await verifyStorage(live.running.call, "cc-1");
    expect([missing, torn]).to.deep.equal([[], []]);
    expect(checked).to.be.above(20);
    await push(8);
    expect((await state()).readOnly, "not even for a moment: losing a LUN takes longer").to.equal(false);
    await live.running.call("cabinet-a", "/power/restore", {});
    expect((await state()).moved).to.deep.equal(["lun-2"]);
    expect((await verifyStorage(live.running.call, "cc-1")).missing).to.deep.equal([]);
  });

  // seed: CCDB and its backup <- the CCDB is put back to an older backup: acknowledged writes are lost, and named
  it("goes back to a backup of the CCDB quickly, and the ledger names each acknowledged write that is lost by it", async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const before = await client.createApp(spaceGuid, "probe-before-backup");
    const backup = await backUp(live.running.call, "cc-1");
    expect(backup.lun).to.equal("lun-4");
    const since = [await client.createApp(spaceGuid, "probe-since-1"), await client.createApp(spaceGuid, "probe-since-2")];
    const exist = [before, ...since].map((guid) => `app ${guid} exists`);
    expect(await target.missing(exist, live.facts, live.running.call)).to.deep.equal([]);
    const restored = await restoreBackup(live.running.call, "cc-1");
    expect(restored).to.include({ rows: backup.rows, atIso: backup.atIso });
    expect(restored.tookMs).to.be.below(5000);
    expect(await target.missing(exist, live.facts, live.running.call)).to.deep.equal(exist.slice(1));
    expect(await client.createApp(spaceGuid, "probe-since-1"), "the API goes on").to.be.a("string");
  });

  // seed: mirroring <- a blob and its mirror are both torn
  it("a blob that is torn on both sides is said to be so, and not repaired", async () => {
    const [victim] = (await luns()).filter(({ lun }) => lun === "lun-1");
    const { corrupted } = (await live.running.call("cabinet-a", "/content/corrupt", { percent: 1, seed: 2 })) as { corrupted: string[] };
    const sha1 = corrupted.find((one) => one)!;
    const copies = (await luns()).filter(({ lun }) => lun !== victim!.lun);
    for (const { dir } of copies)
      for (const lun of ["lun-1", "lun-2"]) {
        try {
          truncateSync(join(dir, "mirror", lun, "blobs", sha1.slice(0, 2), sha1), 1);
        } catch {
          // It is the mirror of another LUN.
        }
      }
    const found = await verifyStorage(live.running.call, "cc-1");
    expect(found.torn).to.include(sha1);
    expect(found.repaired).to.not.include(sha1);
    await live.running.call("cabinet-a", "/content/restore", {});
  });
});
