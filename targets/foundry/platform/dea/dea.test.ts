import { createHash } from "node:crypto";
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import * as tar from "tar";
import { until } from "../base/until.js";
import { freePorts, Rig, timers } from "./rig.js";

interface Row {
  name: string;
  index: number;
  instance: string;
  state: string;
  listenPort: number;
  advertised: { host: string; port: number };
  pid: number;
  crashes: number;
}

/** dist/targets/foundry/platform/dea → the source of the sample apps, which is not built. */
const apps = join(dirname(fileURLToPath(import.meta.url)), "../../../../../targets/foundry/apps");

async function echoDroplet(): Promise<Buffer> {
  const dir = mkdtempSync(join(tmpdir(), "flounder-droplet-"));
  try {
    mkdirSync(join(dir, "logs"));
    cpSync(join(apps, "echo"), join(dir, "app"), { recursive: true });
    writeFileSync(join(dir, "startup"), "#!/bin/sh\ncd app\nnode server.js > ../logs/stdout.log 2> ../logs/stderr.log &\nwait $!\n", { mode: 0o755 });
    await tar.c({ gzip: true, cwd: dir, file: join(dir, "d.tgz") }, ["startup", "app", "logs"]);
    return readFileSync(join(dir, "d.tgz"));
  } finally {
    rmSync(dir, { recursive: true });
  }
}

