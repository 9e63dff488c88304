import { type ChildProcess, fork, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { lockFile, locksDir } from "../state/flock.js";
import { keptPorts } from "./client-ports.js";
import { rejection } from "./local/testing/foundation.js";
import { type Block, portTrouble, retakeBlock, takeBlock } from "./ports.js";

const host = "127.0.0.1";
const ephemeral = Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s/)[0]);

describe("port blocks", () => {
  const held: Block[] = [];
  const take = async (count: number, base?: number) => {
    const block = await takeBlock(count, base);
    held.push(block);
    return block;
  };
  const retake = async (base: number) => {
    const block = await retakeBlock(base, 600);
    held.push(block);
    return block;
  };
  afterEach(async () => {
    for (const block of held.splice(0)) block.release();
    for (const child of children) child.kill("SIGKILL");
    await Promise.all(children.splice(0).map(ended));
  });

  it("of several who ask at once do not overlap, and end below the ephemeral range", async () => {
    const blocks = (await Promise.all([600, 700, 600, 600].map((count) => take(count)))).sort((a, b) => a.base - b.base);
    for (const [i, block] of blocks.entries()) {
      expect(block.base + block.count).to.be.at.most(blocks[i + 1]?.base ?? ephemeral);
    }
  });

  it("skip a block in which a port is taken; one that was asked for by number says which port", async () => {
    const first = await take(600);
    const free = first.base;
    first.release();
    const squatter = createServer().listen(free + 17, host);
    await once(squatter, "listening");
    try {
      // Lower blocks of somebody else may have become free meanwhile.
      const { base, count } = await take(600);
      expect(free + 17 < base || free + 17 >= base + count, `${base} to ${base + count}`).to.equal(true);
      expect((await rejection(take(600, free))).message).to.contain(`port ${free + 17} is taken`);
    } finally {
      squatter.close();
    }
  });

  it("are locked until released, also against whoever asks by number", async () => {
    const block = await take(600);
    expect(await rejection(take(600, block.base))).to.have.property("code", "environment");
    expect(await rejection(retakeBlock(block.base, 600))).to.have.property("code", "environment");
    block.release();
    expect((await take(600, block.base)).base).to.equal(block.base);
  });

  it("refuse numbers that clients get from the kernel", async () => {
    const clients = { first: 32_768, last: 60_999, kept: [] };
    expect((await rejection(takeBlock(600, 50_000, clients))).message).to.contain("among those that clients are given, 32768 to 60999");
    expect((await rejection(takeBlock(600, 61_000, clients))).message).to.contain("not between 1024 and");
    expect(portTrouble(clients)).to.equal(undefined);
  });

  it("are found where the kernel gives clients every port, also by number; and that is said", async () => {
    const clients = { first: 1024, last: 65_535, kept: [] };
    const one = await takeBlock(600, undefined, clients);
    held.push(one);
    const { base } = await take(600);
    held.pop()!.release();
    held.push(await takeBlock(600, base, clients));
    expect(portTrouble(clients)?.hint).to.match(/ip_local_reserved_ports=10240-\d+$/);
  });

  it("are those first that the kernel was told to keep, or that lie beyond what clients get", async () => {
    const kept = { first: 1024, last: 65_535, kept: keptPorts("8080,30000-31999") };
    held.push(await takeBlock(600, undefined, kept));
    expect(held[0]!.base).to.be.within(30_000, 31_400);
    expect(portTrouble(kept)).to.equal(undefined);
    const low = { first: 1024, last: 40_000, kept: [] };
    held.push(await takeBlock(600, undefined, low));
    expect(held[1]!.base).to.be.above(40_000);
  });

  /** A keeper-to-be in a process of its own: resolves with the first port of what it took. */
  const other = async (options: { uid?: number; state?: string } = {}) => {
    const child = fork(fileURLToPath(new URL("testing/block.js", import.meta.url)), {
      ...(options.uid === undefined ? {} : { uid: options.uid, gid: options.uid, cwd: "/" }),
      env: { ...process.env, ...(options.state === undefined ? {} : { XDG_STATE_HOME: options.state }) },
    } as object);
    children.push(child);
    const [base] = (await once(child, "message")) as [number];
    return { child, base };
  };
  const children: ChildProcess[] = [];
  const ended = async (child: ChildProcess) => {
    if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  };
  it("are free again as soon as their keeper is gone, however it ended, and meanwhile nobody's with another state folder", async () => {
    const state = mkdtempSync(join(tmpdir(), "flounder-state-"));
    try {
      const { child, base } = await other({ state });
      expect((await take(600)).base).to.not.equal(base);
      child.kill("SIGKILL");
      await ended(child);
      expect((await retake(base)).base).to.equal(base);
    } finally {
      rmSync(state, { recursive: true, force: true });
    }
  });

  it("leave no file behind when they are released", async () => {
    const before = readdirSync(locksDir());
    const block = await take(600);
    const added = readdirSync(locksDir()).filter((name) => !before.includes(name));
    expect(added).to.have.length(1);
    expect(statSync(join(locksDir(), added[0]!)).mode & 0o777).to.equal(0o600);
    block.release();
    expect(readdirSync(locksDir()).filter((name) => !before.includes(name))).to.deep.equal([]);
  });

  describe("and another user of the machine", () => {
    const nobody = 65_534;
    let state: string;
    const squatters: Server[] = [];
    before(function () {
      if (process.geteuid?.() !== 0) this.skip();
    });
    beforeEach(() => {
      state = mkdtempSync(join(tmpdir(), "flounder-nobody-"));
      chownSync(state, nobody, nobody);
    });
    afterEach(() => {
      for (const server of squatters.splice(0)) server.close();
      rmSync(state, { recursive: true, force: true });
    });

    it("does not get the same block, though both ask at once", async () => {
      const [mine, theirs] = await Promise.all([take(600), other({ uid: nobody, state })]);
      expect(Math.abs(mine.base - theirs.base)).to.be.at.least(600);
      // Nothing of it listens yet.
      expect((await rejection(take(600, theirs.base))).message).to.contain("stands for the block");
    });

    it("who has the names that were locks before keeps nobody out", async () => {
      for (let cell = 1; cell < 95; cell++) {
        const squatter = createServer();
        squatters.push(squatter.listen(`\0${`flounder-ports-${cell}`.padEnd(107, ".")}`));
        // A keeper of before may have it.
        await once(squatter, "listening").catch(() => {});
      }
      expect((await take(600)).base).to.be.above(1024);
    });

    it("cannot lock our files, nor keep a block from being taken back by its port", async () => {
      const block = await take(600);
      const [name] = readdirSync(locksDir()).filter((one) => one.endsWith(`-${Math.floor(block.base / 640)}`));
      const path = join(locksDir(), name!);
      const tried = spawnSync("flock", ["-n", path, "true"], { uid: nobody, gid: nobody, encoding: "utf8" });
      expect(tried.status).to.not.be.oneOf([0, 1]);
      expect(tried.stderr).to.contain("Permission denied");
      block.release();
      const port = 10_140 + Math.floor(block.base / 640);
      const squatter = spawn(process.execPath, ["-e", `require("dgram").createSocket("udp4").bind(${port}, "127.0.0.1", () => console.log("has it"))`], {
        uid: nobody,
        gid: nobody,
        cwd: "/",
      });
      children.push(squatter);
      await once(squatter.stdout, "data");
      const again = await retake(block.base);
      expect(again.base).to.equal(block.base);
      again.release();
      expect((await take(600)).base).to.not.equal(block.base);
    });
  });
});

describe("a lock", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-lock-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));

  it("is one holder's at a time, also among those who came while it was released", () => {
    const path = join(dir, "one");
    const first = lockFile(path)!;
    expect(lockFile(path)).to.equal(undefined);
    first.release();
    expect(existsSync(path)).to.equal(false);
    const second = lockFile(path)!;
    expect(lockFile(path)).to.equal(undefined);
    second.release();
  });

  it("is refused in a folder that others may write into, or that is somebody else's", () => {
    const open = join(dir, "open");
    mkdirSync(open);
    chmodSync(open, 0o777);
    expect(() => lockFile(join(open, "one"))).to.throw("ours alone");
    if (process.geteuid?.() !== 0) return;
    const theirs = join(dir, "theirs");
    mkdirSync(theirs, { mode: 0o700 });
    chownSync(theirs, 65_534, 65_534);
    expect(() => lockFile(join(theirs, "one"))).to.throw("ours alone");
  });
});
