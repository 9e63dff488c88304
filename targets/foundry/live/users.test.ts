/** Whom a foundation runs as, and who learns its secrets: on a live one, as the kernel has it, and as another user of the machine sees it. */
import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { chownSync, copyFileSync, mkdirSync, readdirSync, readFileSync, realpathSync, statSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import { needsDocker } from "../../../harness/engines/compose/testing/docker.js";
import { labelsOf } from "../../../harness/engines/guard.js";
import { localEngine } from "../../../harness/engines/local/engine.js";
import { makeOpenFolder, reachable } from "../../../harness/engines/local/mounts/open-folder.js";
import { removeFolder } from "../../../harness/engines/local/processes/reap.js";
import { ownRights, whoFor } from "../../../harness/engines/local/who.js";
import { needTool } from "../../../harness/engines/tools/find.js";
import { connect } from "../../../harness/keeper/start.js";
import { foundationsDir, root } from "../../../harness/paths.js";
import { filesBelow, leaks, ofFoundation, openToOthers, secretsOf } from "../testing/audit.js";
import { openHome } from "../testing/live-foundation.js";
import { topology } from "../topology.js";

const nobody = 65_534;
const cli = join(root, "bin", "flounder.mjs");
/** What is the keeper's own: it mounts, and asks mounts. */
const roots = /^\S*sshfs |mount-prober\.js$|harness\/keeper\/keeper\.js/;
/** The scenario of docs/scenarios.md. */
const [sample] = [...readFileSync(join(root, "docs", "scenarios.md"), "utf8").matchAll(/```ts\n([\s\S]*?)```/g)].map(([, text]) => text!);

const said = async (child: ChildProcess) => {
  let text = "";
  for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk) => (text += chunk));
  const [code] = (await once(child, "close")) as [number | null];
  return { code, text };
};

