/** Capability mount, on every mount: what the helper on it proves, what the Cloud Controller says by itself, and that nobody is left blocked. */
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { verifyStorage } from "../operator/console.js";
import { blocked } from "./blocked.js";
import { type Lab, topology } from "./lab.js";

const mounts = topology.components.flatMap(({ name, mounts }) => Object.keys(mounts).map((lun) => ({ name: `${name}:${lun}`, owner: name, lun })));
const ways = [
  ["detach", "error"],
  ["hang", "hung"],
  ["read-only", "read-only"],
] as const;

export function mountsOf(lab: Lab): void {
  describe("mount", () => {
    it("every mount of the topology is a target", () => {
      const targets = lab.running.targets().filter(({ kind }) => kind === "mount");
      expect(targets.map(({ name }) => name)).to.deep.equal(mounts.map(({ name }) => name));
    });

    for (const { name, owner, lun } of mounts) {
      const ccs = async () => (owner === "cc-1" ? (await lab.storage()).mounts[lun] : undefined);
      const has = (way: string) =>
        lab.running
          .targets()
          .find((target) => target.name === name)!
          .ways.mount?.includes(way) === true;
      const nobodyBlocked = () =>
        until("nobody to be blocked any more", () => blocked(lab.spec.id).length === 0, 10_000, 100).catch((error: Error) => {
          throw new Error(`${error.message}: ${blocked(lab.spec.id).join("; ")}`);
        });
      const usable = async () => {
        await until(`${name} to be usable`, async () => (await lab.can(name, "mount").state()) === "usable", 20_000, 100);
        if (owner === "cc-1") await until("the CC to say so", async () => (await ccs()) === "usable", 20_000, 100);
      };
      for (const [how, seen] of ways)
        it(`${name}, ${how}: proved by its helper, said by whoever uses it, and usable again`, async function () {
          if (!has(how)) return this.skip();
          const mount = lab.can(name, "mount");
          await usable();
          await mount.cut(how);
          await mount.cut(how);
          expect([await mount.state(), await mount.proofMs()]).to.deep.equal([seen, Number.POSITIVE_INFINITY]);
          if (owner === "cc-1") {
            let said: unknown;
            const says = async () => {
              said = await lab.storage();
              return (await ccs()) === seen;
            };
            await until(`the CC to say ${seen}`, says, 10_000, 50).catch((error: Error) => {
              throw new Error(`${error.message}: it says ${JSON.stringify(said)}`);
            });
          }
          if (how === "hang") await until("somebody to be blocked on it", () => blocked(lab.spec.id).length > 0, 10_000, 50);
          await mount.mend();
          await mount.mend();
          await usable();
          await nobodyBlocked();
          await lab.asBefore();
        });
      if (lun === "lun-1")
        it(`${name}, hung: whoever is blocked on it can be paused all the same, and goes on`, async function () {
          if (!has("hang")) return this.skip();
          const [mount, life] = [lab.can(name, "mount"), lab.can(owner, "process")];
          await usable();
          await mount.cut("hang");
          await until("somebody to be blocked on it", () => blocked(lab.spec.id).length > 0, 10_000, 50);
          await life.pause();
          expect(await life.responds()).to.equal(false);
          await life.resume();
          await until(`${owner} to answer`, () => life.responds(), 5000, 50);
          await mount.mend();
          await usable();
          await nobodyBlocked();
          await lab.asBefore();
        });

      it(`${name}, slow: every answer is late, and none is lost`, async function () {
        if (!has("slow")) return this.skip();
        const mount = lab.can(name, "mount");
        await usable();
        await mount.slow(100);
        expect(await mount.proofMs()).to.be.within(100, 5000);
        if (owner === "cc-1") {
          expect((await verifyStorage(lab.running.call, owner)).tookMs).to.be.above(400);
          expect((await lab.storage()).readOnly).to.equal(false);
        }
        await mount.mend();
        await usable();
        await until("proofs to be prompt", async () => (await mount.proofMs()) < 100, 5000);
        await lab.asBefore();
      });
    }
  });
}
