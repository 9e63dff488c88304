/** The script that keeps an agent alive in its container, in a container of the real image. */
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type Docker from "dockerode";
import { nowUs, until } from "../../clock.js";
import { derived } from "../secrets.js";
import { dockerSocket } from "./docker/socket.js";
import { imageTag } from "./image/image-content.js";
import { needsDocker } from "./testing/docker.js";

const mark = "org.flounder.test";
/** Says who runs it and in which session, leaves a process of another session behind, and one of its own. */
const agent = `
  const { spawn, execFileSync } = require("node:child_process");
  for (const [words, detached] of [["1000", true], ["2000", false]]) spawn("sleep", [words], { detached, stdio: "ignore" }).unref();
  console.log("agent of " + process.getuid() + " in " + execFileSync("ps", ["-o", "sid=", "-p", String(process.pid)]).toString().trim() + " of " + process.pid);
  for (const name of ["SIGTERM", "SIGINT"]) process.on(name, () => { console.log("got " + name); process.exit(5); });
  setInterval(() => {}, 1000);`;
/** A cabinet's server for one LUN. */
const lun = `
  const { spawn } = require("node:child_process");
  require("node:fs").writeFileSync("/data/.lun", "lun-1\\n");
  require("node:net").createServer((socket) => {
    const sftp = spawn("flounder-sftp", { cwd: "/data", stdio: ["pipe", "pipe", "inherit"] });
    socket.pipe(sftp.stdin); sftp.stdout.pipe(socket);
    for (const one of [socket, sftp.stdin]) one.on("error", () => {});
    socket.on("close", () => sftp.kill());
  }).listen(9100, "127.0.0.1");`;

