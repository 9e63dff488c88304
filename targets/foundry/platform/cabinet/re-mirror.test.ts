/** Two cabinets and the way between them: too narrow for a while, and then whole again. What becomes of their mirrors, and of who writes to their LUNs. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, truncateSync } from "node:fs";
import { connect, createServer, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { freePort, Lab, type Part } from "../base/testing/lab.js";
import { sleep, until } from "../base/until.js";
import { introductionTo } from "./testing/lab-introducer.js";

interface Copy {
  readonly state: string;
  readonly mirrored: number;
  readonly behind: number;
  readonly stuck: boolean;
  readonly on: string;
  readonly copiesBegun: number;
  readonly thrownAwayBytes: number;
}
interface Mirrors {
  readonly copies: Record<string, Copy>;
  readonly kept: Record<string, { readonly blobs: number }>;
  readonly usedBytes: number;
  readonly bandwidth: { readonly bytesPerS: number; readonly movedBytes: { readonly mirrors: number } };
}
const names = ["cabinet-a", "cabinet-b"] as const;
const all = ["lun-1", "lun-2", "lun-3", "lun-4"];

/** A network of which so much is left; Infinity: nobody notices it. */
class Network {
  bytesPerS = Number.POSITIVE_INFINITY;
  readonly #servers: Server[] = [];
  readonly #sockets = new Set<Socket>();

