import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { until } from "../../clock.js";
import type { ComponentFacts, FoundationSpec } from "../../core.js";
import { fixtureEngine, fixtureSpec, leftovers, sweep } from "./testing/foundation.js";

interface Said {
  readonly intact: Record<string, string>;
  readonly hurt: Record<string, string>;
  readonly components: readonly ComponentFacts[];
}

describe("taking over from a keeper that was killed", function () {
  this.timeout(120_000);
  let spec: FoundationSpec;
  let owner: ChildProcess;
  const own = (id: string) => {
    spec = fixtureSpec(id);
    owner = fork(fileURLToPath(new URL("testing/owner.js", import.meta.url)), [spec.dir, spec.id]);
  };
  afterEach(async () => {
    owner.kill("SIGKILL");
    await sweep(spec);
  });

  it("adopts who lives, restarts who died, and knows every cut, hold and pause", async () => {
    own("attach");
    const [said] = (await once(owner, "message")) as [Said];
    owner.kill("SIGKILL");
    await once(owner, "exit");
    const was = (name: string) => said.components.find((one) => one.name === name)!;
    process.kill(was("db-1").pid!, "SIGKILL");
    const running = await fixtureEngine().attach(spec.dir);
    try {
      const now = (name: string) => running.components().find((one) => one.name === name)!;
      for (const name of ["cabinet-a", "cc-1", "dea-1"]) expect(now(name).pid, name).to.equal(was(name).pid);
      expect(now("nats-1")).to.include({ state: "held", pid: null });
      expect(now("dea-1").state).to.equal("paused");
      await until("db-1 to be restarted", () => now("db-1").state === "ready", 30_000);
      expect(now("db-1").pid).to.not.equal(was("db-1").pid);
      expect(await running.fingerprint()).to.deep.equal(said.hurt);

      await running.target("cc-1>nats-1", ["link"]).can.link.mend();
      await running.target("cc-1:lun-1", ["mount"]).can.mount.mend();
      await running.target("nats-1", ["process"]).can.process.start();
      await running.target("dea-1", ["process"]).can.process.resume();
      expect(await running.fingerprint()).to.deep.equal(said.intact);

      // An adopted process is watched, though it is nobody's child here.
      const { generation } = running.target("cc-1", ["process"]).can.process;
      const old = await generation();
      process.kill(was("cc-1").pid!, "SIGKILL");
      await until("cc-1 to be restarted", async () => (await generation()) !== old && now("cc-1").state === "ready", 30_000);
    } finally {
      await running.reap();
    }
    expect(leftovers(spec)).to.deep.equal({ processes: [], mounts: [] });
  });

  it("a start in the folder of one that was killed while booting ends what it left", async () => {
    own("half");
    await until("its first processes", () => leftovers(spec).processes.length > 2, 60_000, 10);
    owner.kill("SIGKILL");
    await once(owner, "exit");
    const old = leftovers(spec).processes.map((one) => one.pid);
    const running = await fixtureEngine().start(spec, () => undefined, new AbortController().signal);
    try {
      const pids = leftovers(spec).processes.map((one) => one.pid);
      expect(pids.filter((pid) => old.includes(pid))).to.deep.equal([]);
    } finally {
      await running.reap();
    }
    expect(leftovers(spec)).to.deep.equal({ processes: [], mounts: [] });
  });
});
