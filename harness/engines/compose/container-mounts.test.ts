import { expect } from "chai";
import { ContainerMounts } from "./container-mounts.js";

const line = (path: string, own: string) => `36 35 0:40 / ${path} ${own} - fuse.sshfs lun: rw,user_id=0`;

describe("what is mounted in a container", () => {
  it("is the last that its table has of a path", async () => {
    const mounts = new ContainerMounts(async () =>
      [line("/mounts/lun-1", "rw,nosuid"), line("/mounts/lun-2", "rw"), line("/mounts/lun-1", "ro,nosuid")].join("\n"),
    );
    expect(await mounts.at("/mounts/lun-1")).to.deep.equal({ readOnly: true, says: "fuse.sshfs lun: ro,nosuid;rw,user_id=0" });
    expect((await mounts.at("/mounts/lun-2"))?.readOnly).to.equal(false);
    expect(await mounts.at("/mounts/lun")).to.equal(undefined);
  });

  it("is read once for all who ask together, and never from before the question", async () => {
    let own = "rw";
    let readings = 0;
    const pending: (() => void)[] = [];
    const mounts = new ContainerMounts(() => {
      const text = line("/mounts/lun-1", own);
      readings++;
      return new Promise((resolve) => pending.push(() => resolve(text)));
    });
    const early = Promise.all(Array.from({ length: 8 }, () => mounts.at("/mounts/lun-1")));
    await new Promise(setImmediate);
    expect(readings).to.equal(1);
    own = "ro";
    const late = mounts.at("/mounts/lun-1");
    pending[0]!();
    expect((await early).map((one) => one?.readOnly)).to.deep.equal(Array(8).fill(false));
    await new Promise(setImmediate);
    pending[1]!();
    expect((await late)?.readOnly).to.equal(true);
    expect(readings).to.equal(2);
  });

  it("is asked again after a reading that failed", async () => {
    let fails = true;
    const mounts = new ContainerMounts(async () => {
      if (fails) throw new Error("no answer");
      return line("/mounts/lun-1", "rw");
    });
    const said = await mounts.at("/mounts/lun-1").catch((error: Error) => error.message);
    expect(said).to.equal("no answer");
    fails = false;
    expect((await mounts.at("/mounts/lun-1"))?.readOnly).to.equal(false);
  });
});
