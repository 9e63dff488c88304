/** Nobody but the owner is the keeper, and nobody fills a keeper's memory. Strangers act on the sockets and files themselves. */
import { chmodSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { createServer, type Server, type Socket } from "node:net";
import { tmpdir, userInfo } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../../clock.js";
import { FlounderError } from "../../errors.js";
import { folderOf, readToken } from "../folder.js";
import { proof, question } from "../injections/proof.js";
import { connect, startKeeper, takeOver } from "../start.js";
import { readFake } from "../testing/engine.js";
import { cut, entry, home, link, specOf } from "../testing/spec.js";
import type { KeeperClient } from "./client.js";
import { dialKeeper, lockFolder, openDoor } from "./door.js";
import { encode, toWireError } from "./wire.js";

describe("the keeper's door", () => {
  const clients: KeeperClient[] = [];
  const servers: Server[] = [];
  const sockets: Socket[] = [];
  home();
  afterEach(async () => {
    for (const socket of sockets.splice(0)) socket.destroy();
    for (const server of servers.splice(0)) server.close();
    for (const client of clients.splice(0)) await client.down().catch(() => client.hangUp());
  });
  async function up(): Promise<KeeperClient> {
    process.env.FLAWS = "{}";
    process.env.LIMITS = "{}";
    const client = await startKeeper(specOf(), () => {}, { entry, stays: true });
    clients.push(client);
    return client;
  }
  async function kill(client: KeeperClient): Promise<void> {
    process.kill(client.keeper.pid, "SIGKILL");
    await until("the keeper to be gone", () => client.socket.destroyed, 5000);
    clients.splice(clients.indexOf(client), 1);
  }
  const next = async (id: string) => {
    const client = await takeOver(id, () => {}, { entry });
    clients.push(client);
    return client;
  };

  it("a folder that others may read is closed to them: they could hold its lock", () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-door-"));
    try {
      chmodSync(dir, 0o755);
      lockFolder(dir)!.release();
      expect(statSync(dir).mode & 0o777).to.equal(0o700);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });
  it("whoever takes the name of a dead keeper hears nothing, and keeps nobody from healing", async () => {
    const client = await up();
    await client.inject(cut(link));
    await kill(client);
    const heard: string[] = [];
    const squatter = createServer((socket) => {
      sockets.push(socket);
      socket.on("data", (chunk) => heard.push(String(chunk)));
    });
    servers.push(squatter);
    // The name that keepers had before they had a door in the folder: a stranger may have it as long as he likes.
    await new Promise<void>((resolve) => squatter.listen({ path: `\0flounder-${userInfo().uid}-${client.id}`.padEnd(107, ".") }, resolve));
    const healed = await next(client.id);
    expect(readFake(folderOf(client.id), link).cut).to.equal(undefined);
    expect(healed.keeper.pid).to.not.equal(client.keeper.pid);
    expect(heard).to.deep.equal([]);
  });

  it("whoever sits at the door itself and has no token is told no more than a question", async () => {
    const client = await up();
    await kill(client);
    const dir = folderOf(client.id);
    const token = readToken(dir);
    const heard: string[] = [];
    const impostor = createServer((socket) => {
      sockets.push(socket);
      socket.on("data", (chunk) => {
        heard.push(String(chunk));
        socket.write(`${JSON.stringify({ id: 1, ok: { question: "0".repeat(64), proof: "0".repeat(64) } })}\n`);
      });
    });
    servers.push(impostor);
    await openDoor(dir, impostor);
    const error = await connect(client.id).catch((caught: Error) => caught);
    expect((error as Error).message).to.include("does not know the foundation's token");
    expect(heard).to.have.length(1);
    expect(heard[0]).to.include('"hello"').and.not.include(token);
    await next(client.id);
  });

  it("a keeper that does not take what we say of ourselves is of another version, and whoever takes over replaces it", async () => {
    const client = await up();
    await kill(client);
    const dir = folderOf(client.id);
    const token = readToken(dir);
    const keepers = question();
    const old = createServer((socket) => {
      sockets.push(socket);
      socket.on("data", (chunk) => {
        const { id, verb, args } = JSON.parse(String(chunk)) as { id: number; verb: string; args: { question: string } };
        const known = verb === "hello" ? { ok: { question: keepers, proof: proof(token, "keeper", client.id, keepers, args.question) } } : undefined;
        socket.write(encode({ id, ...(known ?? { error: toWireError(new FlounderError("usage", "prove needs { proof, lease, owner }", "")) }) }));
      });
    });
    servers.push(old);
    await openDoor(dir, old);
    const error = await connect(client.id).catch((thrown: FlounderError) => thrown);
    expect((error as FlounderError).message).to.equal(`the keeper of ${client.id} cannot be talked to: it is of another version of Flounder`);
    expect((error as FlounderError).hint).to.contain(`flounder heal --foundation ${client.id} ends it and takes over`);
    expect((await (await next(client.id)).status()).up).to.equal(true);
  });

  it("the door and all files are the owner's alone; the lock goes with its process", async () => {
    const client = await up();
    const dir = folderOf(client.id);
    expect(statSync(dir).mode & 0o777).to.equal(0o700);
    for (const name of readdirSync(dir).filter((one) => one !== "fake" && one !== "logs")) expect(statSync(join(dir, name)).mode & 0o077, name).to.equal(0);
    expect(lockFolder(dir)).to.equal(undefined);
    await kill(client);
    await until(
      "the lock",
      () => {
        const lock = lockFolder(dir);
        lock?.release();
        return lock !== undefined;
      },
      5000,
    );
    await next(client.id);
  });

  it("a thousand strangers with lines that never end: the keeper stays small, and answers its owner", async () => {
    const client = await up();
    const rssKb = () => Number(/VmRSS:\s+(\d+)/.exec(readFileSync(`/proc/${client.keeper.pid}/status`, "utf8"))![1]);
    const beforeKb = rssKb();
    const flood = Buffer.alloc(64 * 1024, "x");
    for (let i = 0; i < 1000; i++) {
      const socket = dialKeeper(folderOf(client.id));
      sockets.push(socket);
      socket.on("error", () => {}).resume();
      socket.write(i % 2 ? flood : '{"id":1');
    }
    await until("almost all of them to be hung up on", () => sockets.filter((one) => !one.destroyed).length <= 16, 8000);
    const other = await connect(client.id);
    expect((await other.status()).up).to.equal(true);
    other.hangUp();
    expect(rssKb() - beforeKb).to.be.below(64 * 1024);
    await until("the last ones as well", () => sockets.every((one) => one.destroyed), 8000);
  });

  it("a keeper that is stopped is ended by whoever takes over, and one whose socket or token is gone", async () => {
    for (const wound of ["stop", "socket", "token"] as const) {
      const client = await up();
      await client.inject(cut(link));
      const dir = folderOf(client.id);
      if (wound === "stop") process.kill(client.keeper.pid, "SIGSTOP");
      if (wound === "socket") rmSync(join(dir, "keeper.sock"));
      if (wound === "token") rmSync(join(dir, "token"));
      const healed = await next(client.id);
      expect(healed.keeper.pid, wound).to.not.equal(client.keeper.pid);
      expect(readFake(dir, link).cut, wound).to.equal(undefined);
      clients.splice(clients.indexOf(client), 1);
    }
  }).timeout(90_000);
});
