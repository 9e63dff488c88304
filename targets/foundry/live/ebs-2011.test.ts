/**
 * What becomes of the mirrors when the cabinets' network is too small for a while, on a real foundation, asked of the cabinets themselves: given up, looked for
 * all at once, no end of it by itself; the playbook's own steps end it, and a blob that only an old mirror had is named as lost.
 */

import { readdirSync, statSync, truncateSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { nowUs, sleep, until } from "../../../harness/clock.js";
import type { AuditLine } from "../../../harness/core.js";
import { loadFaults } from "../../../harness/registry.js";
import type { StorageState, Verified } from "../contract/storage.js";
import { storageState, verifyStorage } from "../operator/console.js";
import { type Operator, operator } from "../operator/operator.js";
import playbook from "../playbooks/stop-the-storm.js";
import { liveFoundation } from "../testing/live-foundation.js";
import { prober } from "../workload/prepare.js";

const shape = {
  cc: 1,
  dea: 1,
  router: 1,
  lb: 1,
  dns: 1,
  cabinets: ["cabinet-a", "cabinet-b"],
  lunsPerCabinet: 2,
  cabinet: { kBps: 1024, mirrorMB: 2.5, tenantsMB: 1 },
  policy: { "cabinet.reMirror": "eager" },
};
interface Copy {
  readonly state: string;
  readonly behind: number;
  readonly stuck: boolean;
  readonly copiesBegun: number;
  readonly thrownAwayBytes: number;
}
interface Mirrors {
  readonly copies: Record<string, Copy>;
  readonly bandwidth: { readonly bytesPerS: number; readonly movedBytes: { readonly mirrors: number } };
}
const signal = () => AbortSignal.timeout(5000);

describe("cabinets whose network is too small for a while", function () {
  this.timeout(90_000);
  const live = liveFoundation({ name: "ebs", profile: "org", shape, mounts: true });
  const state = (): Promise<StorageState> => storageState(live.running.call, "cc-1");
  const mirrors = async () => (await Promise.all(shape.cabinets.map((name) => live.running.call(name, "/mirrors")))) as Mirrors[];
  const copies = async () => (await mirrors()).flatMap((one) => Object.values(one.copies));
  const thrownAway = async () => (await copies()).reduce((sum, copy) => sum + copy.thrownAwayBytes, 0);

  before(async () => {
    const { client, spaceGuid } = await prober(live.facts);
    const guid = await client.createApp(spaceGuid, "probe-ebs");
    for (let i = 0; i < 8; i++) await client.upload(guid, [{ path: "index.html", mode: 0o644, content: Buffer.from(`bits ${i}`.repeat(50)) }]);
    await until("mirrors in step", async () => (await copies()).every((copy) => copy.state === "idle" && copy.behind === 0 && !copy.stuck), 15_000, 100);
    expect((await copies()).map(({ copiesBegun }) => copiesBegun)).to.deep.equal([0, 0, 0, 0]);
    expect(await verifyStorage(live.running.call, "cc-1")).to.deep.include({ missing: [], torn: [] });
  });

  it("give every mirror up for lost; the LUNs take no writes, and so all is read-only", async () => {
    const fault = (await loadFaults()).get("link-bandwidth")!;
    const options = fault.options.parse({ rateKBps: 2 });
    const ways = ["cabinet-a>cabinet-b", "cabinet-b>cabinet-a"].map((name) => live.running.target(name, ["link"]));
    const read = (wanted: string) =>
      until(
        `both ways to read ${wanted}`,
        async () => (await Promise.all(ways.map((way) => fault.witness(way as never, options, signal())))).every((one) => one.state === wanted),
        15_000,
      );
    await read("intact");
    for (const way of ways) await fault.inject(way as never, options, signal());
    await read("broken");
    await until("every LUN to be stuck", async () => (await copies()).every(({ stuck }) => stuck), 15_000);
    await until("read-only", async () => (await state()).readOnly, 15_000);
    // Toxiproxy takes a toxic away when what it holds is through; the cabinet behind it reads no faster than its network. A keeper tries again, too.
    for (const way of ways)
      await until(
        "the way to be wide again",
        () =>
          fault.heal(way as never, options, signal()).then(
            () => true,
            () => false,
          ),
        30_000,
        200,
      );
    await read("intact");
  });

  // seed: EC2-style re-mirroring storm <- traffic was moved onto a network too small for it; when it is whole again the storm goes on
  it("do not find back by themselves when the network is whole: all their bandwidth goes into copies that are thrown away", async () => {
    const [before, beforeBytes, fromUs] = [await mirrors(), await thrownAway(), nowUs()];
    await sleep(5000);
    const seconds = (nowUs() - fromUs) / 1e6;
    for (const [i, { bandwidth }] of (await mirrors()).entries())
      expect((bandwidth.movedBytes.mirrors - before[i]!.bandwidth.movedBytes.mirrors) / seconds, shape.cabinets[i]).to.be.above(0.4 * bandwidth.bytesPerS);
    expect(await thrownAway()).to.be.above(beforeBytes);
    for (const copy of await copies()) expect(copy.stuck).to.equal(true);
    expect(Object.values((await state()).mounts)).to.not.include("usable");
  });

  it("are whole again after the playbook's steps; a blob that was torn meanwhile was only in an old mirror: it is named, and lost", async () => {
    const rows = (await live.running.call("cabinet-a", "/luns")) as { readonly lun: string; readonly dir: string }[];
    const lines: AuditLine[] = [];
    const hands: Operator = operator(live.running.call, live.running.topology, "a test", (line) => lines.push(line));
    const victim = tear(rows[0]!.dir);
    for (const { run } of playbook.procedures[0]!.steps)
      if (run)
        await until(
          "the platform to take it",
          () =>
            run(hands).then(
              () => true,
              () => false,
            ),
          60_000,
          500,
        );
    await until("it to be writable", async () => !(await state()).readOnly, 5000);
    const { torn, repaired } = (await verifyStorage(live.running.call, "cc-1")) as Verified;
    expect(torn).to.deep.equal([victim]);
    expect(repaired).to.deep.equal([]);
    expect(lines.filter(({ ok }) => ok).map(({ verb }) => verb)).to.include.members(["blockMirroring", "addCapacity", "checkMirrors", "verify", "release"]);
    expect(lines.find(({ ok, verb }) => ok && verb === "release")!.says).to.include("1 blobs accepted as lost");
    await until("mirrors in step", async () => (await copies()).every((copy) => copy.state === "idle" && copy.behind === 0 && !copy.stuck), 10_000, 100);
  });

  /** Cuts a blob short that the CCDB knows: the probes' bits are small, other tenants' blobs are not. */
  function tear(dir: string): string {
    for (const shard of readdirSync(join(dir, "blobs")))
      for (const sha1 of readdirSync(join(dir, "blobs", shard))) {
        const path = join(dir, "blobs", shard, sha1);
        if (statSync(path).size === 32 * 1024) continue;
        truncateSync(path, 1);
        return sha1;
      }
    throw new Error(`no blob of ours below ${dir}`);
  }
});
