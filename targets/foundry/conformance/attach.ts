/** A keeper is killed with SIGKILL; the next one knows all that was done, can undo it, and ends everything. */
import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { FoundationSpec, Running } from "../../../harness/core.js";
import type { EngineName } from "../../../harness/registry.js";
import { newFoundation, passingName } from "../../../harness/state/foundation.js";
import { engineOf, system, timeFactor } from "./lab.js";
import { leftovers } from "./leftovers.js";
import { hurts, type Said } from "./owner.js";
import { ring } from "./ring.js";

export function attach(engine: EngineName): void {
  describe("attaching after a keeper was killed", function () {
    this.timeout(180_000);
    let home: string;
    const earlier = process.env.XDG_STATE_HOME;
    let spec: FoundationSpec;
    let owner: ChildProcess;
    let said: Said;
    let running: Running | undefined;
    const life = (name: string) => running!.target(name, ["process"]).can.process;
    const state = (name: string) => running!.components().find((one) => one.name === name)!.state;

    before(async () => {
      home = mkdtempSync(join(tmpdir(), "flounder-attach-"));
      process.env.XDG_STATE_HOME = home;
      spec = await newFoundation({ id: passingName(`attach-${engine}`), system, profile: "micro", timeFactor, policy: {}, engine });
      owner = fork(fileURLToPath(new URL("owner.js", import.meta.url)), [engine, spec.dir, spec.id]);
      const ended = once(owner, "exit").then(() => {
        throw new Error("the first keeper ended before it said what it did");
      });
      [said] = (await Promise.race([once(owner, "message"), ended])) as [Said];
      owner.kill("SIGKILL");
      await once(owner, "exit").catch(() => {});
      running = await (await engineOf(engine)).attach(spec.dir);
    });
    after(async () => {
      owner?.kill("SIGKILL");
      await running?.reap();
      rmSync(home, { recursive: true, force: true });
      if (earlier === undefined) delete process.env.XDG_STATE_HOME;
      else process.env.XDG_STATE_HOME = earlier;
    });

    it("adopts whoever lives, and keeps dead and paused who was so", async () => {
      for (const [name, generation] of Object.entries(said.generations)) expect(await life(name).generation(), name).to.equal(generation);
      expect([state(hurts.killed), state(hurts.paused)]).to.deep.equal(["held", "paused"]);
      expect([await life(hurts.killed).responds(), await life(hurts.paused).responds()]).to.deep.equal([false, false]);
    });

    it("knows every cut: nothing was undone, nothing was done", async () => {
      expect(await running!.fingerprint()).to.deep.equal(said.hurt);
      expect(await ring(running!.dialled(hurts.cut), "nats")).to.equal("silence");
      expect(await running!.target(hurts.shaped, ["link"]).can.link.rttMs()).to.be.above(120);
      expect(await running!.target(hurts.mount, ["mount"]).can.mount.state()).to.equal("error");
    });

    it("undoes all of it: the fingerprint is that of before", async () => {
      await running!.target(hurts.cut, ["link"]).can.link.mend();
      await running!.target(hurts.shaped, ["link"]).can.link.mend();
      const mount = running!.target(hurts.mount, ["mount"]).can.mount;
      await mount.mend();
      await life(hurts.killed).start();
      await life(hurts.paused).resume();
      expect([await life(hurts.killed).responds(), await life(hurts.paused).responds()]).to.deep.equal([true, true]);
      await until("the mount to be usable", async () => (await mount.state()) === "usable", 20_000, 100);
      expect(await running!.fingerprint()).to.deep.equal(said.intact);
    });

    it("watches whom it adopted: who dies by itself is restarted", async () => {
      const { generation } = life("router-2");
      const first = await generation();
      await running!.call("router-2", "/restart", {});
      await until("router-2 to be another one", async () => (await generation()) !== first && state("router-2") === "ready", 20_000);
    });

    it("ends everything: nothing is left of what another one started", async () => {
      const ports = running!.components().flatMap((one) => Object.values(one.ports));
      expect(await leftovers(engine, spec, ports), "it is seen while it lives").to.not.deep.equal([]);
      await running!.reap();
      running = undefined;
      expect(await leftovers(engine, spec, ports)).to.deep.equal([]);
    });
  });
}
