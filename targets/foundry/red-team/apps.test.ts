/**
 * A tenant's app that means no good, on a real foundation: what it can read, whom it can end, and what of it is left when it was told to go.
 * What is left is looked for by its command lines and its port, with nothing of the platform's or the engine's.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { chownSync, copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createServer } from "node:net";
import { getPriority } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { request } from "undici";
import { until } from "../../../harness/clock.js";
import { makeOpenFolder, reachable } from "../../../harness/engines/local/mounts/open-folder.js";
import { removeFolder } from "../../../harness/engines/local/processes/reap.js";
import { needTool } from "../../../harness/engines/tools/find.js";
import { root } from "../../../harness/paths.js";
import { loadEngine } from "../../../harness/registry.js";
import type { Instance } from "../readings/fingerprint.js";
import { liveFoundation } from "../testing/live-foundation.js";
import type { CfClient } from "../workload/cf-client.js";
import { prober } from "../workload/prepare.js";

const shape = { cc: 1, dea: 1, router: 1, lb: 1, dns: 1, cabinets: ["cabinet-a"], lunsPerCabinet: 1, deaLuns: 1 };
interface Attempt {
  readonly got?: unknown;
  readonly refused?: string;
}
interface Neighbour {
  readonly pid: number;
  readonly command: string;
  readonly environment: Attempt;
  readonly folder: Attempt;
}

const freePort = () =>
  new Promise<number>((resolve) => {
    const server = createServer().listen(0, "127.0.0.1", () => {
      const { port } = server.address() as { port: number };
      server.close(() => resolve(port));
    });
  });
/** Processes of this machine in whose command line the text is. */
const withText = (text: string): { readonly pid: number; readonly line: string }[] =>
  readdirSync("/proc").flatMap((pid) => {
    try {
      const line = /^\d+$/.test(pid) ? readFileSync(`/proc/${pid}/cmdline`, "latin1").replaceAll("\0", " ") : "";
      return line.includes(text) ? [{ pid: Number(pid), line }] : [];
    } catch {
      return []; // it ended meanwhile
    }
  });
const withToken = (token: string) => withText(token).map(({ pid, line }) => `${pid} ${line.slice(-60)}`);

