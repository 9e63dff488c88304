/** What becomes of apps when their agent, its node, the bus or its LUN goes. */
import { mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { until } from "../base/until.js";
import { answer, crash, Rig, refuses } from "./testing/rig.js";

describe("dea: apps and what is around them", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
  });
  afterEach(() => rig?.close());

  // seed: DEA <- the agent is killed, its apps live
  it("finds its apps again after SIGKILL, with the same instance ids, and still notices their end", async () => {
    for (const index of [0, 1]) rig.start(index);
    const before = await rig.running(2);
    await rig.killDea();
    expect((await answer(before[0]!)).instance, "apps outlive the agent").to.equal(before[0]!.instance);
    // A process of an instance that the snapshot does not know would hold the port of a slot that is given away.
    const snapshot = join(rig.lab.dir, "dea-1", "db", "instances.json");
    const content = JSON.parse(readFileSync(snapshot, "utf8")) as { instances: { id: string }[] };
    writeFileSync(snapshot, JSON.stringify({ ...content, instances: content.instances.filter(({ id }) => id === before[0]!.instance) }));
    const restarted = performance.now();
    await rig.startDea();
    const after = await rig.running(1);
    expect(after[0]).to.deep.equal(before[0]);
    await until("the stray to be gone", () => refuses(before[1]!), 2000, 20);
    await until(
      "a registration",
      () => rig.lab.on("router.register", restarted).some((heard) => heard.payload.private_instance_id === before[0]!.instance),
      2000,
    );
    await until("a heartbeat", () => rig.lab.on("dea.heartbeat", restarted).some((heard) => (heard.payload.droplets as unknown[]).length === 1), 2000);
    await crash(after[0]!);
    await until("droplet.exited", () => rig.lab.on("droplet.exited", restarted).some((heard) => heard.payload.instance === before[0]!.instance), 2000, 20);
  });

  // seed: DEA node <- the agent and all its apps are killed
  it("after the death of the whole node tells what is gone and announces no route to it", async () => {
    rig.start(0);
    const [row] = await rig.running(1);
    await rig.killDea();
    for (const pid of rig.lab.marked("dea-1")) {
      try {
        process.kill(pid, "SIGKILL");
      } catch (error) {
        // The first of a namespace takes the others with it.
        if ((error as NodeJS.ErrnoException).code !== "ESRCH") throw error;
      }
    }
    await until("the app to be gone", () => refuses(row!), 2000, 10);
    const restarted = performance.now();
    await rig.startDea();
    await until("droplet.exited", () => rig.lab.on("droplet.exited", restarted).length === 1, 2000, 10);
    expect(rig.lab.on("droplet.exited")[0]!.payload).to.include({ instance: row!.instance, reason: "CRASHED" });
    expect(rig.lab.on("router.unregister", restarted)[0]!.payload).to.include({ port: row!.advertised.port });
    await until("two heartbeats", () => rig.lab.on("dea.heartbeat", restarted).length >= 2, 3000);
    expect(rig.lab.on("router.register", restarted)).to.deep.equal([]);
  });

  it("keeps watching its apps while the bus is away, and speaks at once when it is back", async () => {
    for (const index of [0, 1]) rig.start(index);
    const before = await rig.running(2);
    await rig.lab.killBus();
    await rig.killDea();
    await rig.startDea({ withoutBus: true });
    expect((await rig.rows()).map((row) => row.instance)).to.have.members(before.map((row) => row.instance));
    await crash(before[1]!);
    await until("the crash to be noticed", async () => (await rig.rows()).some((row) => row.state === "CRASHED" && row.index === 1), 2000, 20);
    const healed = performance.now();
    await rig.lab.startBus();
    await until("a registration", () => rig.lab.on("router.register", healed).length > 0, 5000, 10);
    expect(rig.lab.on("router.register", healed).map((heard) => heard.payload.private_instance_id)).to.deep.equal([before[0]!.instance]);
    await until("a heartbeat", () => rig.lab.on("dea.heartbeat", healed).length > 0, 2000, 10);
  });

  it("keeps droplets and instance folders on a LUN, and the logs of apps off it", async () => {
    await rig.killDea();
    const lun = join(rig.lab.dir, "lun");
    mkdirSync(lun);
    writeFileSync(join(lun, ".lun"), "lun-1");
    await rig.startDea({ env: { MOUNT_LUN_1: lun } });
    rig.start(0);
    const [row] = await rig.running(1);
    expect(readdirSync(join(lun, "dea", "dea-1", "apps"))).to.deep.equal([`echo-0-${row!.instance}`]);
    expect(readdirSync(join(lun, "dea", "dea-1", "staged"))).to.deep.equal([`${rig.sha1}.tgz`]);
    expect(readdirSync(join(rig.lab.dir, "dea-1", "logs", `echo-0-${row!.instance}`))).to.have.members(["stdout.log", "stderr.log"]);

    rmSync(join(lun, ".lun")); // what is left when a mount went away: a folder that takes writes
    const room = () => rig.discover({ mem: 256, disk: 512, fds: 256 }, "node");
    await until("it to have no room any more", async () => (await room()) === "silence", 5000);
    const asked = performance.now();
    await until("heartbeats to go on", () => rig.lab.on("dea.heartbeat", asked).length >= 2, 3000);
    expect((await answer(row!)).index).to.equal(0);
    writeFileSync(join(lun, ".lun"), "lun-1");
    await until("it to have room again", async () => (await room()) === "dea-1", 5000);
  });

  it("takes no app beside a disk that did not answer yet: each would crash, and be given up", async () => {
    await rig.killDea();
    const lun = join(rig.lab.dir, "dead-lun");
    mkdirSync(lun);
    await rig.startDea({ env: { MOUNT_LUN_1: lun } });
    const room = () => rig.discover({ mem: 256, disk: 512, fds: 256 }, "node");
    expect(await room()).to.equal("silence");
    rig.start(0);
    expect(await room(), "and what was sent before this question").to.equal("silence");
    expect(await rig.rows()).to.deep.equal([]);
    writeFileSync(join(lun, ".lun"), "lun-1");
    await until("it to have room", async () => (await room()) === "dea-1", 5000);
    rig.start(0);
    await rig.running(1);
  });

  it("ends on SIGTERM with all its apps, and says so", async () => {
    for (const index of [0, 1]) rig.start(index);
    await rig.running(2);
    const began = performance.now();
    rig.dea.signal("SIGTERM");
    expect(await rig.dea.ended).to.equal(0);
    expect(performance.now() - began).to.be.below(1500);
    await until("the words", () => rig.lab.on("droplet.exited").length === 2, 1000, 10);
    expect(rig.lab.on("droplet.exited").map((heard) => heard.payload.reason)).to.deep.equal(["DEA_SHUTDOWN", "DEA_SHUTDOWN"]);
    expect(rig.lab.on("dea.shutdown")[0]!.payload).to.deep.include({ id: "dea-1", app_id_to_count: { "guid-1": 2 } });
    expect(rig.lab.on("router.unregister")).to.have.length(2);
    expect(rig.lab.marked("dea-1"), "nothing is left").to.deep.equal([]);
  });
});
