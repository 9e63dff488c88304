/** Capabilities power, content and room, and the storage faults: each is seen by its witness to bite and to be healed, and by the Cloud Controller for what it is. */
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { timersMs } from "../contract/timers.js";
import { verifyStorage } from "../operator/console.js";
import { operator } from "../operator/operator.js";
import { prober } from "../workload/prepare.js";
import { app, type Lab, timeFactor, topology } from "./lab.js";

export function storage(lab: Lab): void {
  const call = () => lab.running.call;
  const verify = () => verifyStorage(call(), "cc-1");
  /** Not where LUNs are links to folders. */
  const hasRoom = () => lab.running.targets().some(({ can }) => can.includes("room"));
  const writable = () =>
    until(
      "the CC to be writable",
      async () => {
        const { readOnly, mounts } = await lab.storage();
        return !readOnly && Object.values(mounts).every((mount) => mount === "usable");
      },
      20_000,
      100,
    );

  describe("power, content and room", () => {
    it("storage-corrupt: reads lie, a verification finds each, healing puts back what was there", async () => {
      const before = await verify();
      expect([before.torn, before.missing]).to.deep.equal([[], []]);
      let lying: readonly string[] = [];
      await lab.breaks("storage-corrupt", "cabinet-a", { ofPercent: 100, seed: 7 }, async () => {
        expect(await lab.can("cabinet-a", "content").whole()).to.equal(false);
        lying = [...((await call()("cabinet-a", "/content")) as { lying: string[] }).lying].sort();
        expect([...(await verify()).torn].sort()).to.deep.equal(lying);
      });
      expect(lying).to.not.deep.equal([]);
      expect((await verify()).torn).to.deep.equal([]);
      await lab.asBefore();
    });

    // seed: storage cabinet <- a cabinet has no room left
    it("storage-full: what is there is read and proved, nothing new is kept, and it is not a lost LUN", async function () {
      if (!hasRoom()) return this.skip();
      const { client, spaceGuid } = await prober(lab.facts);
      const guid = await client.createApp(spaceGuid, "probe-full");
      const upload = (what: string) => client.upload(guid, [{ path: "index.html", mode: 0o644, content: Buffer.from(what.repeat(100)) }]);
      await upload("before");
      const before = await verify();
      await lab.breaks("storage-full", "cabinet-a", { luns: "all" }, () =>
        lab.breaks("storage-full", "cabinet-b", { luns: "all" }, async () => {
          const said = await upload("while it is full").then(
            () => "kept",
            (error: Error) => error.message,
          );
          expect(said).to.match(/ 507: .*Insufficient space on the blobstore: lun-[12] is full/);
          const fullUntil = performance.now() + timersMs(timeFactor).lunLost + 1000;
          await until("a lost LUN to be declared by now", () => performance.now() > fullUntil, 10_000);
          expect(await lab.storage()).to.deep.include({ readOnly: false, mounts: { "lun-1": "usable", "lun-2": "usable" } });
          expect(await verify()).to.deep.include({ checked: before.checked, torn: [], missing: [] });
        }),
      );
      await upload("while it is full");
      await client.remove(guid);
      await lab.asBefore();
    });

    it("storage-full: a cabinet that was killed has no more room than before", async function () {
      if (!hasRoom()) return this.skip();
      const { process: life } = lab.running.target("cabinet-a", ["process"]).can;
      const { takes } = lab.can("cabinet-a", "room");
      await lab.breaks("storage-full", "cabinet-a", { luns: "all" }, async () => {
        await life.kill("agent");
        await life.start();
        await until("it to take nothing, as before", async () => (await takes()) === "none", 20_000);
      });
      expect(await takes()).to.equal("all");
      await lab.asBefore();
    });

    it("storage-readonly: the CC says what it is, and apps go on", async function () {
      if (!lab.running.targets().some(({ ways }) => ways.mount?.includes("read-only"))) return this.skip();
      await lab.breaks("storage-readonly", "cc-1:lun-1", {}, async () => {
        await until("the CC to see it", async () => (await lab.storage()).mounts["lun-1"] === "read-only", 5000);
        expect(await lab.outside(app)).to.equal("app-1");
      });
      await lab.asBefore();
    });

    it("link-bandwidth: answers crawl through it, and nothing is lost", async () => {
      const tookMs = async () => {
        const from = performance.now();
        const { client, spaceGuid } = await prober(lab.facts);
        await client.apps(spaceGuid);
        return performance.now() - from;
      };
      const before = await tookMs();
      await lab.breaks("link-bandwidth", "cc-1>ccdb-1", { rateKBps: 4 }, async () => {
        expect(await tookMs()).to.be.above(before + 300);
      });
      expect((await lab.storage()).readOnly).to.equal(false);
      await lab.asBefore();
    });

    // seeds: power supply, LUN <- a supply flickers, then takes the LUN away that hangs on it
    it("power-loss: flickers, then takes the LUN away; the latch stays when power is back, until somebody verifies and releases", async () => {
      await lab.breaks("power-loss", "cabinet-a", { flickerS: 2, seed: 3 }, async () => {
        expect((await lab.storage()).readOnly, "while it flickers").to.equal(false);
        await until("read-only", async () => (await lab.storage()).readOnly, 15_000, 50);
        expect((await lab.storage()).lostLuns).to.deep.equal(["lun-1"]);
      });
      expect(await lab.can("cabinet-a", "power").steady()).to.equal(true);
      expect((await lab.storage()).readOnly).to.equal(true);
      const desk = operator(call(), topology, "script", () => {});
      await until("every mount to be usable", async () => Object.values((await lab.storage()).mounts).every((mount) => mount === "usable"), 20_000, 100);
      await desk.verify();
      await desk.release("power is back", "accept-loss");
      await writable();
      await lab.asBefore();
    });
  });
}
