/** The cabinet as a process, its LUN mounted by a real sshfs, as a component sees it. */
import { type ChildProcess, execFileSync, spawn } from "node:child_process";
import { accessSync, constants, mkdirSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { readFile, stat, writeFile } from "node:fs/promises";
import { connect, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { Lab, type Part } from "../base/testing/lab.js";
import { until } from "../base/until.js";
import { introducer, introductionTo } from "./testing/lab-introducer.js";

interface Lun {
  readonly lun: string;
  readonly port: number;
  readonly dir: string;
  readonly connections: number;
}
const isDevice = () => {
  try {
    accessSync("/dev/fuse", constants.R_OK | constants.W_OK);
    return true;
  } catch {
    return false;
  }
};
/** Children of a process, by /proc. */
const childrenOf = (pid: number) =>
  readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .filter((name) => {
      try {
        return Number(/\) \S (\d+)/.exec(readFileSync(`/proc/${name}/stat`, "utf8"))?.[1]) === pid;
      } catch {
        return false;
      }
    })
    .map(Number);
const lives = (pid: number) => {
  try {
    return !/\) Z/.test(readFileSync(`/proc/${pid}/stat`, "utf8"));
  } catch {
    return false;
  }
};

const introduction = introductionTo("cabinet-a");

describe("cabinet", function () {
  this.timeout(20_000);
  let relay: Server;
  let lab: Lab;
  let cabinet: Part;
  let sshfs: ChildProcess;
  let mount: string;

  const luns = async () => (await cabinet.ask("/luns")) as Lun[];
  const start = (at?: Readonly<Record<string, number>>) => lab.start("cabinet-a", "cabinet", { ports: ["lun-1", "lun-2"], ...(at ? { at } : {}) });
  const usable = async () => (await readFile(join(mount, ".lun"), "utf8")) === "lun-2";

  before(async function () {
    if (!isDevice()) {
      console.log("      skipped: /dev/fuse is missing or not accessible, so no LUN can be mounted");
      this.skip();
    }
    lab = new Lab();
    cabinet = await start();
    mount = join(lab.dir, "mount");
    mkdirSync(mount);
    const local = statSync(mount).dev;
    const before = await introducer("cabinet-a", () => cabinet.port("lun-2"));
    relay = before.server;
    const options = `directport=${before.port},reconnect,dir_cache=no,direct_io`;
    sshfs = spawn("sshfs", ["-f", "-o", options, "127.0.0.1:", mount], { stdio: "ignore" });
    await until("the mount", async () => (await stat(mount)).dev !== local, 5000);
  });
  after(async () => {
    if (sshfs) {
      const ended = new Promise((resolve) => sshfs.once("exit", resolve));
      sshfs.kill("SIGKILL");
      await ended;
      execFileSync("fusermount3", ["-uz", mount]);
    }
    relay?.close();
    await lab?.close();
  });

  it("serves each LUN as a folder with its marker", async () => {
    expect(await usable()).to.equal(true);
    await writeFile(join(mount, "droplet"), "bits");
    const [first, second] = await luns();
    expect(readFileSync(join(second!.dir, "droplet"), "utf8")).to.equal("bits");
    expect(readdirSync(first!.dir)).to.deep.equal([".lun"]);
    expect([first!.lun, second!.lun, first!.connections, second!.connections]).to.deep.equal(["lun-1", "lun-2", 0, 1]);
  });

  it("hangs the mount while it is paused, and goes on where it was", async () => {
    cabinet.signal("SIGSTOP");
    let answered = false;
    const proof = writeFile(join(mount, "proof"), "1").then(() => {
      answered = true;
    });
    // A healthy write takes some 5 ms.
    await new Promise((resolve) => setTimeout(resolve, 300));
    expect(answered).to.equal(false);
    cabinet.signal("SIGCONT");
    await proof;
    expect(readFileSync(join((await luns())[1]!.dir, "proof"), "utf8")).to.equal("1");
  });

  // seed: storage cabinet <- a cabinet is killed under its clients
  it("takes its sftp-servers with it when it is killed; the mount answers again when it is back", async () => {
    const servers = childrenOf(cabinet.pid);
    expect(servers).to.have.length(1);
    const at = { "lun-1": cabinet.port("lun-1"), "lun-2": cabinet.port("lun-2") };
    cabinet.signal("SIGKILL");
    await cabinet.ended;
    await until("its sftp-server to end", () => servers.every((pid) => !lives(pid)), 2000);
    const error = await readFile(join(mount, ".lun")).then(
      () => "answered",
      (failure: NodeJS.ErrnoException) => failure.code,
    );
    expect(error).to.equal("EIO");
    cabinet = await start(at);
    await until("the mount to answer again", usable, 5000);
    expect(await readFile(join(mount, "droplet"), "utf8")).to.equal("bits");
  });

  it("ends its sftp-servers when a client leaves, and all of them on SIGTERM", async () => {
    const [server] = childrenOf(cabinet.pid);
    expect(server).to.be.a("number");
    const client = connect(cabinet.port("lun-1"), "127.0.0.1");
    client.write(introduction);
    await until("an sftp-server for the second client", () => childrenOf(cabinet.pid).length === 2, 2000);
    expect((await luns())[0]?.connections).to.equal(1);
    client.destroy();
    await until("it to end", () => childrenOf(cabinet.pid).length === 1, 2000);
    expect(childrenOf(cabinet.pid)).to.deep.equal([server]);
    cabinet.signal("SIGTERM");
    expect(await cabinet.ended).to.equal(0);
    await until("its sftp-server to end", () => !lives(server!), 1000);
  });

  it("hangs up on who does not introduce himself, without a word, and starts no server for him", async () => {
    const before = childrenOf(cabinet.pid);
    for (const said of ["", "FLOUNDER ", `${introduction.slice(0, -2)}0\n\0\0\0\x05\x01`, "\0\0\0\x05\x01\0\0\0\x03".padEnd(200, "\0")]) {
      const client = connect(cabinet.port("lun-1"), "127.0.0.1");
      let heard = "";
      client.on("data", (chunk) => {
        heard += chunk;
      });
      client.on("error", () => {});
      const closed = new Promise((resolve) => client.once("close", resolve));
      client.write(said);
      await closed;
      expect(heard).to.equal("");
    }
    expect(childrenOf(cabinet.pid)).to.deep.equal(before);
  }).timeout(30_000);

  it("makes the marker again where it is gone", async () => {
    const dir = join(lab.dir, "cabinet-a", "luns", "lun-1");
    rmSync(dir, { recursive: true });
    cabinet = await start();
    expect(readFileSync(join(dir, ".lun"), "utf8")).to.equal("lun-1");
  });
});