describe("supervise, in a container", function () {
  this.timeout(120_000);
  let docker: Docker;
  let dir: string;
  let container: Docker.Container;
  before(async function () {
    await needsDocker(this);
    docker = new (await import("dockerode")).default({ socketPath: dockerSocket() });
  });
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-supervise-"));
    for (const name of ["run", "logs"]) mkdirSync(join(dir, name));
  });
  afterEach(async () => {
    await container?.remove({ force: true, v: true });
    rmSync(dir, { recursive: true, force: true });
  });

  async function start(env: Readonly<Record<string, string>>, command: readonly string[] = ["node", "-e", agent]): Promise<void> {
    container = await docker.createContainer({
      Image: imageTag(),
      Cmd: ["supervise", ...command],
      Env: Object.entries({ FLOUNDER_COMPONENT: "cc-1", DATA_DIR: "/data", ...env }).map(([name, value]) => `${name}=${value}`),
      Labels: { [mark]: "supervise" },
      HostConfig: {
        Binds: [`${dir}/run:/state/run`, `${dir}/logs:/state/logs`],
        CapDrop: ["ALL"],
        CapAdd: ["SYS_ADMIN", "SETUID", "SETGID", "CHOWN", "KILL"],
        Devices: [{ PathOnHost: "/dev/fuse", PathInContainer: "/dev/fuse", CgroupPermissions: "rwm" }],
        SecurityOpt: ["apparmor:unconfined"],
      },
    });
    await container.start();
  }
  const read = (name: string) => (existsSync(join(dir, name)) ? readFileSync(join(dir, name), "utf8") : "");
  const life = () => read("run/cc-1.life").trim().split("\n").filter(Boolean);
  const lives = (...expected: RegExp[]) =>
    until(`the life ${expected.join(", ")}`, () => life().length === expected.length && expected.every((one, i) => one.test(life()[i]!)), 20_000).catch(
      (error: Error) => {
        throw new Error(`${error.message}; it was ${life().join(", ")}; its log: ${read("logs/cc-1.log")}`);
      },
    );
  const pid = () => life().at(-1)!.split(" ")[1]!;
  async function exec(script: string): Promise<string> {
    const made = await container.exec({ Cmd: ["bash", "-c", script], AttachStdout: true, AttachStderr: true, Tty: true });
    const stream = await made.start({ Tty: true });
    let text = "";
    for await (const chunk of stream) text += chunk;
    return text.replaceAll("\r", "");
  }
  const processes = () => exec("ps -eo args");

  it("an agent that is killed is started again; what it detached lives on, its helper does not", async () => {
    await start({});
    await lives(/^up \d+$/);
    await until("its words", () => /agent of 0 in (\d+) of \1\n/.test(read("logs/cc-1.log")), 10_000);
    await exec(`kill -9 -- -${pid()}`);
    await lives(/^up/, /^down 137$/, /^up/);
    await until("the second agent's processes", async () => (await processes()).match(/sleep 1000/g)?.length === 2, 10_000);
    expect((await processes()).match(/sleep 2000/g)).to.have.length(1);
  });

  it("while it is held it is not started; released, it is", async () => {
    await start({});
    await lives(/^up/);
    writeFileSync(join(dir, "run", "cc-1.hold"), "");
    await exec(`kill -9 -- -${pid()}`);
    await lives(/^up/, /^down/);
    expect((await container.inspect()).State.Running).to.equal(true);
    expect(await processes()).not.to.contain("setInterval");
    rmSync(join(dir, "run", "cc-1.hold"));
    await lives(/^up/, /^down/, /^up/);
  });

  it("where it is not supervised, it is held as soon as it ends", async () => {
    await start({ SUPERVISED: "0" }, ["sh", "-c", "exit 3"]);
    await lives(/^up/, /^down 3$/);
    await until("the hold", () => existsSync(join(dir, "run", "cc-1.hold")), 5000);
    rmSync(join(dir, "run", "cc-1.hold"));
    await lives(/^up/, /^down 3$/, /^up/, /^down 3$/);
  });

  it("what prepares runs before each start; one that fails is a death like any other", async () => {
    await start({ PREPARE: "mkdir /data/made" });
    await lives(/^up/);
    await exec(`kill -9 ${pid()}`);
    await until("two tries", () => life().length >= 4, 10_000);
    expect(life().slice(1, 4)).to.deep.equal(["down 137", "down 1", "down 1"]);
    expect(read("logs/cc-1.log")).to.contain("File exists");
    await exec("rmdir /data/made");
    await until("a third", () => life().at(-1)!.startsWith("up"), 20_000);
  });

  it("another user than root: the agent and its folder are his", async () => {
    await start({ RUN_AS: "2100000000:2100000000", PREPARE: "touch /data/mine" });
    await until("its words", () => read("logs/cc-1.log").includes("agent of 2100000000 in"), 20_000);
    expect(await exec("stat -c %u:%g:%a /data")).to.equal("2100000000:2100000000:700\n");
    const status = await exec(`cat /proc/${pid()}/status`);
    expect(await exec(`cat /proc/${pid()}/limits`)).to.match(/core file size +0 /);
    expect(/^CapEff:\s*(\w+)/m.exec(status)?.[1], "it has no capability").to.equal("0000000000000000");
    expect(/^Groups:(.*)$/m.exec(status)?.[1]?.trim()).to.equal("");
  });

  it("by hand: what it is granted is derived, in a file of its own, and the secret itself is not handed on", async () => {
    const say = `const { SECRETS_FILE: file, FOUNDATION_SECRET: secret } = process.env; const fs = require("node:fs");
      console.log("granted " + JSON.stringify([fs.readFileSync(file, "utf8").trim(), fs.statSync(file).mode & 0o777, fs.statSync(file).uid, secret]));`;
    await start({ RUN_AS: "2100000000:2100000000", FOUNDATION_SECRET: "by-hand", SECRETS: "jwt-key" }, ["node", "-e", say]);
    await until("its words", () => read("logs/cc-1.log").includes("granted"), 20_000);
    const granted = JSON.stringify({ "jwt-key": derived("by-hand", "jwt-key") });
    expect(read("logs/cc-1.log")).to.contain(`granted ${JSON.stringify([granted, 0o600, 2_100_000_000, null])}`);
  });

  for (const [signal, how] of [
    ["TERM", "at once"],
    ["INT", "at once, by the signal that it wants"],
  ] as const)
    it(`SIG${signal}: the agent is asked to end, and the container ends ${how}`, async () => {
      await start({ END_SIGNAL: signal });
      await until("its words", () => read("logs/cc-1.log").includes("agent of"), 20_000);
      await container.stop({ t: 30 });
      expect(read("logs/cc-1.log")).to.contain(`got SIG${signal}`);
      expect(life().at(-1)).to.equal("down 5");
      expect((await container.inspect()).State.ExitCode).to.equal(0);
    });

  it("an agent that will not end does not keep the container", async () => {
    await start({}, ["bash", "-c", "trap '' TERM; echo deaf; while :; do sleep 1; done"]);
    await until("its words", () => read("logs/cc-1.log").includes("deaf"), 20_000);
    const fromUs = nowUs();
    await container.stop({ t: 30 });
    expect((nowUs() - fromUs) / 1e6).to.be.below(10);
    expect(life().at(-1)).to.equal("down 137");
  });

  it("LUNs are mounted before it starts, and again when sshfs dies; what is not mounted takes no writes", async () => {
    // The server of its own LUN runs in the same container: its first start waits in vain for the mount.
    await start({ SSHFS: "lun-1=127.0.0.1:9100" }, ["node", "-e", lun]);
    await lives(/^up/);
    const marker = () => exec("cat /mounts/lun-1/.lun");
    await until("the mount", async () => (await marker()) === "lun-1\n", 20_000);
    await exec("kill -9 $(pgrep -x sshfs)");
    await until("the mount again", async () => (await marker()) === "lun-1\n", 20_000);
    expect(read("logs/cc-1.lun-1.log")).to.contain("Killed");
    writeFileSync(join(dir, "run", "cc-1.hold"), "");
    await exec(`kill -9 -- -${pid()}; kill -9 $(pgrep -x sshfs)`);
    await until("no mount", async () => !(await exec("cat /proc/mounts")).includes("fuse.sshfs"), 20_000);
    expect(await exec("touch /mounts/lun-1/stray")).to.contain("Permission denied");
  });
});