describe("whom a foundation runs as", function () {
  this.timeout(120_000);
  const name = "whose";
  let home: ReturnType<typeof openHome> | undefined;
  const dir = () => join(foundationsDir(), name);
  /** Where the foundation's users have what is theirs. */
  const open = () => dirname(realpathSync(join(dir(), "components")));
  const secret = () => readFileSync(join(dir(), "secret"), "utf8").trim();
  const secrets = () => secretsOf(topology("org", 20, {}), secret());
  const flounder = (...words: string[]) =>
    spawn(process.execPath, [cli, ...words], { cwd: home!.dir, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } });
  const asNobody = (...words: string[]) => spawnSync(words[0]!, words.slice(1), { uid: nobody, gid: nobody, encoding: "utf8", cwd: "/" });

  before(async function () {
    if (whoFor(ownRights()).from === undefined) this.skip();
    home = openHome("users");
    writeFileSync(join(home.dir, "empty-table.ts"), sample!);
    const { code, text } = await said(flounder("up", "--profile", "org", "--name", name));
    expect(code, text).to.equal(0);
  });
  after(async () => {
    if (!home) return;
    const { code, text } = await said(flounder("down", "--foundation", name));
    home.close();
    expect(code, text).to.equal(0);
  });

  it("is root for what mounts alone; all else has a user of its own, no rights, and no way to any", () => {
    const all = ofFoundation(name);
    expect(all.length).to.be.above(30);
    expect(all.filter(({ uid, command }) => uid === 0 && !roots.test(command)).map(({ command }) => command)).to.deep.equal([]);
    const others = all.filter(({ uid }) => uid !== 0);
    for (const { uid, command, noNewPrivileges, capabilities, groups } of others)
      expect({ uid: uid > 2e9 && uid < 2 ** 31, noNewPrivileges, capabilities: Number(`0x${capabilities}`), groups }, command).to.deep.equal({
        uid: true,
        noNewPrivileges: true,
        capabilities: 0,
        groups: "",
      });
    const agent = (what: RegExp) => others.filter(({ command }) => what.test(command)).map(({ uid }) => uid);
    const [cc, db, bus] = [agent(/\/cc\.mjs/), agent(/postgres -D/), agent(/nats-server.*components\/nats-1\//)];
    expect([cc.length, db.length, bus.length]).to.deep.equal([2, 2, 1]);
    expect(new Set([...cc, ...db, ...bus]).size, "nobody has the same").to.equal(5);
  });

  it("bounds each: no cores, no more files and processes than it needs", () => {
    for (const { pid, uid, command } of ofFoundation(name).filter(({ uid: of }) => of !== 0)) {
      const limits = readFileSync(`/proc/${pid}/limits`, "utf8");
      const [core, files, processes] = ["core file size", "open files", "processes"].map((what) =>
        Number(new RegExp(`^Max ${what} +(\\d+)`, "m").exec(limits)?.[1]),
      );
      expect({ core, files: files! <= 65_536, processes: processes! <= 4096 }, `${command} as ${uid}`).to.deep.equal({ core: 0, files: true, processes: true });
    }
  });

  it("tells its secrets to no environment, no command line, no log and no results, also while a scenario runs", async () => {
    const logs = join(dir(), "logs");
    const run = flounder("run", join(home!.dir, "empty-table.ts"), "--seed", "3", "--foundation", name);
    let over = false;
    const ended = said(run).finally(() => {
      over = true;
    });
    const seen = new Set<string>();
    await until(
      "the run to end",
      () => {
        for (const line of leaks(secrets(), [])) seen.add(line);
        return over;
      },
      100_000,
      300,
    );
    const { text } = await ended;
    const results = join(home!.dir, "results");
    expect([...filesBelow(results)].length, text).to.be.above(3);
    const { receipts, result } = JSON.parse(readFileSync(join(results, "latest", "verdict.json"), "utf8")) as { receipts: object; result: string };
    expect(receipts, text).to.include({ bit: 1, of: 1 });
    expect(result, text).to.be.oneOf(["pass", "inconclusive"]);
    expect([...seen, ...leaks(secrets(), [logs, results])]).to.deep.equal([]);
    expect([...secrets()].filter(([, value]) => text.includes(value))).to.deep.equal([]);
    // The look sees what is there.
    expect(leaks(secrets(), [dir()])).to.include(`the secret: ${join(dir(), "secret")}`);
  });

  it("grants each what its role needs in a file of 0600, its own", () => {
    for (const one of topology("org", 20, {}).components) {
      const { name: component } = one;
      const file = join(open(), "secrets", component, "secrets.json");
      expect(Object.keys(JSON.parse(readFileSync(file, "utf8")) as object), component).to.deep.equal(labelsOf(one));
      expect(asNobody("cat", file).status, file).to.not.equal(0);
    }
  });

  it("lets another user see none of its files", () => {
    expect([...openToOthers(dir())]).to.deep.equal([]);
    // To be walked through and not listed; tools and bundles are anybody's.
    const walked = ["components", "mounts", "secrets"].map((folder) => `711 ${join(open(), folder)}`);
    const bare = [...openToOthers(open())].filter(
      (line) => !line.includes(`${open()}/bin`) && !line.includes(`${open()}/passwd-`) && !/ \S+\/mounts\/[^/]+\/lun-/.test(line),
    );
    expect(bare).to.deep.equal(walked);
    for (const folder of [open(), ...["components", "mounts", "secrets"].map((one) => join(open(), one))])
      expect(asNobody("ls", folder).status, folder).to.not.equal(0);
    for (const mounted of readdirSync(join(open(), "mounts"))) {
      const lun = join(open(), "mounts", mounted, "lun-1", ".lun");
      expect(readFileSync(lun, "utf8").trim()).to.equal("lun-1");
      expect(asNobody("cat", lun).status, lun).to.not.equal(0);
    }
  });

  // two of anything at once: another user of the machine tries all that there is
  it("is root's to another user, who is told so, sees nothing and changes nothing", async function () {
    if (!reachable(cli)) {
      console.log("      skipped: this clone is for root alone");
      this.skip();
    }
    const own = makeOpenFolder("another");
    try {
      chownSync(own, nobody, nobody);
      const before = ofFoundation(name).map(({ pid }) => pid);
      const env = { PATH: process.env.PATH, HOME: own, TMPDIR: own, NO_COLOR: "1" };
      const tried = (words: readonly string[], state = {}) =>
        said(spawn(process.execPath, [cli, ...words], { cwd: own, stdio: ["ignore", "pipe", "pipe"], uid: nobody, gid: nobody, env: { ...env, ...state } }));
      const lines = [
        ["run", "four-cuts", "-F", name],
        ["break", "router-flush", "--on", "router", "-F", name],
        ["watch", "-F", name, "--for", "1"],
        ["freeze", "--for", "1m", "--reason", "x", "-F", name],
        ["heal", "-F", name],
        ["down", "-F", name],
      ];
      const told = new RegExp(`^flounder: the foundation "${name}" is of another user, root \\(uid 0\\): nobody else can see into it or change it\n`);
      const refused = async (words: readonly string[], state = {}) => {
        const { code, text } = await tried(words, state);
        expect(code, `${words.join(" ")}: ${text}`).to.equal(2);
        expect(text).to.match(told);
      };
      await Promise.all([...lines.map((words) => refused(words)), refused(["down", "-F", name], { XDG_STATE_HOME: process.env.XDG_STATE_HOME })]);
      const status = await tried(["status"]);
      expect(status, status.text).to.include({ code: 0 });
      expect(status.text).to.match(new RegExp(`^no foundation is up; flounder up makes one\nother users have (.*, )?${name} of root \\(uid 0\\)`));
      await using client = await connect(name);
      expect(await client.status()).to.deep.include({ injections: [], frozen: null, stopped: null });
      expect(ofFoundation(name).map(({ pid }) => pid)).to.include.members(before);
      expect(readdirSync(own)).to.not.include("results");
    } finally {
      await removeFolder(own);
    }
  });
});

describe("whom a foundation in containers runs as", function () {
  this.timeout(180_000);
  const name = "whose-boxes";
  let home: ReturnType<typeof openHome> | undefined;
  const flounder = (...words: string[]) =>
    said(spawn(process.execPath, [cli, ...words], { cwd: home!.dir, stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, NO_COLOR: "1" } }));
  before(async function () {
    // Only root sees into the containers' processes.
    if (process.geteuid?.() !== 0 || (process.env.FLOUNDER_DOCKER !== "1" && process.env.FLOUNDER_LIVE !== "1")) this.skip();
    await needsDocker(this);
    home = openHome("boxes");
    const { code, text } = await flounder("up", "--engine", "compose", "--profile", "org", "--name", name);
    expect(code, text).to.equal(0);
  });
  after(async () => {
    if (!home) return;
    const { code, text } = await flounder("down", "--foundation", name);
    home.close();
    expect(code, text).to.equal(0);
  });

  it("is root for supervisors that mount or filter, and for sshfs; nobody can become more than he is", () => {
    const all = ofFoundation(name).filter(({ command }) => !/keeper\.js|^docker /.test(command));
    expect(all.length).to.be.above(60);
    expect(
      all.filter(({ uid, command }) => uid === 0 && !/^(tini --|\/bin\/bash \/usr\/local\/bin\/supervise|sshfs |\S*node \S*mount-prober)/.test(command)),
    ).to.deep.equal([]);
    for (const { command, uid, noNewPrivileges, capabilities } of all.filter(({ uid: of }) => of !== 0)) {
      // NET_ADMIN, bit 12, and nothing else.
      const wanted = /\/firewall\.mjs/.test(command) && !/supervise/.test(command) ? 1 << 12 : 0;
      expect({ own: uid > 2e9, noNewPrivileges, capabilities: Number(`0x${capabilities}`) }, command).to.deep.equal({
        own: true,
        noNewPrivileges: true,
        capabilities: wanted,
      });
    }
    for (const what of [/cc\.mjs/, /dea\.mjs/, /cabinet\.mjs/, /firewall\.mjs/, /postgres -D/, /nats-server/, /flounder-toxiproxy/])
      expect(all.filter(({ uid, command }) => what.test(command) && uid > 2e9).length, String(what)).to.be.above(0);
  });

  it("tells its secrets to no environment, no command line, no log, and neither Docker nor the compose file", () => {
    const dir = join(foundationsDir(), name);
    const secrets = secretsOf(topology("org", 20, {}), readFileSync(join(dir, "secret"), "utf8").trim());
    expect(leaks(secrets, [join(dir, "logs"), join(dir, "run")])).to.deep.equal([]);
    const ids = execFileSync("docker", ["ps", "-aq", "--filter", `label=org.flounder.foundation=${name}`], { encoding: "utf8" })
      .trim()
      .split("\n");
    expect(ids.length).to.be.above(20);
    const inspected = execFileSync("docker", ["inspect", ...ids], { encoding: "utf8" });
    const document = readFileSync(join(dir, "compose.json"), "utf8");
    for (const [label, value] of secrets)
      expect({ label, inspect: inspected.includes(value), document: document.includes(value) }).to.deep.equal({ label, inspect: false, document: false });
    for (const file of filesBelow(join(dir, "secrets"))) expect(statSync(file).mode & 0o777, file).to.equal(0o600);
  });
});

