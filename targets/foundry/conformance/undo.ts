/** Undoing by stronger means, one remedy after the other: the proxy made anew, its server restarted, the component restarted; what others have is left alone. */
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { blocked } from "./blocked.js";
import type { Lab } from "./lab.js";

export function undo(lab: Lab): void {
  const carrying = (name: string) => until(`${name} to carry`, () => lab.can(name, "link").carries(), 15_000, 100);

  describe("escalation", () => {
    // Both of the same Toxiproxy; whoever dials the first can be ready without it.
    for (const [name, other] of [
      ["cc-1>service-1", "hm-1>ccdb-1"],
      ["cc-1>nats-1", "hm-1>nats-1"],
    ] as const)
      it(`of ${name}: every remedy mends it, and the cut of ${other} stays`, async () => {
        const [link, rest] = [lab.can(name, "link"), lab.can(other, "link")];
        const owner = lab.can(name.slice(0, name.indexOf(">")), "process");
        await rest.cut("refuse");
        for (const { says, apply } of lab.running.remedies(name)) {
          const before = await owner.generation();
          await link.cut("swallow");
          expect(await link.carries()).to.equal(false);
          await apply();
          // What is announced is what is done: the last one restarts whoever dials, and what was cut stays so until it is mended.
          const restarts = says.includes(`restart ${name.slice(0, name.indexOf(">"))}`);
          if (!restarts) expect(await owner.generation(), says).to.equal(before);
          else {
            expect(await owner.generation()).to.not.equal(before);
            await link.mend();
          }
          await carrying(name);
          expect(await rest.carries(), `the other link: ${says}`).to.equal(false);
        }
        await rest.mend();
        await lab.asBefore();
      });

    for (const name of ["cc-1:lun-1", "dea-1:lun-1"])
      it(`of ${name}, hung: every remedy frees whoever is blocked`, async function () {
        if (
          !lab.running
            .targets()
            .find((target) => target.name === name)!
            .ways.mount?.includes("hang")
        )
          return this.skip();
        const mount = lab.can(name, "mount");
        for (const { says, apply } of lab.running.remedies(name)) {
          await mount.cut("hang");
          expect(await mount.state()).to.equal("hung");
          await apply();
          if (says.includes("and restart")) await mount.mend();
          await until(`${name} to be usable: ${says}`, async () => (await mount.state()) === "usable", 20_000, 100);
          await until("nobody to be blocked", () => blocked(lab.spec.id).length === 0, 10_000, 100);
        }
        await lab.asBefore();
      });

    it("of a component: the first one resumes and starts it, the second makes it anew", async () => {
      const life = lab.can("router-1", "process");
      const [start, restart, ...more] = lab.running.remedies("router-1");
      expect(more).to.deep.equal([]);
      await life.pause();
      await start!.apply();
      expect(await life.responds()).to.equal(true);
      await life.kill("node");
      await start!.apply();
      expect(await life.responds()).to.equal(true);
      const before = await life.generation();
      await restart!.apply();
      expect(await life.responds()).to.equal(true);
      expect(await life.generation()).to.not.equal(before);
      await lab.asBefore();
    });

    it("the fingerprint says of each kind of target that it is hurt, and is the same again when it is not", async () => {
      const before = await lab.running.fingerprint();
      const differs = async () => {
        const now = await lab.running.fingerprint();
        return Object.keys(before).filter((name) => now[name] !== before[name]);
      };
      const [link, mount, life] = [lab.can("cc-1>ccdb-1", "link"), lab.can("cc-1:lun-2", "mount"), lab.can("router-1", "process")];
      await link.cut("refuse");
      expect(await differs()).to.deep.equal(["cc-1>ccdb-1"]);
      await link.mend();
      await link.shape({ latencyMs: 100 });
      expect(await differs()).to.deep.equal(["cc-1>ccdb-1"]);
      await link.mend();
      await mount.cut("detach");
      expect(await differs()).to.deep.equal(["cc-1:lun-2"]);
      await mount.mend();
      await life.pause();
      expect(await differs()).to.deep.equal(["router-1"]);
      await life.resume();
      await life.kill("node");
      expect(await differs()).to.include("router-1");
      await life.start();
      await until("nothing to differ", async () => (await differs()).length === 0, 10_000);
      await lab.asBefore();
    });
  });
}
