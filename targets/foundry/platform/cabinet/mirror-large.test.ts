/** A blob of 200 MiB is mirrored while clients go on: no piece of it is long on the way, and nobody holds it whole. */

import { createHash, randomBytes } from "node:crypto";
import { mkdirSync, renameSync } from "node:fs";
import { writeFile } from "node:fs/promises";
import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { opening } from "../../contract/sftp.js";
import { freePort, Lab, type Part } from "../base/testing/lab.js";
import { until } from "../base/until.js";
import { introductionTo } from "./testing/lab-introducer.js";

const mb = 2 ** 20;
/** What a client may wait for an answer of a few bytes. The blob alone takes 3 s of all that a cabinet moves. */
const mostMs = 600;
/** SSH_FXP_STAT (17), request 1, path ".". */
const stat = Buffer.from([0, 0, 0, 10, 17, 0, 0, 0, 1, 0, 0, 0, 1, 46]);

/** Asks a LUN for its root again and again; `most` is the longest wait until now, of an unanswered question as well. */
class Client {
  readonly #socket: Socket;
  #askedMs = performance.now();
  #mostMs = 0;
  answers = 0;
  constructor(cabinet: string, port: number) {
    this.#socket = connect(port, "127.0.0.1", () => this.#socket.write(Buffer.concat([Buffer.from(introductionTo(cabinet)), opening])));
    this.#socket.on("error", () => {});
    this.#socket.on("data", () => {
      this.#mostMs = this.most;
      this.answers++;
      this.#askedMs = performance.now();
      this.#socket.write(stat);
    });
  }
  get most(): number {
    return Math.max(this.#mostMs, performance.now() - this.#askedMs);
  }
  end(): void {
    this.#socket.destroy();
  }
}

describe("a large blob on its way to the mirror", function () {
  this.timeout(60_000);
  const lab = new Lab();
  const cabinets: Part[] = [];
  before(async () => {
    const stores = [await freePort(), await freePort()];
    for (const [i, name] of ["cabinet-a", "cabinet-b"].entries())
      cabinets.push(
        await lab.start(name, "cabinet", {
          ports: [`lun-${i + 1}`, "mirror"],
          at: { mirror: stores[i]! },
          links: { peer: stores[1 - i]! },
          env: { MIRRORS: "lun-1=lun-2,lun-2=lun-1", MIRROR_KBPS: "65536" },
        }),
      );
  });
  after(() => lab.close());

  it("gets there, keeps no client waiting at either cabinet, and is held whole by neither", async () => {
    const content = randomBytes(200 * mb);
    const sha1 = createHash("sha1").update(content).digest("hex");
    const draft = join(lab.dir, "draft");
    await writeFile(draft, content);
    const shard = join(cabinets[0]!.dataDir, "luns", "lun-1", "blobs", sha1.slice(0, 2));
    const clients = cabinets.map((cabinet, i) => new Client(`cabinet-${"ab"[i]}`, cabinet.port(`lun-${i + 1}`)));
    await until("both LUNs to answer", () => clients.every(({ answers }) => answers > 1), 5000);
    const held = async () => Promise.all(cabinets.map(async (cabinet) => ((await cabinet.ask("/varz")) as { memBytes: number }).memBytes));
    const before = await held();
    mkdirSync(shard, { recursive: true });
    renameSync(draft, join(shard, sha1));
    const copy = async () => ((await cabinets[0]!.ask("/mirrors")) as { copies: Record<string, { mirrored: number }> }).copies["lun-1"]!;
    await until("the blob to be mirrored", async () => (await copy()).mirrored === 1, 30_000);
    for (const { most } of clients) expect(most, "ms until an answer").to.be.lessThan(mostMs);
    for (const [i, bytes] of (await held()).entries()) expect((bytes - before[i]!) / mb, `MiB more in ${cabinets[i]!.name}`).to.be.lessThan(100);
    for (const client of clients) client.end();
  });
});