describe("a foundation of an ordinary user", function () {
  this.timeout(180_000);
  before(function () {
    if (process.geteuid?.() === 0 && !reachable(cli)) {
      console.log("      skipped: this clone is for root alone");
      this.skip();
    }
  });

  it("comes up, works, is without new privileges, and goes", async () => {
    const dir = makeOpenFolder("ordinary");
    const isRoot = process.geteuid?.() === 0;
    try {
      const own = join(dir, "own");
      mkdirSync(own, { mode: 0o700 });
      if (isRoot) chownSync(own, nobody, nobody);
      // Tools of root's cache are for root.
      mkdirSync(join(dir, "bin"));
      for (const tool of ["nats-server", "flounder-toxiproxy", "flounder-sftp", "flounder-confine"] as const)
        copyFileSync(needTool(tool), join(dir, "bin", tool));
      const env = {
        PATH: `${join(dir, "bin")}:${process.env.PATH}`,
        ...{ HOME: own, TMPDIR: own, XDG_STATE_HOME: join(own, "state"), XDG_CACHE_HOME: join(own, "cache"), NO_COLOR: "1" },
        ...(process.env.SFTP_SERVER ? { SFTP_SERVER: process.env.SFTP_SERVER } : {}),
      };
      const flounder = (...words: string[]) =>
        said(spawn(process.execPath, [cli, ...words], { cwd: own, stdio: ["ignore", "pipe", "pipe"], env, ...(isRoot ? { uid: nobody, gid: nobody } : {}) }));
      const id = `ordinary-${process.pid}`;
      try {
        const up = await flounder("up", "--profile", "micro", "--name", id);
        expect(up.code, up.text).to.equal(0);
        const all = ofFoundation(id);
        expect(all.length).to.be.above(15);
        for (const { uid, command, noNewPrivileges } of all) {
          expect(uid, command).to.equal(isRoot ? nobody : process.geteuid?.());
          if (!roots.test(command)) expect(noNewPrivileges, command).to.equal(true);
        }
        const broken = await flounder("break", "router-flush", "--on", "router", "--for", "1", "-f", id);
        expect(broken.code, broken.text).to.equal(0);
        const doctor = await flounder("doctor");
        expect(doctor.text).to.match(/runs as\n +everything +you \(uid \d+\)/);
      } finally {
        const down = await flounder("down", "-f", id);
        expect(down.code, down.text).to.equal(0);
        expect(ofFoundation(id)).to.deep.equal([]);
      }
    } finally {
      await removeFolder(dir);
    }
  });
});