describe("dea", () => {
  let rig: Rig;
  let dea: Awaited<ReturnType<Rig["component"]>>;
  let slots: string;
  let droplets: Server;
  let bits: Buffer;
  let sha1: string;
  let served = 0;
  let gate: Promise<void> = Promise.resolve();

  const start = (index: number, more: object = {}) => {
    const { port } = droplets.address() as { port: number };
    rig.say("dea.dea-1.start", {
      droplet: "guid-1",
      name: "echo",
      uris: ["echo.flounder.test"],
      runtime: "node",
      sha1,
      executableUri: `http://127.0.0.1:${port}/staged_droplets/guid-1/${sha1}`,
      version: "v1",
      services: [],
      limits: { mem: 256, disk: 512, fds: 256 },
      env: ["GREETING=hi"],
      index,
      ...more,
    });
  };
  const rows = async () => (await (await fetch(`${dea.admin}/instances`)).json()) as Row[];
  const running = async (count: number) => {
    await until(`${count} running`, async () => (await rows()).filter((row) => row.state === "RUNNING").length === count, 10_000, 20);
    return (await rows()).filter((row) => row.state === "RUNNING").sort((a, b) => a.index - b.index);
  };
  const answer = async (row: Row) => (await (await fetch(`http://127.0.0.1:${row.listenPort}/?nonce=n1`)).json()) as Record<string, unknown>;
  const refuses = (row: Row) =>
    fetch(`http://127.0.0.1:${row.listenPort}/`).then(
      () => false,
      () => true,
    );
  const discover = (limits: object, runtime: string) =>
    rig.bus.request("dea.discover", JSON.stringify({ droplet: "guid-1", limits, name: "echo", runtime, sha: sha1 }), { timeout: 600, noMux: true }).then(
      (message) => message.json<{ id: string }>().id,
      () => "silence",
    );
  const startDea = async (more: Record<string, string> = {}, withBus = true) => {
    dea = await rig.component("dea-1", { SLOTS: slots, RUNTIMES: "node,static", MEMORY_MB: "1024", ...more }, withBus);
  };
  const killDea = async () => {
    dea.child.kill("SIGKILL");
    await until("the agent to be gone", () => dea.child.signalCode !== null, 2000, 10);
  };

  beforeEach(async () => {
    rig = new Rig();
    await rig.open();
    bits = await echoDroplet();
    sha1 = createHash("sha1").update(bits).digest("hex");
    served = 0;
    gate = Promise.resolve();
    droplets = createServer((_, response) => {
      served++;
      void gate.then(() => response.end(bits));
    });
    await new Promise<void>((resolve) => droplets.listen(0, "127.0.0.1", resolve));
    const listen = await freePorts(5);
    slots = listen.map((port, n) => `${port}:127.0.0.1:${10_000 + n}`).join(",");
    await startDea();
  });
  afterEach(async () => {
    droplets.close();
    await rig.close();
  });

  it("answers discovery only with room, a free slot and the runtime", async () => {
    expect(await discover({ mem: 256 }, "node")).to.equal("dea-1");
    expect(await discover({ mem: 256 }, "cobol")).to.equal("silence");
    expect(await discover({ mem: 2000 }, "node")).to.equal("silence");
    for (const index of [0, 1, 2, 3]) start(index);
    await running(4);
    expect(await discover({ mem: 1 }, "node"), "1024 of 1024 MB reserved, one slot free").to.equal("silence");
    rig.say("dea.stop", { droplet: "guid-1", indices: [3] });
    await running(3);
    expect(await discover({ mem: 256 }, "node"), "memory is back").to.equal("dea-1");
  });

  it("runs a droplet on a slot, says so at once, and keeps saying it", async () => {
    const began = performance.now();
    start(0);
    const [row] = await running(1);
    expect(slots.split(",").map((slot) => Number(slot.split(":")[0]))).to.include(row!.listenPort);
    expect(await answer(row!)).to.deep.equal({ nonce: "n1", app: "echo", instance: row!.instance, index: 0, dea: "dea-1" });
    const [register] = rig.on("router.register", began);
    expect(register!.payload).to.deep.equal({
      dea: "dea-1",
      app: "guid-1",
      host: "127.0.0.1",
      port: row!.advertised.port,
      uris: ["echo.flounder.test"],
      tags: { component: "dea-1" },
      private_instance_id: row!.instance,
      private_instance_index: "0",
    });
    expect(row!.advertised.port).to.be.within(10_000, 10_004);
    // The first one is out of the rhythm; of the others the mean, since a busy machine delays single ones.
    await until("five registrations", () => rig.on("router.register", began).length >= 5, 8000);
    const rhythm = rig.on("router.register", began).slice(1, 5);
    expect((rhythm[3]!.atMs - rhythm[0]!.atMs) / 3).to.be.within(850, 1300);
    await until("heartbeats", () => rig.on("dea.heartbeat", began).length >= 3, 3000);
  });

  describe("with rhythms so slow that only what is said at once is heard", () => {
    beforeEach(async () => {
      await killDea();
      await startDea({ TIMERS_MS: JSON.stringify({ ...timers, heartbeat: 60_000, routeRegister: 60_000 }) });
    });

    it("heartbeats and registers when an app runs", async () => {
      const began = performance.now();
      start(0);
      const [row] = await running(1);
      // The empty one that it said at its boot may only be heard now.
      const told = () => rig.on("dea.heartbeat", began).filter((heard) => (heard.payload.droplets as object[]).length > 0);
      await until("both", () => told().length > 0 && rig.on("router.register", began).length > 0, 2000, 10);
      const [beat] = told();
      expect((beat!.payload.droplets as object[])[0]).to.include({ instance: row!.instance, state: "RUNNING", index: 0, version: "v1", droplet: "guid-1" });
    });

    it("registers on router.start and adopts its interval", async () => {
      start(0);
      await running(1);
      const asked = performance.now();
      rig.say("router.start", { id: "0-x", hosts: ["127.0.0.1"], minimumRegisterIntervalInSeconds: 0.2, pruneThresholdInSeconds: 6 });
      await until("registrations at the new pace", () => rig.on("router.register", asked).length >= 6, 5000);
      const times = rig.on("router.register", asked).map((heard) => heard.atMs);
      expect((times.at(-1)! - times[1]!) / (times.length - 2)).to.be.within(150, 400);
    });

    it("heartbeats on healthmanager.start, also without apps", async () => {
      const asked = performance.now();
      rig.say("healthmanager.start", {});
      await until("the heartbeat", () => rig.on("dea.heartbeat", asked).length > 0, 3000, 10);
      expect(rig.on("dea.heartbeat", asked)[0]!.payload).to.deep.equal({ dea: "dea-1", droplets: [] });
    });
  });

  // seed: droplet and its start/stop scripts <- the droplet's bits are not what its name says
  it("shares one download, and refuses bits that do not hash to their name", async () => {
    let open = () => {};
    gate = new Promise((resolve) => {
      open = resolve;
    });
    for (const index of [0, 1, 2]) start(index);
    await until("the download", () => served === 1, 2000, 10);
    open();
    await running(3);
    expect(served).to.equal(1);
    const wrong = "0".repeat(40);
    start(3, { sha1: wrong });
    await until("the crash", () => rig.on("droplet.exited").length === 1, 3000, 20);
    expect(rig.on("droplet.exited")[0]!.payload).to.include({ reason: "CRASHED", index: 3, version: "v1", droplet: "guid-1" });
    expect(served).to.equal(2);
  });

  it("tells of a crash, takes the route away, frees memory and slot, keeps the folder", async () => {
    for (const index of [0, 1, 2, 3]) start(index);
    const all = await running(4);
    const victim = all[1]!;
    await fetch(`http://127.0.0.1:${victim.listenPort}/crash`, { method: "POST" });
    await until("droplet.exited", () => rig.on("droplet.exited").length === 1, 2000, 10);
    expect(rig.on("droplet.exited")[0]!.payload).to.include({ reason: "CRASHED", instance: victim.instance, index: 1, exit_status: 1 });
    expect(rig.on("router.unregister")[0]!.payload).to.include({ port: victim.advertised.port, private_instance_id: victim.instance });
    expect((await rows()).find((row) => row.instance === victim.instance)!.state).to.equal("CRASHED");
    start(1);
    const again = (await running(4))[1]!;
    expect(again.instance).to.not.equal(victim.instance);
    expect(again.listenPort, "the slot that rested longest, not the one a stale route may point to").to.not.equal(victim.listenPort);
    expect(again.crashes).to.equal(1);
  });

  it("kills the whole process group of a stopped instance and answers dea.find.droplet", async () => {
    for (const index of [0, 1]) start(index);
    const [first, second] = await running(2);
    const found = await rig.bus.request("dea.find.droplet", JSON.stringify({ droplet: "guid-1", indices: [1], include_stats: true }), { timeout: 1000 });
    const reply = found.json<{ instance: string; stats: { usage: { mem: number; disk: number } } }>();
    expect(reply.instance).to.equal(second!.instance);
    expect(reply.stats.usage.mem, "the shell and its node").to.be.above(2e7);
    expect(reply.stats.usage.disk).to.be.above(500);
    rig.say("dea.stop", { droplet: "guid-1", version: "v0" });
    rig.say("dea.stop", { droplet: "guid-1", instances: [first!.instance], version: "v1", states: ["RUNNING"] });
    await running(1);
    await until("its port to be closed", () => refuses(first!), 2000, 20);
    expect((await answer(second!)).index).to.equal(1);
    expect(rig.on("droplet.exited").map((heard) => heard.payload.reason)).to.deep.equal(["STOPPED"]);
  });

  it("changes routes on dea.update", async () => {
    start(0);
    await running(1);
    const asked = performance.now();
    rig.say("dea.update", { droplet: "guid-1", uris: ["new.flounder.test"] });
    await until("the old route to be taken away", () => rig.on("router.unregister", asked).length > 0, 1000, 10);
    expect(rig.on("router.unregister", asked)[0]!.payload.uris).to.deep.equal(["echo.flounder.test"]);
    expect(rig.on("router.register", asked)[0]!.payload.uris).to.deep.equal(["new.flounder.test"]);
  });

  it("ignores junk", async () => {
    rig.bus.publish("dea.dea-1.start", "not json");
    start(0, { sha1: undefined });
    start(1, { index: "one" });
    start(2);
    const [only] = await running(1);
    expect(only!.index).to.equal(2);
    expect(await rows()).to.have.length(1);
  });

  // seed: DEA <- the agent is killed, its apps live
  it("finds its apps again after SIGKILL, with the same instance ids, and still notices their end", async () => {
    for (const index of [0, 1]) start(index);
    const before = await running(2);
    await killDea();
    expect((await answer(before[0]!)).instance, "apps outlive the agent").to.equal(before[0]!.instance);
    // A process of an instance that the snapshot does not know would hold the port of a slot that is given away.
    const snapshot = join(rig.dir, "dea-1", "db", "instances.json");
    const content = JSON.parse(readFileSync(snapshot, "utf8")) as { instances: { id: string }[] };
    writeFileSync(snapshot, JSON.stringify({ ...content, instances: content.instances.filter(({ id }) => id === before[0]!.instance) }));
    const restarted = performance.now();
    await startDea();
    const after = await running(1);
    expect(after[0]).to.deep.equal(before[0]);
    await until("the stray to be gone", () => refuses(before[1]!), 2000, 20);
    await until("a registration", () => rig.on("router.register", restarted).some((heard) => heard.payload.private_instance_id === before[0]!.instance), 2000);
    await until("a heartbeat", () => rig.on("dea.heartbeat", restarted).some((heard) => (heard.payload.droplets as unknown[]).length === 1), 2000);
    await fetch(`http://127.0.0.1:${after[0]!.listenPort}/crash`, { method: "POST" });
    await until("droplet.exited", () => rig.on("droplet.exited", restarted).some((heard) => heard.payload.instance === before[0]!.instance), 2000, 20);
  });

  // seed: DEA node <- the agent and all its apps are killed
  it("after the death of the whole node tells what is gone and announces no route to it", async () => {
    start(0);
    const [row] = await running(1);
    await killDea();
    for (const pid of rig.marked()) process.kill(pid, "SIGKILL");
    await until("the app to be gone", () => refuses(row!), 2000, 10);
    const restarted = performance.now();
    await startDea();
    await until("droplet.exited", () => rig.on("droplet.exited", restarted).length === 1, 2000, 10);
    expect(rig.on("droplet.exited")[0]!.payload).to.include({ instance: row!.instance, reason: "CRASHED" });
    expect(rig.on("router.unregister", restarted)[0]!.payload).to.include({ port: row!.advertised.port });
    await until("two heartbeats", () => rig.on("dea.heartbeat", restarted).length >= 2, 3000);
    expect(rig.on("router.register", restarted)).to.deep.equal([]);
  });

  it("keeps watching its apps while the bus is away, and speaks at once when it is back", async () => {
    for (const index of [0, 1]) start(index);
    const before = await running(2);
    rig.nats.kill("SIGKILL");
    await killDea();
    await startDea({}, false);
    expect((await rows()).map((row) => row.instance)).to.have.members(before.map((row) => row.instance));
    await fetch(`http://127.0.0.1:${before[1]!.listenPort}/crash`, { method: "POST" });
    await until("the crash to be noticed", async () => (await rows()).some((row) => row.state === "CRASHED" && row.index === 1), 2000, 20);
    const healed = performance.now();
    rig.startNats();
    await until("a registration", () => rig.on("router.register", healed).length > 0, 5000, 10);
    expect(rig.on("router.register", healed).map((heard) => heard.payload.private_instance_id)).to.deep.equal([before[0]!.instance]);
    await until("a heartbeat", () => rig.on("dea.heartbeat", healed).length > 0, 2000, 10);
  });

  it("keeps droplets and instance folders on a LUN, and the logs of apps off it", async () => {
    await killDea();
    const lun = join(rig.dir, "lun");
    mkdirSync(lun);
    writeFileSync(join(lun, ".lun"), "lun-1");
    await startDea({ MOUNT_LUN_1: lun });
    start(0);
    const [row] = await running(1);
    expect(readdirSync(join(lun, "dea", "dea-1", "apps"))).to.deep.equal([`echo-0-${row!.instance}`]);
    expect(readdirSync(join(lun, "dea", "dea-1", "staged"))).to.deep.equal([`${sha1}.tgz`]);
    expect(readdirSync(join(rig.dir, "dea-1", "logs", `echo-0-${row!.instance}`))).to.have.members(["stdout.log", "stderr.log"]);

    rmSync(join(lun, ".lun")); // what is left when a mount went away: a folder that takes writes
    const room = () => discover({ mem: 256, disk: 512, fds: 256 }, "node");
    await until("it to have no room any more", async () => (await room()) === "silence", 5000);
    const asked = performance.now();
    await until("heartbeats to go on", () => rig.on("dea.heartbeat", asked).length >= 2, 3000);
    expect((await answer(row!)).index).to.equal(0);
    writeFileSync(join(lun, ".lun"), "lun-1");
    await until("it to have room again", async () => (await room()) === "dea-1", 5000);
  });

  it("ends on SIGTERM with all its apps, and says so", async () => {
    for (const index of [0, 1]) start(index);
    await running(2);
    const began = performance.now();
    dea.child.kill("SIGTERM");
    await until("its end", () => dea.child.exitCode !== null, 3000, 10);
    expect(dea.child.exitCode).to.equal(0);
    expect(performance.now() - began).to.be.below(1500);
    await until("the words", () => rig.on("droplet.exited").length === 2, 1000, 10);
    expect(rig.on("droplet.exited").map((heard) => heard.payload.reason)).to.deep.equal(["DEA_SHUTDOWN", "DEA_SHUTDOWN"]);
    expect(rig.on("dea.shutdown")[0]!.payload).to.deep.include({ id: "dea-1", app_id_to_count: { "guid-1": 2 } });
    expect(rig.on("router.unregister")).to.have.length(2);
    expect(rig.marked(), "nothing is left").to.deep.equal([]);
  });
});
