import { expect } from "chai";
import { until } from "../../base/until.js";
import { type Developer, inSpace, zipOf } from "../testing/developer.js";
import { domain, Rig } from "../testing/rig.js";
import type { App, AuditEvent, Named } from "../testing/rig-types.js";

const files = [
  { path: "package.json", content: "{}" },
  { path: "server.js", content: "require('node:http').createServer((q, s) => s.end()).listen(process.env.PORT)" },
];

describe("cc: several share the work", function () {
  this.timeout(60_000);
  let rig: Rig;
  let cf: Developer;
  let space: string;
  before(async () => {
    rig = await Rig.open();
    cf = await rig.loggedIn();
    space = await cf.space();
  });
  after(() => rig?.close());

  it("seeds once, whoever is first", async () => {
    expect((await cf.list<Named>("/v3/organizations?order_by=name")).map((org) => org.name)).to.deep.equal(["flounder", "flounder-probes"]);
    expect(await cf.list("/v3/spaces?names=dev,probes")).to.have.length(2);
  });

  it("stages each package once, though both look for work", async () => {
    const other = await rig.loggedIn("cc-2");
    const app = await cf.app("many", space);
    const zip = await zipOf(files);
    const packages = await Promise.all(Array.from({ length: 12 }, (_, i) => (i % 2 ? other : cf).upload(app, [], zip)));
    const built = await Promise.all(packages.map((one, i) => (i % 2 ? cf : other).build(one.json.guid)));
    expect(built.map((one) => one.json.state)).to.deep.equal(Array(12).fill("STAGED"));
    expect(await cf.list(`/v3/apps/${app}/droplets?per_page=100`)).to.have.length(12);
    const jobs = await rig.ccdb.rows<{ attempts: number; claimed_by: string }>("select attempts, claimed_by from jobs where operation = 'build.stage'");
    expect(jobs.map((job) => job.attempts)).to.deep.equal(Array(12).fill(1));
    expect(new Set(jobs.map((job) => job.claimed_by)).size, "both worked").to.equal(2);
  });

  // seed: Cloud Controller pool <- a job is claimed by a Cloud Controller that is dead
  it("takes over what a dead Cloud Controller had claimed, when its lease has lapsed and not before", async () => {
    const [claimed] = await rig.ccdb.rows<{ guid: string }>(
      `insert into jobs (guid, operation, payload, claimed_by, lease_until, attempts) values ('orphan', 'app.delete', '{"guid":"none"}', 'cc-9/dead', now() + interval '3 s', 1) returning guid`,
    );
    const state = async () =>
      (
        await rig.ccdb.rows<{ state: string; early: boolean }>(
          "select state, updated_at < created_at + interval '3 s' as early from jobs where guid = 'orphan'",
        )
      )[0]!;
    expect(claimed!.guid).to.equal("orphan");
    await until("the job to be done by another", async () => (await state()).state === "COMPLETE", 10_000);
    expect((await state()).early).to.equal(false);
  });

  it("registers the API's names with its advertised address, again and again, and at once when a router says start", async () => {
    const mine = () => rig.dea.of("router.register").filter((message) => message.port === rig.ccs.get("cc-1")!.port("api"));
    const [first] = mine();
    expect(first).to.deep.include({ host: "127.0.0.1", uris: [`api.${domain}`, `uaa.${domain}`, `login.${domain}`] });
    const before = mine().length;
    await until("two more", () => mine().length >= before + 2, 4000);
    const now = mine().length;
    rig.dea.say("router.start", { id: "0-x", hosts: ["127.0.0.1"], minimumRegisterIntervalInSeconds: 30, pruneThresholdInSeconds: 120 });
    await until("one more, at once", () => mine().length > now, 500, 10);
  });

  it("obeys the Health Manager after looking into the CCDB again, one Cloud Controller per request", async () => {
    const app = await cf.push(space, "watched", files, "  instances: 2\n");
    await until("it to be started", () => rig.dea.starts.filter((start) => start.droplet === app).length === 2, 5000);
    const [row] = await rig.ccdb.rows<{ version: string; last_updated: string }>("select version, last_updated from desired_apps where droplet = $1", [app]);
    const last_updated = Number(row!.last_updated);
    const request = (facts: object) => rig.dea.say("cloudcontrollers.hm.requests", { droplet: app, last_updated, version: row!.version, ...facts });
    const starts = () => rig.dea.starts.filter((start) => start.droplet === app).length;
    const stops = () => rig.dea.of("dea.stop").filter((stop) => stop.instances !== undefined);

    request({ op: "START", indices: [0], version: "old-1" });
    request({ op: "START", indices: [7] });
    request({ op: "STOP", instances: ["i1"], last_updated: last_updated - 1 });
    request({ op: "START", indices: [1] });
    request({ op: "STOP", instances: ["i2"] });
    await until("the two that are right", () => starts() === 3 && stops().length === 1, 5000);
    expect(rig.dea.starts.at(-1)).to.include({ index: 1, version: row!.version });
    expect(stops()[0]).to.deep.equal({ droplet: app, instances: ["i2"] });
    rig.dea.say("cloudcontrollers.hm.requests", { droplet: "unknown-app", op: "STOP", last_updated: 0, instances: ["i3"] });
    await until("an unknown app to be stopped", () => rig.dea.of("dea.stop").some((stop) => stop.droplet === "unknown-app"), 5000);
    expect(starts(), "the wrong ones stayed without effect").to.equal(3);
  });

  it("writes a crash down once", async () => {
    const app = await cf.appNamed("watched");
    rig.dea.say("droplet.exited", {
      droplet: app,
      version: "v",
      instance: "i",
      index: 1,
      reason: "CRASHED",
      exit_status: 7,
      exit_description: "exited with status 7",
    });
    rig.dea.say("droplet.exited", { droplet: app, version: "v", instance: "i", index: 1, reason: "STOPPED" });
    const events = () => cf.list<AuditEvent>(`/v3/audit_events?target_guids=${app}&types=app.crash`);
    await until("the event", async () => (await events()).length > 0, 5000);
    expect((await events()).map((event) => event.data)).to.deep.equal([
      { version: "v", instance: "i", index: 1, reason: "CRASHED", exit_status: 7, exit_description: "exited with status 7" },
    ]);
  });

  // seed: Cloud Controller pool <- a Cloud Controller is killed right after it acknowledged a write
  it("keeps its promises through a kill -9, and unregisters when it is told to end", async () => {
    const made = await cf.post<App>("/v3/apps", { name: "kept", ...inSpace(space) });
    rig.ccs.get("cc-1")!.signal("SIGKILL");
    await rig.ccs.get("cc-1")!.ended;
    const other = await rig.loggedIn("cc-2");
    expect((await other.get<App>(`/v3/apps/${made.json.guid}`)).json.name).to.equal("kept");
    const port = rig.ccs.get("cc-2")!.port("api");
    const from = performance.now();
    rig.ccs.get("cc-2")!.signal("SIGTERM");
    expect(await rig.ccs.get("cc-2")!.ended).to.equal(0);
    expect(performance.now() - from).to.be.lessThan(1000);
    await until("router.unregister", () => rig.dea.of("router.unregister").some((message) => message.port === port), 1000);
  });
});
