/** The DEA as a process, on a real bus: where it has room, what it runs, and what it says of that. */
import { expect } from "chai";
import { until } from "../base/until.js";
import { answer, crash, Rig, refuses } from "./testing/rig.js";

describe("dea", () => {
  let rig: Rig;
  beforeEach(async () => {
    rig = await Rig.open();
  });
  afterEach(() => rig?.close());

  it("answers discovery only with room, a free slot and the runtime", async () => {
    expect(await rig.discover({ mem: 256 }, "node")).to.equal("dea-1");
    expect(await rig.discover({ mem: 256 }, "cobol")).to.equal("silence");
    expect(await rig.discover({ mem: 2000 }, "node")).to.equal("silence");
    for (const index of [0, 1, 2, 3]) rig.start(index);
    await rig.running(4);
    expect(await rig.discover({ mem: 1 }, "node"), "1024 of 1024 MB reserved, one slot free").to.equal("silence");
    rig.lab.say("dea.stop", { droplet: "guid-1", indices: [3] });
    await rig.running(3);
    expect(await rig.discover({ mem: 256 }, "node"), "memory is back").to.equal("dea-1");
  });

  it("runs a droplet on a slot, says so at once, and keeps saying it", async () => {
    const began = performance.now();
    rig.start(0);
    const [row] = await rig.running(1);
    expect(rig.slots.split(",").map((slot) => Number(slot.split(":")[0]))).to.include(row!.listenPort);
    expect(await answer(row!)).to.deep.equal({ nonce: "n1", app: "echo", instance: row!.instance, index: 0, dea: "dea-1" });
    const [register] = rig.lab.on("router.register", began);
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
    await until("five registrations", () => rig.lab.on("router.register", began).length >= 5, 8000);
    const rhythm = rig.lab.on("router.register", began).slice(1, 5);
    expect((rhythm[3]!.atMs - rhythm[0]!.atMs) / 3).to.be.within(850, 1300);
    await until("heartbeats", () => rig.lab.on("dea.heartbeat", began).length >= 3, 3000);
  });

  describe("with rhythms so slow that only what is said at once is heard", () => {
    beforeEach(async () => {
      await rig.killDea();
      await rig.startDea({ timers: { heartbeat: 60_000, routeRegister: 60_000 } });
    });

    it("heartbeats and registers when an app runs", async () => {
      const began = performance.now();
      rig.start(0);
      const [row] = await rig.running(1);
      // The empty one that it said at its boot may only be heard now.
      const told = () => rig.lab.on("dea.heartbeat", began).filter((heard) => (heard.payload.droplets as object[]).length > 0);
      await until("both", () => told().length > 0 && rig.lab.on("router.register", began).length > 0, 2000, 10);
      const [beat] = told();
      expect((beat!.payload.droplets as object[])[0]).to.include({ instance: row!.instance, state: "RUNNING", index: 0, version: "v1", droplet: "guid-1" });
    });

    it("registers on router.start and adopts its interval", async () => {
      rig.start(0);
      await rig.running(1);
      const asked = performance.now();
      rig.lab.say("router.start", { id: "0-x", hosts: ["127.0.0.1"], minimumRegisterIntervalInSeconds: 0.2, pruneThresholdInSeconds: 6 });
      await until("registrations at the new pace", () => rig.lab.on("router.register", asked).length >= 6, 5000);
      const times = rig.lab.on("router.register", asked).map((heard) => heard.atMs);
      expect((times.at(-1)! - times[1]!) / (times.length - 2)).to.be.within(150, 400);
    });

    it("registers no less often for a router that asks for longer intervals", async () => {
      await rig.killDea();
      await rig.startDea({ timers: { routeRegister: 300 } });
      rig.start(0);
      await rig.running(1);
      const asked = performance.now();
      rig.lab.say("router.start", { id: "gorouter", hosts: ["127.0.0.1"], minimumRegisterIntervalInSeconds: 20, pruneThresholdInSeconds: 120 });
      await until("registrations at the DEA's own pace", () => rig.lab.on("router.register", asked).length >= 5, 5000);
    });

    it("heartbeats on healthmanager.start, also without apps", async () => {
      const asked = performance.now();
      rig.lab.say("healthmanager.start", {});
      await until("the heartbeat", () => rig.lab.on("dea.heartbeat", asked).length > 0, 3000, 10);
      expect(rig.lab.on("dea.heartbeat", asked)[0]!.payload).to.deep.equal({ dea: "dea-1", droplets: [] });
    });
  });

  // seed: droplet and its start/stop scripts <- the droplet's bits are not what its name says
  it("shares one download, and refuses bits that do not hash to their name", async () => {
    let open = () => {};
    rig.gate = new Promise((resolve) => {
      open = resolve;
    });
    for (const index of [0, 1, 2]) rig.start(index);
    await until("the download", () => rig.served === 1, 2000, 10);
    open();
    await rig.running(3);
    expect(rig.served).to.equal(1);
    const wrong = "0".repeat(40);
    rig.start(3, { sha1: wrong });
    await until("the crash", () => rig.lab.on("droplet.exited").length === 1, 3000, 20);
    expect(rig.lab.on("droplet.exited")[0]!.payload).to.include({ reason: "CRASHED", index: 3, version: "v1", droplet: "guid-1" });
    expect(rig.served).to.equal(2);
  });

  it("tells of a crash, takes the route away, frees memory and slot, keeps the folder", async () => {
    for (const index of [0, 1, 2, 3]) rig.start(index);
    const all = await rig.running(4);
    const victim = all[1]!;
    await crash(victim);
    await until("droplet.exited", () => rig.lab.on("droplet.exited").length === 1, 2000, 10);
    expect(rig.lab.on("droplet.exited")[0]!.payload).to.include({ reason: "CRASHED", instance: victim.instance, index: 1, exit_status: 1 });
    expect(rig.lab.on("router.unregister")[0]!.payload).to.include({ port: victim.advertised.port, private_instance_id: victim.instance });
    expect((await rig.rows()).find((row) => row.instance === victim.instance)!.state).to.equal("CRASHED");
    rig.start(1);
    const again = (await rig.running(4))[1]!;
    expect(again.instance).to.not.equal(victim.instance);
    expect(again.listenPort, "the slot that rested longest, not the one a stale route may point to").to.not.equal(victim.listenPort);
    expect(again.crashes).to.equal(1);
  });

  it("kills the whole process group of a stopped instance and answers dea.find.droplet", async () => {
    for (const index of [0, 1]) rig.start(index);
    const [first, second] = await rig.running(2);
    const found = await rig.lab.bus.request("dea.find.droplet", JSON.stringify({ droplet: "guid-1", indices: [1], include_stats: true }), { timeout: 1000 });
    const reply = found.json<{ instance: string; stats: { usage: { mem: number; disk: number } } }>();
    expect(reply.instance).to.equal(second!.instance);
    expect(reply.stats.usage.mem, "the shell and its node").to.be.above(2e7);
    expect(reply.stats.usage.disk).to.be.above(500);
    rig.lab.say("dea.stop", { droplet: "guid-1", version: "v0" });
    rig.lab.say("dea.stop", { droplet: "guid-1", instances: [first!.instance], version: "v1", states: ["RUNNING"] });
    await rig.running(1);
    await until("its port to be closed", () => refuses(first!), 2000, 20);
    expect((await answer(second!)).index).to.equal(1);
    expect(rig.lab.on("droplet.exited").map((heard) => heard.payload.reason)).to.deep.equal(["STOPPED"]);
  });

  it("changes routes on dea.update", async () => {
    rig.start(0);
    await rig.running(1);
    const asked = performance.now();
    rig.lab.say("dea.update", { droplet: "guid-1", uris: ["new.flounder.test"] });
    await until("the old route to be taken away", () => rig.lab.on("router.unregister", asked).length > 0, 1000, 10);
    expect(rig.lab.on("router.unregister", asked)[0]!.payload.uris).to.deep.equal(["echo.flounder.test"]);
    expect(rig.lab.on("router.register", asked)[0]!.payload.uris).to.deep.equal(["new.flounder.test"]);
  });

  it("runs an app whose name is longer than a folder's may be", async () => {
    rig.start(0, { name: "x".repeat(230) });
    rig.start(1, { name: "あ/../\0".repeat(60) });
    expect(await rig.running(2)).to.have.length(2);
  });

  it("calls RUNNING what its health check says: a process that lives, an open port, a path that answers 200", async () => {
    const check = (index: number, health_check: object, more: object = {}) => rig.start(index, { health_check, ...more });
    // The sample app answers 200 to /, 404 to what it has not.
    check(0, { type: "http", endpoint: "/" });
    check(1, { type: "http", endpoint: "/nothing-here", timeoutS: 1 });
    check(2, { type: "process" }, { env: ["CF_START_COMMAND=sleep 60"] });
    check(3, { type: "port" }, { uris: [] });
    const rows = await rig.running(3);
    expect(rows.map(({ index }) => index)).to.deep.equal([0, 2, 3]);
    await until("the one that never answers to crash", () => rig.lab.on("droplet.exited").length === 1, 5000, 20);
    expect(rig.lab.on("droplet.exited")[0]!.payload).to.include({
      index: 1,
      reason: "CRASHED",
      exit_description: "did not answer 200 to GET /nothing-here in time",
    });
    expect(rig.lab.on("router.register").some(({ payload }) => payload.private_instance_index === "1")).to.equal(false);
  });

  it("an instance that cannot be launched crashes by itself, and the DEA goes on", async () => {
    rig.start(0, { env: ["NUL=a\0b"] });
    await until("the crash", () => rig.lab.on("droplet.exited").length === 1, 3000, 20);
    rig.start(1);
    expect((await rig.running(1))[0]!.index).to.equal(1);
    expect(((await rig.dea.ask("/varz")) as { pid: number }).pid).to.equal(rig.dea.pid);
  });

  it("ignores junk", async () => {
    rig.lab.bus.publish("dea.dea-1.start", "not json");
    rig.start(0, { sha1: undefined });
    rig.start(1, { index: "one" });
    rig.start(2);
    const [only] = await rig.running(1);
    expect(only!.index).to.equal(2);
    expect(await rig.rows()).to.have.length(1);
  });
});