for (const engine of ["local", "compose"] as const) {
  const lacking = engine === "local" ? [] : (await (await loadEngine(engine)).check()).map(({ what }) => what);
  if (engine === "compose" && (lacking.length > 0 || !process.env.FLOUNDER_DOCKER)) {
    describe.skip(`an app that means no good, compose: ${lacking.join("; ") || "only with FLOUNDER_DOCKER=1"}`, () => it("gets nowhere", () => {}));
    continue;
  }
  describe(`an app that means no good, ${engine}`, function () {
    this.timeout(90_000);
    const live = liveFoundation({ name: "intruder", profile: "org", shape, engine });
    let client: CfClient;
    let space: string;
    const dir = () => live.spec.dir;
    const instances = async () => (await live.running.call("dea-1", "/instances")) as readonly (Instance & { readonly pid: number })[];
    const instanceOf = async (name: string) => (await instances()).find((one) => one.name === name && one.state === "RUNNING");
    const agent = () => live.running.components().find(({ name }) => name === "dea-1")!.pid!;
    /** Whether somebody listens there, as the kernel's table says (state 0A). */
    const listens = (port: number) => {
      try {
        const table = readFileSync(engine === "local" ? "/proc/net/tcp" : `/proc/${agent()}/net/tcp`, "utf8");
        return table.includes(`:${port.toString(16).toUpperCase().padStart(4, "0")} 00000000:0000 0A`);
      } catch {
        return false; // its container is gone
      }
    };

    const push = async (name: string) => {
      const [token, held] = [`token-${name}-${process.pid}`, await freePort()];
      const file = (path: string, content: string) => ({ path, mode: 0o644, content: Buffer.from(content) });
      const files = [
        file("server.mjs", readFileSync(join(root, "targets", "foundry", "red-team", "intruder.mjs"), "utf8")),
        file("package.json", JSON.stringify({ name, scripts: { start: "node server.mjs" } })),
      ];
      const guid = await client.push(
        space,
        { name, instances: 1, memoryMb: 64, route: true, buildpack: "nodejs_buildpack", command: "node server.mjs" },
        files,
      );
      const own = { TOKEN: token, HELD: String(held), ODD: "a 'b' $c\n", GODEBUG: "inittrace=0" };
      await client.call("PATCH", `/v3/apps/${guid}/environment_variables`, { var: own });
      await client.start(guid);
      const ask = async <T>(what: string, of = ""): Promise<T> => {
        const { listenPort } = (await instanceOf(name))!;
        const { host } = live.running.direct("dea-1", "admin");
        const answer = await request(`http://${host}:${listenPort}/${what}?of=${encodeURIComponent(of)}`, { bodyTimeout: 20_000 });
        return (await answer.body.json()) as T;
      };
      await until(`${name} to run`, async () => (await instanceOf(name)) !== undefined, 20_000, 50);
      const hide = async () => {
        const tried = await ask<readonly (readonly [string, string])[]>("hide");
        expect(tried.map(([, how]) => how)).to.deep.equal(tried.map(() => "tried"));
        await until("its port to be held", () => listens(held), 10_000, 20);
        const ways = ["fork", "scrub", "deleted", "port"];
        await until("them to be there", () => ways.every((way) => withToken(`${token}-${way}`).length > 0), 10_000, 20);
      };
      const nothingLeft = async () => {
        await until("nothing of it to be left", () => withToken(token).length === 0 && !listens(held), 5000, 20).catch(() => {});
        expect(withToken(token)).to.deep.equal([]);
        expect(listens(held), "its port is held").to.equal(false);
      };
      return { guid, ask, hide, nothingLeft, own };
    };

    before(async () => {
      ({ client, spaceGuid: space } = await prober(live.facts));
    });

    /** What is the platform's, by the paths that the DEA knows it by. */
    const closed = () => {
      if (engine === "compose") {
        const files = ["/run/flounder/secrets.json", "/state/logs/dea-1.log", "/state/run/dea-1.life", "/data/db/instances.json", "/opt/flounder/packages"];
        return { files, folders: ["/data", "/mounts", "/mounts/lun-1", "/mounts/lun-1/dea", "/state", "/opt"] };
      }
      const data = (component: string) => realpathSync(join(dir(), "components", component));
      const open = dirname(dirname(data("dea-1")));
      const files = [...["secret", "token", "foundation.json"].map((name) => join(dir(), name)), join(open, "secrets", "dea-1", "secrets.json")];
      return { files: [...files, join(data("dea-1"), "db", "instances.json")], folders: [dir(), open, data("dea-1"), data("cc-1")] };
    };

    // seed: DEA <- an app reads and ends what is the platform's, or another's
    it("sees its own folder and its own processes, and ends nobody else", async () => {
      const { ask, guid, own } = await push("spy");
      const neighbour = await push("victim");
      const before = agent();
      const secret = readFileSync(join(dir(), "secret"), "utf8").trim();
      const { files, folders } = closed();
      for (const path of [...files, "/etc/shadow"]) expect(await ask<Attempt>("read", path), path).to.have.property("refused");
      for (const path of [...folders, "/root", "/home", "/run", "/var/lib", "/srv"]) {
        const { got = [] } = await ask<{ readonly got?: readonly string[] }>("list", path);
        // Folders on the way to its own are there, with nothing else in them.
        expect(
          got.filter((name) => !["apps", "components", "mounts", "lun-1", "dea", "dea-1"].includes(name)),
          path,
        ).to.deep.equal([]);
      }

      const environment = await ask<Record<string, string>>("environment");
      expect(environment).to.include(own);
      expect(
        Object.keys(environment).filter((name) => /FLOUNDER_(?!FOUNDATION|COMPONENT)|SECRET|CONFINE|^(LINK|MOUNT|PORT)_|DATA_DIR/.test(name)),
      ).to.deep.equal([]);
      expect(JSON.stringify(environment)).not.to.contain(secret);

      const others = await ask<readonly Neighbour[]>("processes");
      expect(JSON.stringify(others)).not.to.match(/FOUNDATION_SECRET|SECRETS_FILE|dea\.mjs|supervise/);
      expect(
        others.filter(({ pid, environment: env }) => pid === 1 && env.got !== undefined),
        "not even of the first one",
      ).to.deep.equal([]);
      for (const what of ["root", "cwd", "exe"]) expect(await ask<Attempt>("list", `/proc/1/${what}`), what).to.have.property("refused");

      if (engine === "local") {
        const { pid: other } = (await instanceOf("victim"))!;
        for (const pid of [before, other, process.pid]) expect(await ask<Attempt>("kill", String(pid)), `kill of ${pid}`).to.have.property("refused");
      }
      await ask("killEverybody");
      const home = dirname((await ask<Record<string, string>>("environment")).HOME!);
      const theirs = dirname((await neighbour.ask<Record<string, string>>("environment")).HOME!);
      expect(await ask<Attempt>("list", home)).to.have.property("got");
      expect(await ask<Attempt>("list", theirs), "another app's folder").to.have.property("refused");
      expect(await ask<Attempt>("write", join(theirs, "app", "server.mjs"))).to.have.property("refused");

      expect(await ask<number>("namespace"), "unshare").not.to.equal(0);
      const status = await ask<string>("status");
      expect(status)
        .to.match(/NoNewPrivs:\s+1/)
        .and.to.match(/CapEff:\s+0+\n/)
        .and.to.match(/CapPrm:\s+0+\n/)
        .and.to.match(/CapBnd:\s+0+\n/);
      const limits = await ask<string>("limits");
      expect(limits)
        .to.match(/Max core file size +0 +0 /)
        .and.to.match(/Max open files +256 +256 /)
        .and.to.match(/Max processes +512 +512 /)
        .and.to.match(/Max file size +1073741824 +1073741824 /)
        .and.to.match(/Max data size +603979776 +603979776 /);
      expect(await ask<number>("bomb"), "processes at once").to.be.within(50, 512);
      expect(agent()).to.equal(before);
      await client.stop(guid);
      await client.stop(neighbour.guid);
    });

    // seed: DEA <- an app takes all memory, or all of the processors
    it("is ended when it has more memory than it may, however it takes it; who burns time is put behind everybody else", async () => {
      const app = await push("glutton");
      const bus = await live.bus();
      const why: string[] = [];
      bus.subscribe("droplet.exited", {
        callback: (_, message) => {
          const said = message.json<{ droplet: string; exit_status: number; exit_description: string }>();
          if (said.droplet === app.guid) why.push(`${said.exit_status} ${said.exit_description}`);
        },
      });
      await bus.flush();
      const niceOf = (pid: number) => Number(readFileSync(`/proc/${pid}/stat`, "latin1").split(") ")[1]!.split(" ")[16]);
      const burners = () => withText(`token-glutton-${process.pid}-burn`).map(({ pid }) => niceOf(pid));
      const ways = ["heap", "children", ...(existsSync("/usr/bin/python3") ? ["a file without a name"] : [])];
      for (const [n, way] of ways.entries()) {
        await until("it to run", async () => (await instanceOf("glutton")) !== undefined, 20_000, 50);
        await app.ask("grow", way);
        await until(`${way} to end it`, () => why.length > n, 20_000, 50);
        expect(why[n], way).to.match(/^137 .*out of memory: it has \d+ MiB, its limit is 64 MiB/);
      }
      // Last: it is behind everybody else from then on, too.
      await until("it to run", async () => (await instanceOf("glutton")) !== undefined, 20_000, 50);
      await app.ask("burn", "6");
      await until("them to be put behind", () => burners().length === 6 && burners().every((nice) => nice === 19), 20_000, 50);
      expect(niceOf(agent()), "as nice as whoever runs it").to.equal(getPriority());
      await client.stop(app.guid);
      await app.nothingLeft();
    });

    // seed: DEA <- an app hides from whoever ends it, and holds a port
    it("leaves nothing when it is stopped, however it hides", async () => {
      const app = await push("hider");
      await app.hide();
      await client.stop(app.guid);
      await app.nothingLeft();
    });

    it("crashes with all that it hid", async () => {
      const app = await push("crasher");
      await app.hide();
      const [first] = withText("/crasher-0-").filter(({ line }) => /^\/\S*flounder-confine\S* -dir /.test(line));
      process.kill(first!.pid, "SIGKILL");
      await until("it to be started again", async () => (await instanceOf("crasher")) !== undefined && withToken("token-crasher").length === 0, 20_000, 50);
      await client.stop(app.guid);
      await app.nothingLeft();
    });

    it("sees its disk as it is: read-only, and writable again", async function () {
      if (!(await live.mountsCanHang("read-only"))) this.skip();
      const app = await push("writer");
      const file = join((await app.ask<Record<string, string>>("environment")).HOME!, "written");
      const { mount } = live.running.target("dea-1:lun-1", ["mount"]).can;
      const write = async () => ((await app.ask<Attempt>("write", file)).refused as string | undefined) ?? "written";
      expect(await write()).to.equal("written");
      await mount.cut("read-only");
      await until("it to be refused", async () => (await write()) === "EROFS", 5000, 50);
      await mount.mend();
      await until("it to be written", async () => (await write()) === "written", 5000, 50);
      await client.stop(app.guid);
    });

    it("sees its disk again when that was mounted anew", async function () {
      if (process.geteuid?.() !== 0 || !(await live.mountsCanHang())) this.skip();
      const app = await push("reader");
      const home = (await app.ask<Record<string, string>>("environment")).HOME!;
      const list = async () => ((await app.ask<Attempt>("list", home)).got as string[] | undefined)?.includes("server.mjs") ?? false;
      expect(await list()).to.equal(true);
      const isTheirs = (pid: number) => {
        try {
          const marks = readFileSync(`/proc/${pid}/environ`, "latin1").split("\0");
          return marks.includes(`FLOUNDER_FOUNDATION=${live.spec.id}`) && marks.includes("FLOUNDER_COMPONENT=dea-1");
        } catch {
          return false; // it ended meanwhile
        }
      };
      const sshfs = () => withText("lun-1").find(({ pid, line }) => /^\S*sshfs /.test(line) && isTheirs(pid))?.pid;
      const first = sshfs()!;
      process.kill(first, "SIGKILL");
      await until("another one", () => ![first, undefined].includes(sshfs()), 10_000, 20);
      await until("it to be there", list, 10_000, 50);
      await client.stop(app.guid);
    });

    it("goes with its node, and with its foundation", async () => {
      const app = await push("stayer");
      await app.hide();
      const { process: node } = live.running.target("dea-1", ["process"]).can;
      await node.kill("node");
      await app.nothingLeft();
      await node.start();
      await until("it to be started again", async () => (await instanceOf("stayer")) !== undefined, 30_000, 50);
      await app.hide();
      await live.running.reap();
      await app.nothingLeft();
    });
  });
}

