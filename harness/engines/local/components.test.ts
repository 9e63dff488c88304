import { existsSync } from "node:fs";
import { expect } from "chai";
import { until } from "../../clock.js";
import { statOf } from "../process-table.js";
import { derived } from "../secrets.js";
import { fixtureEngine, fixtureSpec, leftovers, rejection, sweep, type Tried, tryFoundation } from "./testing/foundation.js";

describe("components of the local engine", function () {
  this.timeout(120_000);
  let tried: Tried;
  const process_ = (name: string) => tried.running.target(name, ["process"]).can.process;
  const facts = (name: string) => tried.running.components().find((one) => one.name === name)!;
  before(async () => {
    tried = await tryFoundation("components");
  });
  after(() => tried?.end());

  it("know where to listen, whom to dial and who they are", async () => {
    const env = (await tried.running.call("cc-1", "/env")) as Record<string, string>;
    expect(env).to.include({ FLOUNDER_FOUNDATION: tried.spec.id, FLOUNDER_COMPONENT: "cc-1", BIND_HOST: "127.0.0.1" });
    expect(env.LINK_NATS).to.match(/^127\.0\.0\.1:\d+$/);
    expect(env.ADVERTISE_API).to.match(/^127\.0\.0\.1:\d+$/);
    expect(env.ADVERTISE_API).to.not.equal(`127.0.0.1:${env.PORT_API}`);
    expect(existsSync(env.DATA_DIR!)).to.equal(true);
    const dea = (await tried.running.call("dea-1", "/env")) as Record<string, string>;
    expect(dea.SLOTS).to.match(/^\d+:127\.0\.0\.1:\d+,\d+:127\.0\.0\.1:\d+$/);
  });

  it("are granted the secrets that they declare, and no others", async () => {
    const said = (name: string) => tried.running.call(name, "/secrets");
    expect(await said("db-1")).to.deep.equal({ mode: 0o600, granted: { "db-password": derived("a secret", "db-password") } });
    expect(await said("cc-1")).to.deep.equal({ mode: 0o600, granted: {} });
  });

  it("are prepared, and run as nobody where they must not be root", async function () {
    if (process.geteuid?.() !== 0) return this.skip();
    const uid = Number(await tried.running.call("db-1", "/prepared"));
    expect(uid).to.not.equal(0);
  });

  // seed: automatic recovery <- a component exits by itself, and its supervisor restarts it
  it("that die by themselves are restarted, and that is told", async () => {
    const before = await process_("cc-1").generation();
    await tried.running.call("cc-1", "/exit");
    await until("cc-1 to be another process, ready", async () => (await process_("cc-1").generation()) !== before && facts("cc-1").state === "ready", 30_000);
    expect(facts("cc-1").restarts).to.equal(1);
    expect(tried.troubles).to.include("cc-1 died: exited with status 3");
    expect(await process_("cc-1").responds()).to.equal(true);
  });

  it("killed as agent stay dead, and their apps live; killed as node take their apps along", async () => {
    const dea = process_("dea-1");
    const slot = tried.running.target("*>dea-1.1", ["link"]).can.link;
    const vacant = () => tried.running.vacant("*>dea-1.1");
    expect(await vacant(), "no app yet").to.equal(true);
    for (const how of ["refuse", "reset", "swallow"] as const) {
      await slot.cut(how);
      expect(await vacant(), how).to.equal(false);
    }
    await slot.mend();
    await slot.shape({ latencyMs: 100 });
    expect(await vacant(), "late").to.equal(false);
    await slot.mend();
    const app = Number(await tried.running.call("dea-1", "/app"));
    await until("the app to answer through its slot", () => slot.carries(), 30_000);
    expect(await vacant()).to.equal(false);
    await dea.kill("agent");
    expect(await dea.population()).to.equal(1);
    expect(facts("dea-1")).to.include({ state: "held", pid: null });
    expect(await slot.carries(), "the app outlives its agent").to.equal(true);
    await dea.start();
    expect(await dea.population()).to.equal(2);
    await dea.kill("node");
    expect(await dea.population()).to.equal(0);
    expect(statOf(app)?.state ?? "gone").to.be.oneOf(["gone", "Z"]);
    expect(await dea.responds()).to.equal(false);
    await dea.start();
    expect(await dea.responds()).to.equal(true);
  });

  it("pause with everything that belongs to them, and go on as the same process", async () => {
    const dea = process_("dea-1");
    const app = Number(await tried.running.call("dea-1", "/app"));
    const before = await dea.generation();
    await dea.pause();
    expect(statOf(app)?.state).to.equal("T");
    expect(await dea.responds()).to.equal(false);
    expect(facts("dea-1").state).to.equal("paused");
    await dea.resume();
    expect(await dea.responds()).to.equal(true);
    expect(await dea.generation()).to.equal(before);
  });

  it("are the same before and after in the fingerprint, and differ while something is hurt", async () => {
    const before = await tried.running.fingerprint();
    await process_("cc-1").kill("node");
    const during = await tried.running.fingerprint();
    expect(during["cc-1"]).to.match(/^held/);
    expect(during["*>cc-1"]).to.match(/^disabled/);
    expect(during["cc-1:lun-1"]).to.match(/^(not mounted|no link)/);
    await process_("cc-1").start();
    expect(await tried.running.fingerprint()).to.deep.equal(before);
  });

  it("a port that is taken is named", async () => {
    const taken = Math.min(...Object.values(facts("nats-1").ports));
    const spec = fixtureSpec("second", { portBase: taken });
    const failure = await rejection(fixtureEngine().start(spec, () => undefined, new AbortController().signal));
    await sweep(spec);
    expect(failure.message).to.contain(`port ${taken}`);
    expect(failure).to.have.property("code", "environment");
  });
});

describe("foundations side by side", function () {
  this.timeout(120_000);
  it("start at once on blocks of their own, do not touch each other, and leave nothing", async () => {
    const [a, b] = await Promise.all([tryFoundation("left"), tryFoundation("right")]);
    try {
      const ports = (tried: Tried) => tried.running.components().flatMap((one) => Object.values(one.ports));
      expect(ports(a).filter((port) => ports(b).includes(port))).to.deep.equal([]);
      await a.running.target("cc-1", ["process"]).can.process.kill("node");
      expect(await b.running.target("cc-1", ["process"]).can.process.responds()).to.equal(true);
      await a.running.reap();
      expect(leftovers(a.spec)).to.deep.equal({ processes: [], mounts: [] });
      expect(await b.running.target("cc-1:lun-1", ["mount"]).can.mount.state()).to.equal("usable");
      expect(leftovers(b.spec).processes.length).to.be.above(5);
    } finally {
      await Promise.all([a.end(), b.end()]);
    }
    expect(leftovers(b.spec)).to.deep.equal({ processes: [], mounts: [] });
  });

  it("a start that is aborted leaves nothing", async () => {
    const spec = fixtureSpec("aborted");
    const abort = new AbortController();
    const failure = await rejection(fixtureEngine().start(spec, (line) => line.startsWith("ports") && setTimeout(() => abort.abort(), 100), abort.signal));
    expect(failure).to.have.property("code", "aborted");
    expect(leftovers(spec)).to.deep.equal({ processes: [], mounts: [] });
    await sweep(spec);
  });
});