  async way(to: number): Promise<number> {
    const port = await freePort();
    const carry = async (from: Socket, into: Socket) => {
      this.#sockets.add(from.setNoDelay(true));
      from.on("error", () => {}).on("close", () => this.#sockets.delete(from));
      for await (const piece of from) {
        if (this.bytesPerS < Number.POSITIVE_INFINITY) await sleep((1000 * (piece as Buffer).length) / this.bytesPerS);
        into.write(piece as Buffer);
      }
      into.end();
    };
    const server = createServer({ allowHalfOpen: true }, (client) => {
      const upstream = connect({ port: to, host: "127.0.0.1", allowHalfOpen: true });
      void carry(client, upstream).catch(() => upstream.destroy());
      void carry(upstream, client).catch(() => client.destroy());
    }).listen(port, "127.0.0.1");
    this.#servers.push(server);
    return port;
  }
  end(): void {
    for (const server of this.#servers) server.close();
    for (const socket of this.#sockets) socket.destroy();
  }
}

/** A client that writes a file anew, and one that asks for its root: SFTP draft 02. Resolves with ms until the last answer. */
function ask(port: number, what: "write" | "stat"): { readonly done: Promise<number>; readonly over: () => boolean } {
  const packet = (...fields: readonly (number | string)[]) => {
    const body = Buffer.concat(
      fields.map((field, i) =>
        typeof field === "string" ? Buffer.concat([uint(field.length), Buffer.from(field)]) : i === 0 ? Buffer.from([field]) : uint(field),
      ),
    );
    return Buffer.concat([uint(body.length), body]);
  };
  const uint = (value: number) => {
    const bytes = Buffer.alloc(4);
    bytes.writeUInt32BE(value);
    return bytes;
  };
  let over = false;
  const from = performance.now();
  const done = new Promise<number>((resolve, reject) => {
    const socket = connect(port, "127.0.0.1", () => socket.write(Buffer.concat([Buffer.from(introductionTo("cabinet-a")), packet(1, 3)])));
    let answered = 0;
    socket.on("error", reject);
    socket.on("data", () => {
      if (++answered === 1) return void socket.write(what === "stat" ? packet(17, 1, ".") : packet(3, 1, "written", 0x1a, 0));
      over = true;
      socket.destroy();
      resolve(performance.now() - from);
    });
  });
  return { done, over: () => over };
}

for (const policy of ["eager", "patient"] as const)
  describe(`mirrors over a network that is too small for a while, ${policy}`, function () {
    this.timeout(40_000);
    let lab: Lab;
    const network = new Network();
    const cabinets: Part[] = [];
    const mirrors = async () => (await Promise.all(cabinets.map((cabinet) => cabinet.ask("/mirrors")))) as Mirrors[];
    const copies = async () => Object.assign({}, ...(await mirrors()).map((one) => one.copies)) as Record<string, Copy>;
    const each = async (holds: (copy: Copy) => boolean) => Object.values(await copies()).every(holds);
    const inStep = () => each(({ state, behind, stuck, on }) => state === "idle" && behind === 0 && stuck !== true && (on ?? "peer") === "peer");
    const ourBlob = join("cabinet-a", "luns", "lun-1", "blobs");
    const theirCopy = join("cabinet-b", "luns", "lun-3", "mirror", "lun-1", "blobs");
    const blobs = (folder: string) =>
      readdirSync(join(lab.dir, folder)).flatMap((shard) => readdirSync(join(lab.dir, folder, shard)).map((sha1) => join(shard, sha1)));
    let torn: string;

    before(async () => {
      lab = new Lab();
      const stores = [await freePort(), await freePort()];
      const ways = [await network.way(stores[1]!), await network.way(stores[0]!)];
      const env = { MIRRORS: "lun-1=lun-3,lun-2=lun-4,lun-3=lun-1,lun-4=lun-2", CABINET_KBPS: "512", MIRROR_MB: "1.25", TENANTS_MB: "0.5" };
      for (const [i, name] of names.entries())
        cabinets.push(
          await lab.start(name, "cabinet", {
            ports: [...all.slice(2 * i, 2 * i + 2), "mirror"],
            at: { mirror: stores[i]! },
            links: { peer: ways[i]! },
            env,
            timers: { mirrorLost: 600 },
            policy: { "cabinet.reMirror": policy },
          }),
        );
      await until("mirrors in step", inStep, 15_000);
    });
    after(async () => {
      network.end();
      await lab?.close();
    });

    it("are delivered in step, and stay so while all is well", async () => {
      await sleep(1200);
      const found = await copies();
      expect(Object.keys(found).sort()).to.deep.equal(all);
      for (const { state, mirrored, behind } of Object.values(found))
        expect({ state, mirrored, behind }).to.deep.equal({ state: "idle", mirrored: 16, behind: 0 });
      torn = blobs(ourBlob)[0]!;
    });

    if (policy === "patient") {
      it("wait for their cabinet, take writes, and have what was torn meanwhile", async () => {
        network.bytesPerS = 2048;
        await sleep(1500);
        expect(await each(({ stuck }) => stuck !== true)).to.equal(true);
        expect(await ask(cabinets[0]!.port("lun-1"), "write").done).to.be.below(500);
        truncateSync(join(lab.dir, ourBlob, torn), 100);
        network.bytesPerS = Number.POSITIVE_INFINITY;
        await until("mirrors in step", inStep, 8000);
        expect(blobs(theirCopy)).to.include(torn);
      });
      return;
    }

    let writing: ReturnType<typeof ask>;
    // seed: mirroring <- the network between the cabinets is too small for a while: every mirror is given up
    it("are given up for lost: every LUN is stuck, takes no writes, and still reads", async () => {
      network.bytesPerS = 2048;
      await until("every LUN to be stuck", () => each(({ stuck }) => stuck), 15_000);
      writing = ask(cabinets[0]!.port("lun-1"), "write");
      expect(await ask(cabinets[0]!.port("lun-1"), "stat").done).to.be.below(2000);
      expect(writing.over()).to.equal(false);
    });

    // seed: EC2-style re-mirroring storm <- all mirrors are given up at once, with neither room nor bandwidth for new ones
    it("storm when the network is whole again: all copy at once, no copy finds room, and clients wait behind them", async () => {
      network.bytesPerS = Number.POSITIVE_INFINITY;
      await sleep(1500); // what had been sent into the narrow way
      const before = await mirrors();
      const fromMs = performance.now();
      // At fixed times, whether or not those before were answered: who waits for answers asks most when there is least to wait for.
      const asked: Promise<number>[] = [];
      const asking = setInterval(() => asked.push(ask(cabinets[0]!.port("lun-1"), "stat").done), 100);
      const thrownAway = (of: Mirrors) => Object.values(of.copies).reduce((sum, copy) => sum + copy.thrownAwayBytes, 0);
      const again = async () => (await mirrors()).every((one, i) => thrownAway(one) > thrownAway(before[i]!));
      await until("each cabinet to have thrown away a copy again", async () => performance.now() - fromMs > 2000 && (await again()), 15_000);
      clearInterval(asking);
      const stats = await Promise.all(asked);
      const seconds = (performance.now() - fromMs) / 1000;
      for (const [i, { bandwidth, copies: found }] of (await mirrors()).entries()) {
        expect((bandwidth.movedBytes.mirrors - before[i]!.bandwidth.movedBytes.mirrors) / seconds, names[i]).to.be.above(0.4 * bandwidth.bytesPerS);
        for (const [lun, { stuck }] of Object.entries(found)) expect(stuck, lun).to.equal(true);
      }
      expect(stats.reduce((sum, ms) => sum + ms, 0) / stats.length, "ms that a client waits for two answers").to.be.above(40);
      expect(writing.over()).to.equal(false);
    });

    it("stop when they are blocked: clients have the bandwidth again, but no LUN has a mirror", async () => {
      for (const cabinet of cabinets) await cabinet.ask("/mirrors/block", { blocked: true });
      await until("all to be blocked", () => each(({ state }) => state === "blocked"), 5000);
      await until("no copy to be under way", async () => (await mirrors()).every(({ usedBytes }) => usedBytes === 2 ** 20), 5000);
      const moved = async () => JSON.stringify((await mirrors()).map(({ bandwidth }) => bandwidth.movedBytes.mirrors));
      let before = "";
      const isSame = async () => {
        const now = await moved();
        const same = now === before;
        before = now;
        return same;
      };
      await until("what is under way to have come", isSame, 5000, 300);
      // The quickest of several: a busy machine delays single ones.
      const quick: number[] = [];
      for (let i = 0; i < 8; i++) quick.push(await ask(cabinets[0]!.port("lun-1"), "stat").done);
      expect(Math.min(...quick)).to.be.below(40);
      expect(await moved()).to.equal(before);
      expect(await each(({ stuck }) => stuck)).to.equal(true);
      expect(writing.over()).to.equal(false);
    });

    it("are whole again with more room, and so are the LUNs; what was torn since the old ones were given up is lost with them", async () => {
      truncateSync(join(lab.dir, ourBlob, torn), 100);
      for (const cabinet of cabinets) await cabinet.ask("/mirrors/capacity", { mb: 1 });
      for (const cabinet of cabinets) await cabinet.ask("/mirrors/block", { blocked: false });
      await until("mirrors in step", inStep, 20_000, 100);
      await writing.done;
      for (const { usedBytes } of await mirrors()) expect(usedBytes).to.be.within(2 ** 20 - 40_000, 2 ** 20);
      const left = blobs(theirCopy);
      expect(left).to.have.length(15);
      expect(left).to.not.include(torn);
      for (const path of left)
        expect(
          createHash("sha1")
            .update(readFileSync(join(lab.dir, theirCopy, path)))
            .digest("hex"),
        ).to.equal(path.split("/")[1]);
    });
  });
