import { expect } from "chai";
import { until } from "../../../clock.js";
import type { Capabilities } from "../../../core.js";
import { ProcessTable, statOf } from "../../process-table.js";
import { leftovers, rejection, type Tried, tryFoundation } from "../testing/foundation.js";
import { fuseVerdict } from "./fuse-check.js";

const dead = (pid: number) => ["gone", "Z"].includes(statOf(pid)?.state ?? "gone");

describe("mounts of the local engine", function () {
  this.timeout(120_000);
  let tried: Tried;
  let mount: Capabilities["mount"];
  before(async function () {
    if (!(await fuseVerdict()).works) return this.skip();
    tried = await tryFoundation("mounts");
    mount = tried.running.target("cc-1:lun-1", ["mount"]).can.mount;
  });
  after(() => tried?.end());
  afterEach(() => mount.mend());

  for (const [how, seen] of [
    ["detach", "error"],
    ["hang", "hung"],
    ["read-only", "read-only"],
  ] as const) {
    it(`${how}: seen by whoever uses it, undone by mend, the same fingerprint`, async function () {
      const ways = tried.running.targets().find((one) => one.name === "cc-1:lun-1")?.ways.mount;
      if (!ways?.includes(how)) return this.skip();
      const before = await tried.running.fingerprint();
      expect(await mount.state()).to.equal("usable");
      await mount.cut(how);
      expect(await mount.state()).to.equal(seen);
      if (how !== "hang") expect((await rejection(tried.running.call("cc-1", "/blob"))).message).to.match(/EIO|EROFS/);
      await mount.mend();
      await mount.mend();
      await until("the mount to be usable", async () => (await mount.state()) === "usable", 30_000);
      expect(await tried.running.call("cc-1", "/blob")).to.equal(null);
      expect(await tried.running.fingerprint()).to.deep.equal(before);
    });
  }

  it("a process that is blocked on a hung mount goes on after mending, and another may still be killed", async () => {
    const writer = Number(await tried.running.call("cc-1", "/write"));
    await until("the writer to write", () => mount.state().then((state) => state === "usable"), 30_000);
    await mount.cut("hang");
    expect(await mount.state()).to.equal("hung");
    process.kill(writer, "SIGKILL");
    await mount.mend();
    await until("the killed writer to be freed", () => dead(writer), 30_000);
    await until("the mount to be usable", async () => (await mount.state()) === "usable", 30_000);
  });

  it("an sshfs that dies is mounted again", async () => {
    const table = new ProcessTable(tried.spec.id, () => [tried.spec.dir]);
    const [sshfs] = table.all().filter((one) => one.mount === "cc-1:lun-1");
    process.kill(sshfs!.pid, "SIGKILL");
    await until(
      "another sshfs and a usable mount",
      async () => table.all().some((one) => one.mount !== undefined && one.pid !== sshfs!.pid) && (await mount.state()) === "usable",
      8000,
    );
    expect(tried.troubles.join("\n")).to.contain("cc-1:lun-1 sshfs killed by SIGKILL");
  });

  it("escalation frees whoever hangs, whatever the link does", async () => {
    for (const { says, apply } of tried.running.remedies("cc-1:lun-1")) {
      await mount.cut("hang");
      await apply();
      if (says.endsWith("restart cc-1")) await mount.mend();
      await until(`the mount to be usable: ${says}`, async () => (await mount.state()) === "usable", 30_000);
    }
  });

  it("a foundation is reaped with a mount that hangs and a process blocked on it", async () => {
    const writer = Number(await tried.running.call("cc-1", "/write"));
    await mount.cut("hang");
    expect(await mount.state()).to.equal("hung");
    process.kill(writer, "SIGKILL");
    await tried.running.reap();
    expect(leftovers(tried.spec)).to.deep.equal({ processes: [], mounts: [] });
    expect(dead(writer)).to.equal(true);
    mount = { ...mount, mend: async () => undefined };
  });
});

describe("mounts where FUSE does not work", function () {
  this.timeout(120_000);
  it("are symlinks that can be detached and nothing else", async () => {
    const tried = await tryFoundation("symlinks", async () => ({ works: false, ways: ["detach"], why: "a test" }));
    try {
      const info = tried.running.targets().find((one) => one.name === "cc-1:lun-1");
      expect(info?.ways).to.deep.equal({ mount: ["detach"] });
      const { mount } = tried.running.target("cc-1:lun-1", ["mount"]).can;
      const before = await tried.running.fingerprint();
      expect(await mount.state()).to.equal("usable");
      await mount.cut("detach");
      expect(await mount.state()).to.equal("error");
      expect((await rejection(tried.running.call("cc-1", "/blob"))).message).to.contain("ENOENT");
      expect(await rejection(mount.cut("hang"))).to.have.property("code", "refused");
      await mount.mend();
      expect(await mount.state()).to.equal("usable");
      expect(await tried.running.fingerprint()).to.deep.equal(before);
    } finally {
      await tried.end();
    }
    expect(leftovers(tried.spec)).to.deep.equal({ processes: [], mounts: [] });
  });
});
