import { expect } from "chai";
import { freePort, type Part } from "../base/testing/lab.js";
import { BusLab } from "../base/testing/lab-bus.js";
import { Ccdb } from "../base/testing/lab-ccdb.js";
import { until } from "../base/until.js";
import { migrations } from "../cc/database/schema.js";

const timers = { dbScan: 200, dropletLost: 600, dropletsAnalysis: 100, stableState: 100, restartTimeout: 1500, flappingTimeout: 3000 };
const requests = "cloudcontrollers.hm.requests";

/** The test plays DEAs (heartbeats, exits) and Cloud Controllers (hears the requests); NATS, Postgres and its schema are the real ones. */
describe("hm", () => {
  let lab: BusLab;
  let ccdb: Ccdb;
  let hm: Part;
  /** dea → what it runs: instance → [index, version, state]. */
  let deas: Map<string, Map<string, { index: number; version: string; state: string }>>;
  let beating: NodeJS.Timeout;

  const beat = (dea: string) => {
    const droplets = [...deas.get(dea)!].map(([instance, facts]) => ({ droplet: "app-1", instance, state_timestamp: Date.now() / 1000, ...facts }));
    lab.say("dea.heartbeat", { dea, droplets });
  };
  const run = (dea: string, instance: string, index: number, version = "v1", state = "RUNNING") => {
    deas.get(dea)!.set(instance, { index, version, state });
    beat(dea);
  };
  const exit = (dea: string, instance: string, index: number, reason = "CRASHED") => {
    deas.get(dea)!.delete(instance);
    lab.say("droplet.exited", { droplet: "app-1", version: "v1", instance, index, reason, exit_status: 1 });
  };
  const asked = (since: number) => lab.on(requests, since).map((heard) => heard.payload);
  const alerted = (since: number) => lab.on("hm.alerts", since).map((heard) => String(heard.payload.says));
  const alert = (words: string, since: number) => until(`the alert "${words}"`, () => alerted(since).some((says) => says.includes(words)), 4000, 20);
  const view = async () => (await hm.ask("/view")) as { apps: Record<string, { running: number; instances: number }>; hindrance: string };
  const boot = async (freshness: string, instances = 2) => {
    await ccdb.rows("insert into orgs (guid, name) values ('o', 'o')");
    await ccdb.rows("insert into spaces (guid, org_guid, name) values ('s', 'o', 's')");
    await ccdb.rows(
      "insert into apps (guid, space_guid, name, state, version, updated_at) values ('app-1', 's', 'echo', 'STARTED', 'v1', now() - interval '1 hour')",
    );
    await ccdb.rows("insert into processes (guid, app_guid, type, instances) values ('app-1', 'app-1', 'web', $1)", [instances]);
    hm = await lab.start("hm-1", "hm", { ports: [], timers, policy: { "hm.freshness": freshness }, links: { ccdb: ccdb.port } });
  };
  const settled = (running: number) =>
    until(
      `${running} running`,
      async () => {
        const { apps, hindrance } = await view();
        return apps["app-1"]?.running === running && hindrance === "";
      },
      4000,
      20,
    );
  /** Two analyses and a scan went by: what was to be asked was asked. */
  const quiet = async (since: number, forMs: number) => {
    await until("time to pass", () => performance.now() - since > forMs, forMs + 500, 20);
    expect(asked(since)).to.deep.equal([]);
  };

  before(async () => {
    ccdb = new Ccdb(await freePort());
    await ccdb.open();
    for (const { sql } of migrations) await ccdb.rows(sql);
  });
  after(() => ccdb?.close());
  beforeEach(async () => {
    lab = await BusLab.open();
    deas = new Map([
      ["dea-1", new Map()],
      ["dea-2", new Map()],
    ]);
    beating = setInterval(() => {
      for (const dea of deas.keys()) beat(dea);
    }, 100);
  });
  afterEach(async () => {
    clearInterval(beating);
    await lab?.close();
    await ccdb.start();
    await ccdb.rows("truncate orgs, storage_losses cascade");
  });

  it("asks DEAs at boot, misses an instance after dropletLost, asks once per restartTimeout", async () => {
    await boot("none");
    await until("its question at boot", () => lab.on("healthmanager.start").length === 1, 1000, 10);
    run("dea-1", "i0", 0);
    run("dea-2", "i1", 1);
    await settled(2);
    const lastBeat = performance.now();
    deas.delete("dea-2");
    await until("a START", () => asked(lastBeat).length > 0, 3000, 10);
    const [first] = lab.on(requests, lastBeat);
    expect(first!.payload).to.deep.include({ droplet: "app-1", op: "START", version: "v1", indices: [1] });
    const [desired] = await ccdb.rows<{ s: string }>("select last_updated s from desired_apps");
    expect(first!.payload.last_updated).to.equal(Number(desired!.s));
    expect(first!.atMs - lastBeat).to.be.within(timers.dropletLost - 150, timers.dropletLost + 2000);
    expect(alerted(lastBeat)).to.include("dea-2 was not heard for 600 ms");
    await until("the second START", () => asked(lastBeat).length > 1, 3000, 10);
    const [, second] = lab.on(requests, lastBeat);
    expect(second!.atMs - first!.atMs).to.be.within(timers.restartTimeout - 50, timers.restartTimeout + 2000);
  });

  // seed: Health Manager and its alerts <- an app crashes faster than it can be restarted: FLAPPING, and an alert
  it("starts a crashed instance at once, four times not: FLAPPING, until there is a new version", async () => {
    await boot("none", 1);
    for (const n of [1, 2, 3, 4]) {
      run("dea-1", `i${n}`, 0);
      await settled(1);
      const crashed = performance.now();
      exit("dea-1", `i${n}`, 0);
      if (n < 4) {
        await until(`START ${n}`, () => asked(crashed).length === 1, 3000, 5);
      }
    }
    await alert("flapping", 0);
    await quiet(performance.now(), timers.restartTimeout + 300);
    const status = await lab.bus.request("healthmanager.status", JSON.stringify({ droplet: "app-1", version: "v1", state: "FLAPPING" }), { timeout: 1000 });
    expect(status.json<{ indices: { index: number }[] }>().indices.map(({ index }) => index)).to.deep.equal([0]);
    const restarted = performance.now();
    await ccdb.rows("update apps set version = 'v2', updated_at = now()");
    lab.say("droplet.updated", { droplet: "app-1" });
    await until("a START of the new version", () => asked(restarted).some(({ op, version }) => op === "START" && version === "v2"), 2000, 10);
  });

  it("restarts what a DEA took down with it, not what somebody stopped", async () => {
    await boot("none");
    run("dea-1", "i0", 0);
    run("dea-2", "i1", 1);
    await settled(2);
    const ended = performance.now();
    exit("dea-1", "i0", 0, "DEA_SHUTDOWN");
    await until("a START", () => asked(ended).length === 1, 1000, 5);
    expect(asked(ended)[0]).to.include({ op: "START" });
    await ccdb.rows("update apps set state = 'STOPPED', updated_at = now()");
    lab.say("droplet.updated", { droplet: "app-1" });
    exit("dea-2", "i1", 1, "STOPPED");
    await quiet(performance.now(), timers.restartTimeout + 300);
  });

  it("stops duplicates, wrong versions and indices beyond the number of instances", async () => {
    await boot("none");
    run("dea-1", "i0", 0);
    run("dea-1", "i1", 1);
    await settled(2);
    for (const [instance, index, version] of [
      ["newcomer", 0, "v1"],
      ["old", 0, "v0"],
      ["third", 2, "v1"],
    ] as const) {
      const seen = performance.now();
      run("dea-2", instance, index, version);
      await until(`STOP of ${instance}`, () => asked(seen).length > 0, 2000, 10);
      expect(asked(seen)[0]).to.deep.include({ op: "STOP", droplet: "app-1", instances: [instance] });
      exit("dea-2", instance, index, "STOPPED");
      await until("silence", () => asked(performance.now() - 300).length === 0, 2000, 50);
    }
    expect(asked(0).filter(({ op }) => op === "START")).to.deep.equal([]);
  });

  // seed: Health Manager and its alerts <- the Health Manager is stopped for longer than heartbeats may be missing
  it("asks for nothing after a pause of its own, in which DEAs went on", async () => {
    await boot("none");
    run("dea-1", "i0", 0);
    run("dea-2", "i1", 1);
    await settled(2);
    const paused = performance.now();
    hm.signal("SIGSTOP");
    await until("time to pass", () => performance.now() - paused > 3 * timers.dropletLost, 3000, 20);
    hm.signal("SIGCONT");
    const resumed = performance.now();
    await settled(2);
    await quiet(resumed, 1000);
  });

  it("is silent while storage is declared lost, says so once, and acts again after the release", async () => {
    await boot("none", 3);
    run("dea-1", "i0", 0);
    run("dea-1", "i1", 1);
    run("dea-2", "i2", 2);
    await settled(3);
    await ccdb.rows("insert into storage_losses (lun, declared_by, reason) values ('lun-1', 'cc-1', 'test')");
    await alert("read-only: storage is declared lost (lun-1)", 0);
    const lost = performance.now();
    deas.delete("dea-2");
    exit("dea-1", "i0", 0);
    await quiet(lost, timers.dropletLost + 800);
    expect(alerted(0).filter((says) => says.startsWith("read-only"))).to.have.length(1);
    const released = performance.now();
    await ccdb.rows("update storage_losses set released_at = now()");
    await until("a START", () => asked(released).length > 0, 2000, 10);
    expect(asked(released)[0]).to.deep.include({ op: "START", indices: [0, 2] });
  });

  // seeds: Health Manager and its alerts, automatic recovery <- all heartbeats stop: recovery itself asks for everything again; then the CCDB goes, with an alert
  it("policy none: mass START when all heartbeats stop; the last desired state serves when the CCDB is away", async () => {
    await boot("none");
    run("dea-1", "i0", 0);
    run("dea-2", "i1", 1);
    await settled(2);
    const silent = performance.now();
    clearInterval(beating);
    await until("the mass START", () => asked(silent).length > 0, 3000, 10);
    expect(asked(silent)[0]).to.deep.include({ op: "START", indices: [0, 1] });
    run("dea-1", "i0", 0);
    run("dea-2", "i1", 1);
    await ccdb.kill("SIGINT");
    await alert("the CCDB does not answer", silent);
    const crashed = performance.now();
    exit("dea-1", "i0", 0);
    await until("a START from the last desired state", () => asked(crashed).length === 1, 1000, 5);
    await ccdb.start();
    await alert("the CCDB answers again", crashed);
  });

  it("policy guard: acts on one lost DEA, not on silence of all, nor without the CCDB", async () => {
    await boot("guard");
    run("dea-1", "i0", 0);
    run("dea-2", "i1", 1);
    await settled(2);
    const lost = performance.now();
    const second = deas.get("dea-2")!;
    deas.delete("dea-2");
    await until("a START", () => asked(lost).length > 0, 4000, 10);
    const [start] = lab.on(requests, lost);
    expect(start!.payload).to.deep.include({ op: "START", indices: [1] });
    expect(start!.atMs - lost, "grace: as long again").to.be.above(2 * timers.dropletLost - 150);
    deas.set("dea-2", second);
    await settled(2);

    const silent = performance.now();
    clearInterval(beating);
    await alert("holding back: no DEA is heard", silent);
    await quiet(silent, timers.restartTimeout + 2 * timers.dropletLost);
    beating = setInterval(() => {
      for (const dea of deas.keys()) beat(dea);
    }, 100);
    await settled(2);
    expect(asked(silent), "nothing was started again when they came back").to.deep.equal([]);

    await ccdb.kill("SIGINT");
    await alert("holding back: the desired state is old", silent);
    const crashed = performance.now();
    exit("dea-1", "i0", 0);
    await quiet(crashed, 600);
  });
});