describe("an app that means no good, on an ordinary user's foundation", function () {
  this.timeout(240_000);
  const nobody = 65_534;
  const mocha = join(root, "node_modules", "mocha", "bin", "mocha.js");

  it("gets no further", async function () {
    if (process.geteuid?.() !== 0) this.skip(); // it was an ordinary user's already
    if (!reachable(mocha)) {
      console.log("      skipped: this clone is for root alone");
      this.skip();
    }
    const dir = makeOpenFolder("ordinary-apps");
    try {
      const own = join(dir, "own");
      mkdirSync(own, { mode: 0o700 });
      chownSync(own, nobody, nobody);
      mkdirSync(join(dir, "bin"));
      // Tools of root's cache are for root.
      for (const tool of ["nats-server", "flounder-toxiproxy", "flounder-sftp", "flounder-confine"] as const)
        copyFileSync(needTool(tool), join(dir, "bin", tool));
      const places = { HOME: own, TMPDIR: own, XDG_STATE_HOME: join(own, "state"), XDG_CACHE_HOME: join(own, "cache") };
      const env = { PATH: `${join(dir, "bin")}:${process.env.PATH}`, NO_COLOR: "1", ...places };
      const words = [mocha, "--reporter", "dot", "-g", "local", fileURLToPath(import.meta.url)];
      const child: ChildProcess = spawn(process.execPath, words, { cwd: root, env, uid: nobody, gid: nobody, stdio: ["ignore", "pipe", "pipe"] });
      let said = "";
      for (const stream of [child.stdout!, child.stderr!]) stream.on("data", (chunk) => (said += chunk));
      const [code] = (await once(child, "close")) as [number | null];
      expect(code, said).to.equal(0);
      expect(said).to.match(/[4-9] passing/);
    } finally {
      await removeFolder(dir);
    }
  });
});
