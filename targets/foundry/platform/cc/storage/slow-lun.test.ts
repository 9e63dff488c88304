/** A LUN that answers slowly is not gone: while a long operation gets its pieces, a proof that waits is no proof of a loss. */
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, renameSync, rmSync, truncateSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { bundles } from "../../base/testing/lab.js";
import { until } from "../../base/until.js";
import { Storage } from "./storage.js";
import { blobPath } from "./storage-messages.js";

const sha1 = "0123456789".repeat(4);
/** Read and hashed in a second or more; it takes no room. */
const bytes = 3 * 2 ** 30;
const timers = { storageCheck: 200, storageDeadline: 600, lunLost: 300 };

describe("a slow LUN", function () {
  this.timeout(150_000);
  const dir = mkdtempSync(join(tmpdir(), "flounder-slow-lun-"));
  let storage: Storage | undefined;
  after(() => {
    storage?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it("is usable while it answers anything, hung soon after it answers nothing", async () => {
    writeFileSync(join(dir, ".lun"), "lun-1\n");
    const blob = blobPath(dir, sha1);
    mkdirSync(dirname(blob), { recursive: true });
    writeFileSync(blob, "");
    truncateSync(blob, bytes);
    storage = new Storage({
      mounts: { "lun-1": dir },
      helperCommand: [process.execPath, join(bundles, "storage-helper.mjs")],
      proofFile: ".proof",
      mirrors: {},
      timers,
    });
    const mine = storage;
    await until("a first proof", () => mine.proofsMs()["lun-1"]!.most > 0, 10_000);
    let over = false;
    const read = mine.run("lun-1", { op: "hash", sha1 }, 120_000).finally(() => {
      over = true;
    });
    // From now on a proof waits in the kernel: nobody is at the other end.
    const proof = join(dir, ".proof");
    execFileSync("mkfifo", [`${proof}.fifo`]);
    renameSync(`${proof}.fifo`, proof);
    const from = performance.now();
    while (!over) {
      expect(mine.states()["lun-1"]).to.equal("usable");
      expect(mine.lost()).to.deep.equal([]);
      await Promise.race([read, until("a moment", () => performance.now() % 50 < 10, 1000, 5)]);
    }
    expect((await read).size).to.equal(bytes);
    expect(performance.now() - from, "ms of reading").to.be.greaterThan(timers.storageDeadline + timers.lunLost);
    await until("it to be hung", () => mine.states()["lun-1"] === "hung", 5000);
    await until("it to be lost", () => mine.lost().includes("lun-1"), 5000);
  });
});
