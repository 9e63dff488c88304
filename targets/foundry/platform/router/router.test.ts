/** The router as a process, on a real bus: what cf-protocol says of registration, pruning and errors. */
import type { IncomingMessage } from "node:http";
import { expect } from "chai";
import { freePort } from "../base/testing/lab.js";
import { until } from "../base/until.js";
import { Rig, to } from "./testing/rig.js";

describe("router", function () {
  this.timeout(30_000);
  let rig: Rig;
  before(async () => {
    rig = await Rig.open();
  });
  after(() => rig?.close());

  it("greets with its cadence, the same as router.start says", async () => {
    const starts = rig.lab.bus.subscribe("router.start", { max: 1 });
    await rig.lab.bus.flush();
    const other = await rig.start("prune", "router-2");
    const greeting = (await rig.lab.bus.request("router.greet", "{}", { timeout: 1000 })).json<Record<string, unknown>>();
    expect(Object.keys(greeting)).to.have.members(["id", "hosts", "minimumRegisterIntervalInSeconds", "pruneThresholdInSeconds"]);
    for await (const message of starts) {
      const said = message.json<Record<string, unknown>>();
      expect(said.id).to.match(/^1-[0-9a-f-]{36}$/);
      expect({ ...said, id: "" }).to.deep.equal({ id: "", hosts: ["127.0.0.1"], minimumRegisterIntervalInSeconds: 0.4, pruneThresholdInSeconds: 1.2 });
    }
    other.signal("SIGTERM");
    expect(await other.ended).to.equal(0);
  });

  it("routes a registered host with or without port and case, and adds what apps rely on", async () => {
    let seen: IncomingMessage["headers"] = {};
    const port = await rig.app((request, response) => {
      seen = request.headers;
      response.end("one");
    });
    rig.lab.say("router.register", {
      host: "127.0.0.1",
      port,
      uris: ["One.flounder.test"],
      app: "app-guid",
      private_instance_id: "inst",
      private_instance_index: "3",
      tags: { component: "dea-1" },
    });
    await rig.routed("one.flounder.test");
    const answer = await to(rig.router.port("http"), "ONE.flounder.test:80", {
      path: "/x?y=1",
      headers: { "X-Forwarded-For": "10.1.1.1", "X-Vcap-Trace": "22" },
    });
    expect(answer.status).to.equal(200);
    expect(answer.body).to.equal("one");
    expect(answer.headers["x-vcap-request-id"]).to.match(/^[0-9a-f-]{36}$/);
    expect(answer.headers["x-vcap-backend"]).to.equal(`127.0.0.1:${port}`);
    expect(seen["x-forwarded-for"]).to.equal("10.1.1.1, 127.0.0.1");
    expect(seen["x-forwarded-proto"]).to.equal("http");
    expect(seen["x-cf-applicationid"]).to.equal("app-guid");
    expect(seen["x-cf-instanceid"]).to.equal("inst");
    expect(seen["x-cf-instanceindex"]).to.equal("3");
    expect(Number(seen["x-request-start"])).to.be.closeTo(Date.now(), 5000);
    expect(seen["x-vcap-request-id"]).to.equal(answer.headers["x-vcap-request-id"]);
    expect(seen.host).to.equal("ONE.flounder.test:80");
    const routes = (await rig.router.ask("/routes")) as Record<string, unknown>;
    expect(routes["one.flounder.test"]).to.deep.equal([
      { address: `127.0.0.1:${port}`, protocol: "http1", tls: false, ttl: 1.2, tags: { component: "dea-1" }, private_instance_id: "inst" },
    ]);
  });

  it("says in gorouter's words that there is no route, or no Host; a balancer's check is answered whatever the table holds", async () => {
    const missing = await rig.get("nobody.flounder.test");
    expect([missing.status, missing.headers["x-cf-routererror"], missing.body]).to.deep.equal([
      404,
      "unknown_route",
      "404 Not Found: Requested route ('nobody.flounder.test') does not exist.\n",
    ]);
    const empty = await to(rig.router.port("http"), undefined);
    expect([empty.status, empty.headers["x-cf-routererror"], empty.body]).to.deep.equal([
      400,
      "empty_host",
      "400 Bad Request: Request had empty Host header\n",
    ]);
    expect((await rig.get("127.0.0.1")).status).to.equal(404);
    const check = await to(rig.router.port("http"), "monitor", { path: "/any", headers: { "User-Agent": "HTTP-Monitor/1.1" } });
    expect([check.status, check.body]).to.deep.equal([200, "ok\n"]);
  });

  it("prunes what is not registered again within its time to live, not what is", async () => {
    const [quiet, loud] = [await rig.hello("quiet"), await rig.hello("loud")];
    const register = () => rig.lab.say("router.register", { host: "127.0.0.1", port: loud, uris: ["loud.flounder.test"] });
    const beat = setInterval(register, 300);
    const begun = performance.now();
    rig.lab.say("router.register", { host: "127.0.0.1", port: quiet, uris: ["quiet.flounder.test"] });
    register();
    await rig.routed("quiet.flounder.test");
    await until("the quiet one to be pruned", async () => (await rig.get("quiet.flounder.test")).status === 404, 4000, 20);
    const tookMs = performance.now() - begun;
    clearInterval(beat);
    expect(tookMs).to.be.within(1150, 3000); // TTL … TTL + prune, and more on a busy machine
    expect((await rig.get("loud.flounder.test")).body).to.equal("loud");
  });

  it("obeys a shorter stale threshold of the registration, refuses a port as text, and forgets on unregister", async () => {
    const port = await rig.hello("x");
    rig.lab.say("router.register", { host: "127.0.0.1", port: String(port), uris: ["text.flounder.test"] });
    rig.lab.bus.publish("router.register", "junk{");
    rig.lab.say("router.register", { host: "127.0.0.1", port, uris: ["brief.flounder.test"], stale_threshold_in_seconds: 0.3 });
    rig.lab.say("router.register", { host: "127.0.0.1", port, uris: ["a.flounder.test", "b.flounder.test"] });
    await rig.routed("b.flounder.test");
    expect((await rig.get("text.flounder.test")).status).to.equal(404);
    const begun = performance.now();
    await until("the brief one to be pruned", async () => (await rig.get("brief.flounder.test")).status === 404, 2000, 10);
    expect(performance.now() - begun).to.be.below(1150); // sooner than the router's own TTL
    rig.lab.say("router.unregister", { host: "127.0.0.1", port, uris: ["a.flounder.test"] });
    await until("a to be gone", async () => (await rig.get("a.flounder.test")).status === 404, 500, 10);
    expect((await rig.get("b.flounder.test")).body).to.equal("x");
  });

  it("lets a new instance take over an address, and spreads over several in turn", async () => {
    const [p, q] = [await rig.hello("p"), await rig.hello("q")];
    const uris = ["turn.flounder.test"];
    rig.lab.say("router.register", { host: "127.0.0.1", port: p, uris, app: "old", private_instance_id: "1" });
    rig.lab.say("router.register", { host: "127.0.0.1", port: p, uris, app: "new", private_instance_id: "2" });
    rig.lab.say("router.register", { host: "127.0.0.1", port: q, uris });
    await until("both", async () => ((await rig.router.ask("/routes")) as Record<string, unknown[]>)["turn.flounder.test"]?.length === 2, 1000, 10);
    const routes = (await rig.router.ask("/routes")) as Record<string, { private_instance_id: string }[]>;
    expect(routes["turn.flounder.test"]?.map((entry) => entry.private_instance_id)).to.have.members(["2", ""]);
    const words = [];
    for (let i = 0; i < 4; i++) words.push((await rig.get("turn.flounder.test")).body);
    expect(words.join("")).to.be.oneOf(["pqpq", "qpqp"]);
  });

  it("finds wildcards label by label and the longest context path", async () => {
    const [wild, api, root] = [await rig.hello("wild"), await rig.hello("api"), await rig.hello("root")];
    rig.lab.say("router.register", { host: "127.0.0.1", port: wild, uris: ["*.wild.test"] });
    rig.lab.say("router.register", { host: "127.0.0.1", port: api, uris: ["ctx.test/api/v1"] });
    rig.lab.say("router.register", { host: "127.0.0.1", port: root, uris: ["ctx.test"] });
    await rig.routed("ctx.test");
    expect((await rig.get("b.c.wild.test")).body).to.equal("wild");
    expect((await rig.get("wild.test")).status).to.equal(404);
    expect((await rig.get("ctx.test", "/api/v1/x?q")).body).to.equal("api");
    expect((await rig.get("ctx.test", "/api/v10")).body).to.equal("root");
  });

  it("says on the bus and at /varz who it is", async () => {
    const found = (await rig.lab.bus.request("vcap.component.discover", "{}", { timeout: 1000 })).json<Record<string, unknown>>();
    expect(found).to.include({ type: "Router", index: 0, name: "router-1", host: `127.0.0.1:${rig.router.port("admin")}` });
    const varz = async () => (await rig.router.ask("/varz")) as { uuid: string; requests: number; bad_gateways: number };
    rig.lab.say("router.register", { host: "127.0.0.1", port: await freePort(), uris: ["nobody.flounder.test"] });
    await rig.routed("nobody.flounder.test");
    const before = await varz();
    expect(before.uuid).to.equal(found.uuid);
    expect((await rig.get("nobody.flounder.test")).status).to.equal(502);
    expect(await varz()).to.include({ requests: before.requests + 1, bad_gateways: before.bad_gateways + 1 });
  });
});
