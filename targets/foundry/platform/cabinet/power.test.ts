/** One supply of one cabinet, looked at through a real mount: stalls that grow, the loss of the one LUN that hangs on it, torn files, and the way back. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, mkdtempSync, readFileSync, rmSync, statSync, utimesSync, writeFileSync } from "node:fs";
import { open, readFile, stat } from "node:fs/promises";
import type { Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Lab, type Part } from "../base/testing/lab.js";
import { sleep, until } from "../base/until.js";
import { chanceOf } from "../router/chance.js";
import { dips } from "./dips.js";
import { introducer } from "./testing/lab-introducer.js";
import { loseCache } from "./write-cache.js";

interface PowerReport {
  readonly state: string;
  readonly A: string;
  readonly luns: Record<string, string>;
  readonly damage: Record<string, readonly { path: string; how: string }[]>;
}
const hangs = (seed: number) => chanceOf(`end ${seed}`)() < 0.25;
const seedThat = (does: boolean) => Array.from({ length: 50 }, (_, seed) => seed).find((seed) => hangs(seed) === does)!;

describe("dips of a failing supply", () => {
  it("grow to their longest, never beyond it or the end, the same for the same seed", () => {
    for (let seed = 0; seed < 50; seed++) {
      const found = dips(seed, 12_000, 1700);
      expect(found).to.deep.equal(dips(seed, 12_000, 1700));
      expect(found).to.not.deep.equal(dips(seed + 1, 12_000, 1700));
      expect(found[0]!.forMs).to.be.below(700);
      expect(found.filter(({ forMs }) => forMs > 1600).length, `seed ${seed}`).to.be.at.least(2);
      for (const [i, { atMs, forMs, overAtMs, overForMs }] of found.entries()) {
        expect(forMs).to.be.at.most(1700);
        expect(atMs + forMs).to.be.at.most(12_000);
        expect(overForMs).to.be.at.most(forMs);
        expect(overAtMs + overForMs).to.be.at.most(12_000);
        const before = found[i - 1];
        if (before) expect(atMs).to.be.above(Math.max(before.atMs + before.forMs, before.overAtMs + before.overForMs));
      }
    }
  });
});

describe("a cache that is lost", () => {
  it("tears the last write, leaves or takes other young ones by chance, and touches nothing older", () => {
    const damages = [1, 2, 3].map((seed) => {
      const dir = mkdtempSync(join(tmpdir(), "flounder-cache-"));
      try {
        const now = Date.now() / 1000;
        mkdirSync(join(dir, "blobs"));
        writeFileSync(join(dir, ".lun"), "lun-1");
        for (let i = 0; i < 20; i++) {
          const path = join(dir, "blobs", `b${i}`);
          writeFileSync(path, "x".repeat(1000));
          utimesSync(path, now, i < 5 ? now - 60 : now - 0.01 * (20 - i));
        }
        const lost = loseCache(dir, 1500, seed);
        expect(lost[0]).to.deep.equal({ path: "blobs/b19", how: "torn" });
        for (const { path, how } of lost) {
          expect(Number(path.slice(7))).to.be.at.least(5);
          const size = statSync(join(dir, path), { throwIfNoEntry: false })?.size;
          if (how === "gone") expect(size).to.equal(undefined);
          else expect(size).to.be.below(1000);
        }
        expect(lost.length).to.be.below(15);
        expect(readFileSync(join(dir, ".lun"), "utf8")).to.equal("lun-1");
        return JSON.stringify(lost);
      } finally {
        rmSync(dir, { recursive: true });
      }
    });
    expect(new Set(damages).size).to.be.above(1);
  });
});

describe("a cabinet's power", function () {
  this.timeout(30_000);
  let lab: Lab;
  let cabinet: Part;
  const mounts: { readonly path: string; readonly sshfs: ChildProcess }[] = [];
  const power = async () => (await cabinet.ask("/power")) as PowerReport;
  const path = (lun: number) => mounts[lun - 1]!.path;
  /** Milliseconds that one look at a LUN takes, and what it says. */
  const look = async (lun: number) => {
    const from = performance.now();
    const says = await readFile(join(path(lun), ".lun"), "utf8").catch((error: NodeJS.ErrnoException) => error.code);
    return { says, ms: performance.now() - from };
  };
  /** Longest look at each of both LUNs while `wait` lasts. */
  const longest = async (wait: Promise<unknown>) => {
    let over = false;
    void wait.finally(() => {
      over = true;
    });
    return Promise.all(
      [1, 2].map(async (lun) => {
        let worst = 0;
        while (!over) {
          worst = Math.max(worst, (await look(lun)).ms);
          await sleep(20);
        }
        return worst;
      }),
    );
  };
  const relays: Server[] = [];
  const brownOut = (supply: string, flickerS: number, seed: number) => cabinet.ask("/power/brown-out", { supply, flickerS, seed });
  const ended = () => until("the supply to be off", async () => (await power()).state === "lost", 10_000, 20);

  before(async function () {
    try {
      accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
    } catch {
      console.log("      skipped: /dev/fuse is missing or not accessible, so no LUN can be mounted");
      this.skip();
    }
    lab = new Lab();
    cabinet = await lab.start("cabinet-a", "cabinet", { ports: ["lun-1", "lun-2"], timers: { longestDip: 600, cacheFlush: 500 }, env: { CORDS: "lun-2=AA" } });
    for (const lun of [1, 2]) {
      const at = join(lab.dir, `mount-${lun}`);
      mkdirSync(at);
      const local = statSync(at).dev;
      const { port, server } = await introducer("cabinet-a", () => cabinet.port(`lun-${lun}`));
      relays.push(server);
      const sshfs = spawn("sshfs", ["-f", "-o", `directport=${port},reconnect,dir_cache=no,direct_io`, "127.0.0.1:", at], {
        stdio: "ignore",
      });
      mounts.push({ path: at, sshfs });
      await until("the mount", async () => (await stat(at)).dev !== local, 5000);
    }
  });
  after(async () => {
    for (const relay of relays) relay.close();
    for (const { sshfs, path: at } of mounts) {
      const over = new Promise((resolve) => sshfs.once("exit", resolve));
      sshfs.kill("SIGKILL");
      await over;
      execFileSync("fusermount3", ["-uz", at]);
    }
    await lab?.close();
  });
  afterEach(async () => {
    await cabinet?.ask("/power/restore", {});
  });

  // seeds: power supply, storage cabinet <- the supply with both cords of a shelf fails, and the cache with it
  it("stalls and then loses only the LUN with both cords on the supply that fails; its last write is torn; restored, it serves again", async () => {
    const seed = seedThat(false);
    await brownOut("A", 3, seed);
    expect((await power()).state).to.equal("flickering");
    const write = async () => {
      for (;;) {
        const file = await open(join(path(2), "written"), "w").catch(() => undefined);
        if (!file) return;
        try {
          await file.writeFile(Buffer.alloc(50_000, "w"));
          await file.sync();
          await file.close();
        } catch {
          await file.close().catch(() => {});
        }
        await sleep(30);
        if ((await power()).state === "lost") return;
      }
    };
    const [one, two] = await longest(Promise.all([write(), ended()]));
    expect(two, "the longest stall of lun-2").to.be.above(450);
    expect(one, "the longest stall of lun-1: it goes over to supply B").to.be.within(20, 750);
    expect(await power()).to.deep.include({ A: "off", luns: { "lun-1": "serves", "lun-2": "gone" } });
    expect((await look(2)).says).to.equal("EIO");
    expect((await look(1)).says).to.equal("lun-1");
    expect((await power()).damage["lun-2"]).to.deep.include({ path: "written", how: "torn" });

    await cabinet.ask("/power/restore", {});
    await until("lun-2 to serve again", async () => (await look(2)).says === "lun-2", 3000);
    expect((await stat(join(path(2), "written"))).size).to.be.below(50_000);
    expect(await power()).to.deep.include({ state: "steady", luns: { "lun-1": "serves", "lun-2": "serves" } });
  });

  it("may hang instead of being refused, by its seed, and goes on where it was", async () => {
    await brownOut("A", 0.1, seedThat(true));
    await ended();
    let answered = false;
    const waiting = look(2).then(({ says }) => {
      answered = true;
      return says;
    });
    expect((await look(1)).says).to.equal("lun-1");
    await sleep(300);
    expect(answered).to.equal(false);
    await cabinet.ask("/power/restore", {});
    expect(await waiting).to.equal("lun-2");
  });

  it("loses nothing with the other supply: redundancy that works", async () => {
    await brownOut("B", 1, 1);
    const [one, two] = await longest(ended());
    expect(two, "lun-2 has no cord there").to.be.below(one!);
    expect((await power()).luns).to.deep.equal({ "lun-1": "serves", "lun-2": "serves" });
  });

  it("does not come back by a restart of the cabinet", async () => {
    await brownOut("A", 0.05, seedThat(false));
    await ended();
    const at = { admin: cabinet.port("admin"), "lun-1": cabinet.port("lun-1"), "lun-2": cabinet.port("lun-2") };
    cabinet.signal("SIGTERM");
    await cabinet.ended;
    cabinet = await lab.start("cabinet-a", "cabinet", { ports: ["lun-1", "lun-2"], at, env: { CORDS: "lun-2=AA" } });
    expect((await power()).luns).to.deep.equal({ "lun-1": "serves", "lun-2": "gone" });
    expect((await look(2)).says).to.equal("EIO");
  });

  it("refuses what it does not understand", async () => {
    const failure = await cabinet.ask("/power/brown-out", { supply: "C" }).catch((error: Error) => error.message);
    expect(failure).to.include("400").and.include("supply");
  });
});