describe("whom the engine finds that components can run as", () => {
  const all = (2n ** 41n - 1n) as bigint;
  const rights = { uid: 0, effective: all, uids: [[0, 4_294_967_295]], gids: [[0, 4_294_967_295]] } as const;

  it("users of the foundation's own where it is root, else whoever it is, and says why", async () => {
    expect(whoFor(rights)).to.include({ from: 2_100_000_000, names: true });
    expect(whoFor({ ...rights, uid: 1000 })).to.deep.equal({
      from: undefined,
      names: false,
      says: "you (uid 1000): only root can give each a user of its own",
    });
    expect(whoFor({ ...rights, effective: all & ~(1n << 7n) }))
      .to.include({ from: undefined })
      .and.to.have.property("says")
      .that.contains("SETUID");
    expect(whoFor({ ...rights, effective: all & ~(1n << 21n) })).to.include({ from: 2_100_000_000, names: false });
    const container = { ...rights, uids: [[0, 65_536]], gids: [[0, 65_536]] } as const;
    expect(whoFor(container)).to.include({ from: 0 });
    expect(whoFor({ ...container, gids: [[0, 1]] }))
      .to.include({ from: undefined })
      .and.to.have.property("says")
      .that.contains("only the users 0 to 65535");
    expect(Object.values(await localEngine(async () => Promise.reject(new Error("no system is needed"))).users()).join("\n")).to.contain(
      whoFor(ownRights()).says,
    );
  });
});
