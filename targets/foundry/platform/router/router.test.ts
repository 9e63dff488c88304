/** The router as a process, on a real bus: what cf-protocol says of registration, pruning, errors and retries. */
import { once } from "node:events";
import { request as ask, createServer, type IncomingMessage, type RequestListener, type ServerResponse } from "node:http";
import { type AddressInfo, createServer as createTcpServer, type Server } from "node:net";
import { expect } from "chai";
import { connect, type NatsConnection } from "nats";
import { freePort, Lab, type Part } from "../base/lab.js";
import { until } from "../base/until.js";

interface Answer {
  readonly status: number;
  readonly headers: IncomingMessage["headers"];
  readonly body: string;
}
/** One request with a Host of its own; `body` in chunks. */
function to(
  port: number,
  host: string | undefined,
  options: { path?: string; method?: string; headers?: Record<string, string>; body?: readonly Buffer[] } = {},
): Promise<Answer> {
  return new Promise((resolve, reject) => {
    const { path = "/", method = options.body ? "POST" : "GET", headers = {}, body = [] } = options;
    const request = ask({
      host: "127.0.0.1",
      port,
      path,
      method,
      setHost: false,
      headers: { ...(host === undefined ? {} : { Host: host }), ...headers },
      agent: false,
    });
    request.on("error", reject);
    request.on("response", (response) => {
      const chunks: Buffer[] = [];
      response.on("data", (chunk: Buffer) => chunks.push(chunk));
      response.on("error", reject);
      response.on("end", () => resolve({ status: response.statusCode ?? 0, headers: response.headers, body: Buffer.concat(chunks).toString() }));
    });
    for (const chunk of body) request.write(chunk);
    request.end();
  });
}

describe("router", function () {
  this.timeout(30_000);
  let lab: Lab;
  let nats: Awaited<ReturnType<Lab["nats"]>>;
  let bus: NatsConnection;
  let router: Part;
  const servers: Server[] = [];
  const encode = (object: object) => new TextEncoder().encode(JSON.stringify(object));
  const say = (subject: string, object: object) => bus.publish(subject, encode(object));
  const start = (policy: string, name = "router-1") =>
    lab.start(name, "router", {
      ports: ["http"],
      links: { nats: nats.client },
      policy: { "router.onNatsLoss": policy },
      timers: { routeTtl: 1200, routePrune: 300, routeRegister: 400 },
    });
  async function app(listener: RequestListener): Promise<number> {
    const server = createServer(listener);
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    return (server.address() as AddressInfo).port;
  }
  /** An address that accepts and closes at once: a proxy before a dead app. */
  async function closing(): Promise<{ readonly port: number; count: number }> {
    const seen = { port: 0, count: 0 };
    const server = createTcpServer((socket) => {
      seen.count++;
      socket.destroy();
    });
    servers.push(server);
    server.listen(0, "127.0.0.1");
    await once(server, "listening");
    seen.port = (server.address() as AddressInfo).port;
    return seen;
  }
  const hello = (word: string) => app((_, response) => response.end(word));
  const get = (host: string, path = "/") => to(router.port("http"), host, { path });
  const routed = (host: string, of = router) => until(`${host} to be routed`, async () => (await to(of.port("http"), host)).status !== 404, 3000, 10);
  const size = async (of = router) => ((await of.ask("/table")) as { size: number }).size;

  before(async () => {
    lab = new Lab();
    nats = await lab.nats({ natsPing: 400 });
    bus = await connect({ servers: `127.0.0.1:${nats.client}`, maxReconnectAttempts: -1, reconnectTimeWait: 50 });
    router = await start("prune");
  });
  after(async () => {
    await bus?.close();
    for (const server of servers) server.close();
    await lab?.close();
  });

  it("greets with its cadence, the same as router.start says", async () => {
    const starts = bus.subscribe("router.start", { max: 1 });
    await bus.flush();
    const other = await start("prune", "router-2");
    const greeting = (await bus.request("router.greet", encode({}), { timeout: 1000 })).json<Record<string, unknown>>();
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
    const port = await app((request, response) => {
      seen = request.headers;
      response.end("one");
    });
    say("router.register", {
      host: "127.0.0.1",
      port,
      uris: ["One.flounder.test"],
      app: "app-guid",
      private_instance_id: "inst",
      private_instance_index: "3",
      tags: { component: "dea-1" },
    });
    await routed("one.flounder.test");
    const answer = await to(router.port("http"), "ONE.flounder.test:80", { path: "/x?y=1", headers: { "X-Forwarded-For": "10.1.1.1", "X-Vcap-Trace": "22" } });
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
    const routes = (await router.ask("/routes")) as Record<string, unknown>;
    expect(routes["one.flounder.test"]).to.deep.equal([
      { address: `127.0.0.1:${port}`, protocol: "http1", tls: false, ttl: 1.2, tags: { component: "dea-1" }, private_instance_id: "inst" },
    ]);
  });

  it("says in gorouter's words that there is no route, or no Host; a balancer's check is answered whatever the table holds", async () => {
    const missing = await get("nobody.flounder.test");
    expect([missing.status, missing.headers["x-cf-routererror"], missing.body]).to.deep.equal([
      404,
      "unknown_route",
      "404 Not Found: Requested route ('nobody.flounder.test') does not exist.\n",
    ]);
    const empty = await to(router.port("http"), undefined);
    expect([empty.status, empty.headers["x-cf-routererror"], empty.body]).to.deep.equal([
      400,
      "empty_host",
      "400 Bad Request: Request had empty Host header\n",
    ]);
    expect((await get("127.0.0.1")).status).to.equal(404);
    const check = await to(router.port("http"), "monitor", { path: "/any", headers: { "User-Agent": "HTTP-Monitor/1.1" } });
    expect([check.status, check.body]).to.deep.equal([200, "ok\n"]);
  });

  it("prunes what is not registered again within its time to live, not what is", async () => {
    const [quiet, loud] = [await hello("quiet"), await hello("loud")];
    const register = () => say("router.register", { host: "127.0.0.1", port: loud, uris: ["loud.flounder.test"] });
    const beat = setInterval(register, 300);
    const begun = performance.now();
    say("router.register", { host: "127.0.0.1", port: quiet, uris: ["quiet.flounder.test"] });
    register();
    await routed("quiet.flounder.test");
    await until("the quiet one to be pruned", async () => (await get("quiet.flounder.test")).status === 404, 4000, 20);
    const tookMs = performance.now() - begun;
    clearInterval(beat);
    expect(tookMs).to.be.within(1150, 3000); // TTL … TTL + prune, and more on a busy machine
    expect((await get("loud.flounder.test")).body).to.equal("loud");
  });

  it("obeys a shorter stale threshold of the registration, refuses a port as text, and forgets on unregister", async () => {
    const port = await hello("x");
    say("router.register", { host: "127.0.0.1", port: String(port), uris: ["text.flounder.test"] });
    bus.publish("router.register", new TextEncoder().encode("junk{"));
    say("router.register", { host: "127.0.0.1", port, uris: ["brief.flounder.test"], stale_threshold_in_seconds: 0.3 });
    say("router.register", { host: "127.0.0.1", port, uris: ["a.flounder.test", "b.flounder.test"] });
    await routed("b.flounder.test");
    expect((await get("text.flounder.test")).status).to.equal(404);
    const begun = performance.now();
    await until("the brief one to be pruned", async () => (await get("brief.flounder.test")).status === 404, 2000, 10);
    expect(performance.now() - begun).to.be.below(1150); // sooner than the router's own TTL
    say("router.unregister", { host: "127.0.0.1", port, uris: ["a.flounder.test"] });
    await until("a to be gone", async () => (await get("a.flounder.test")).status === 404, 500, 10);
    expect((await get("b.flounder.test")).body).to.equal("x");
  });

  it("lets a new instance take over an address, and spreads over several in turn", async () => {
    const [p, q] = [await hello("p"), await hello("q")];
    const uris = ["turn.flounder.test"];
    say("router.register", { host: "127.0.0.1", port: p, uris, app: "old", private_instance_id: "1" });
    say("router.register", { host: "127.0.0.1", port: p, uris, app: "new", private_instance_id: "2" });
    say("router.register", { host: "127.0.0.1", port: q, uris });
    await until("both", async () => ((await router.ask("/routes")) as Record<string, unknown[]>)["turn.flounder.test"]?.length === 2, 1000, 10);
    const routes = (await router.ask("/routes")) as Record<string, { private_instance_id: string }[]>;
    expect(routes["turn.flounder.test"]?.map((entry) => entry.private_instance_id)).to.have.members(["2", ""]);
    const words = [];
    for (let i = 0; i < 4; i++) words.push((await get("turn.flounder.test")).body);
    expect(words.join("")).to.be.oneOf(["pqpq", "qpqp"]);
  });

  it("finds wildcards label by label and the longest context path", async () => {
    const [wild, api, root] = [await hello("wild"), await hello("api"), await hello("root")];
    say("router.register", { host: "127.0.0.1", port: wild, uris: ["*.wild.test"] });
    say("router.register", { host: "127.0.0.1", port: api, uris: ["ctx.test/api/v1"] });
    say("router.register", { host: "127.0.0.1", port: root, uris: ["ctx.test"] });
    await routed("ctx.test");
    expect((await get("b.c.wild.test")).body).to.equal("wild");
    expect((await get("wild.test")).status).to.equal(404);
    expect((await get("ctx.test", "/api/v1/x?q")).body).to.equal("api");
    expect((await get("ctx.test", "/api/v10")).body).to.equal("root");
  });

  it("tries another endpoint when one refuses, with the body untouched; one alone is 502", async () => {
    const dead = await freePort();
    const echo = await app((request, response) => void request.pipe(response));
    say("router.register", { host: "127.0.0.1", port: dead, uris: ["half.flounder.test", "dead.flounder.test"] });
    say("router.register", { host: "127.0.0.1", port: echo, uris: ["half.flounder.test"] });
    await until("both", async () => ((await router.ask("/routes")) as Record<string, unknown[]>)["half.flounder.test"]?.length === 2, 1000, 10);
    for (let i = 0; i < 3; i++) {
      const answer = await to(router.port("http"), "half.flounder.test", { body: [Buffer.from("pay"), Buffer.from("load")] });
      expect([answer.status, answer.body]).to.deep.equal([200, "payload"]);
    }
    const alone = await get("dead.flounder.test");
    expect([alone.status, alone.headers["x-cf-routererror"], alone.body]).to.deep.equal([
      502,
      `endpoint_failure (dial tcp 127.0.0.1:${dead}: connect: connection refused)`,
      "502 Bad Gateway: Registered endpoint failed to handle the request.\n",
    ]);
  });

  it("repeats a GET that a proxy cut off before the answer, never a POST", async () => {
    const cut = await closing();
    const live = await hello("live");
    say("router.register", { host: "127.0.0.1", port: cut.port, uris: ["cut.flounder.test", "both.flounder.test"] });
    say("router.register", { host: "127.0.0.1", port: live, uris: ["both.flounder.test"] });
    await until("both", async () => ((await router.ask("/routes")) as Record<string, unknown[]>)["both.flounder.test"]?.length === 2, 1000, 10);
    for (let i = 0; i < 4; i++) expect((await get("both.flounder.test")).body).to.equal("live");
    expect(cut.count).to.equal(1); // marked failed after the first time
    const posted = await to(router.port("http"), "cut.flounder.test", { body: [Buffer.from("once")] });
    expect(posted.status).to.equal(502);
    expect(posted.headers["x-cf-routererror"]).to.match(/^endpoint_failure \((EOF|write: broken pipe|read tcp .*: connection reset by peer)\)$/);
    expect(cut.count).to.equal(2);
  });

  it("streams large and chunked bodies both ways without keeping them", async () => {
    const echo = await app((request, response) => void request.pipe(response));
    const slow = await app((_, response) => {
      response.write("first");
      setTimeout(() => response.end("last"), 300);
    });
    const register = () => {
      say("router.register", { host: "127.0.0.1", port: echo, uris: ["echo.flounder.test"] });
      say("router.register", { host: "127.0.0.1", port: slow, uris: ["slow.flounder.test"] });
    };
    register();
    const beat = setInterval(register, 300); // a busy machine may take longer than the time to live
    await routed("slow.flounder.test");
    const chunk = Buffer.alloc(1 << 20, "x");
    const chunked = await to(router.port("http"), "echo.flounder.test", { body: Array(8).fill(chunk) });
    expect([chunked.status, chunked.body.length]).to.deep.equal([200, 8 << 20]);
    const sized = await to(router.port("http"), "echo.flounder.test", { body: [chunk], headers: { "Content-Length": String(1 << 20) } });
    expect(sized.body.length).to.equal(1 << 20);
    const request = ask({ host: "127.0.0.1", port: router.port("http"), headers: { Host: "slow.flounder.test" }, agent: false }).end();
    const [response] = (await once(request, "response")) as [IncomingMessage];
    const [head] = (await once(response, "data")) as [Buffer];
    expect(head.toString()).to.equal("first");
    response.resume();
    await once(response, "end");
    clearInterval(beat);
  });

  it("lets go of the endpoint when the client leaves, and cuts off the client when the endpoint does", async () => {
    let held: ServerResponse | undefined;
    const port = await app((_, response) => {
      held = response;
      response.writeHead(200, { "Content-Length": "100" });
      response.write("part");
    });
    say("router.register", { host: "127.0.0.1", port, uris: ["part.flounder.test"] });
    await until("the route", async () => "part.flounder.test" in ((await router.ask("/routes")) as object), 1000, 10);
    const open = async () => {
      held = undefined;
      const request = ask({ host: "127.0.0.1", port: router.port("http"), headers: { Host: "part.flounder.test" }, agent: false }).end();
      request.on("error", () => {});
      const [response] = (await once(request, "response")) as [IncomingMessage];
      response.on("error", () => {});
      response.resume();
      return { request, response };
    };
    const first = await open();
    first.request.destroy();
    await until("the endpoint to be left", () => held?.destroyed === true, 2000, 10);
    const second = await open();
    held?.destroy();
    await until("the client to be cut off", () => second.response.destroyed && !second.response.complete, 2000, 10);
  });

  it("answers falsely while poisoned: with what has moved away, or with somebody else; hears on, and is true again when cured", async () => {
    const [one, two] = [await hello("one"), await hello("two")];
    const register = () => {
      say("router.register", { host: "127.0.0.1", port: one, uris: ["one.flounder.test", "alias.flounder.test"] });
      say("router.register", { host: "127.0.0.1", port: two, uris: ["two.flounder.test"] });
    };
    register();
    const beat = setInterval(register, 300);
    try {
      await routed("two.flounder.test");
      await until("the other tests' routes to be pruned", async () => (await size()) === 3, 5000);
      const bodies = async () => [(await get("one.flounder.test")).body, (await get("alias.flounder.test")).body, (await get("two.flounder.test")).body];
      await router.ask("/table/poison", { kind: "wrong" });
      expect(await bodies()).to.deep.equal(["two", "two", "one"]);
      await router.ask("/table/poison", { kind: "stale" });
      const stale = await get("one.flounder.test");
      expect([stale.status, stale.headers["x-cf-routererror"]]).to.deep.equal([502, "endpoint_failure (dial tcp 127.0.0.1:1: connect: connection refused)"]);
      expect(await router.ask("/table")).to.include({ poison: "stale", size: 3 });
      expect(await router.ask("/routes")).to.have.nested.property("two\\.flounder\\.test[0].address", "127.0.0.1:1");
      await router.ask("/table/cure", {});
      await router.ask("/table/cure", {});
      expect(await bodies()).to.deep.equal(["one", "one", "two"]);
    } finally {
      clearInterval(beat);
    }
  });

  it("closes its door when its config is wiped, hears the bus on, and serves again when it is restored", async () => {
    await router.ask("/config/wipe", {});
    const error = await get("any.flounder.test").catch((failure: NodeJS.ErrnoException) => failure.code);
    expect(error).to.equal("ECONNREFUSED");
    say("router.register", { host: "127.0.0.1", port: await hello("late"), uris: ["late.flounder.test"] });
    await until("the route to be heard", async () => "late.flounder.test" in ((await router.ask("/routes")) as object), 1000, 10);
    await router.ask("/config/restore", {});
    expect((await get("late.flounder.test")).body).to.equal("late");
  });

  it("flushes once, stays empty while held, and counts each", async () => {
    const port = await hello("back");
    const register = () => say("router.register", { host: "127.0.0.1", port, uris: ["back.flounder.test"] });
    register();
    await routed("back.flounder.test");
    const table = async () => (await router.ask("/table")) as { generation: number; held: boolean; size: number };
    const before = await table();
    await router.ask("/table/flush", {});
    expect((await get("back.flounder.test")).headers["x-cf-routererror"]).to.equal("unknown_route");
    expect(await table()).to.deep.equal({ generation: before.generation + 1, held: false, poison: null, size: 0 });
    register();
    await routed("back.flounder.test");
    await router.ask("/table/hold", { hold: true });
    await router.ask("/table/hold", { hold: true });
    expect(await table()).to.deep.equal({ generation: before.generation + 2, held: true, poison: null, size: 0 });
    register();
    await bus.flush();
    await bus.request("router.greet", encode({}), { timeout: 1000 }); // the router has heard the registration before this
    expect((await get("back.flounder.test")).status).to.equal(404);
    await router.ask("/table/hold", { hold: false });
    register();
    await routed("back.flounder.test");
    expect((await table()).generation).to.equal(before.generation + 2);
  });

  it("says on the bus and at /varz who it is", async () => {
    const found = (await bus.request("vcap.component.discover", encode({}), { timeout: 1000 })).json<Record<string, unknown>>();
    expect(found).to.include({ type: "Router", index: 0, name: "router-1", host: `127.0.0.1:${router.port("admin")}` });
    const varz = (await router.ask("/varz")) as Record<string, number>;
    expect(varz.uuid).to.equal(found.uuid);
    expect(varz.requests).to.be.above(20);
    expect(varz.bad_gateways).to.be.at.least(2);
  });

  // seed: message bus <- the bus ends while routers have routes, under both policies
  it("loses every route with the bus under prune, none under suspend; both announce themselves when it is back", async () => {
    const port = await hello("kept");
    const careful = await start("suspend", "router-3");
    say("router.register", { host: "127.0.0.1", port, uris: ["kept.flounder.test"] });
    await routed("kept.flounder.test");
    await routed("kept.flounder.test", careful);
    nats.signal("SIGKILL");
    await nats.ended;
    await until("the pruning router to be empty", async () => (await size()) === 0, 5000, 20);
    expect((await get("kept.flounder.test")).status).to.equal(404);
    expect((await to(careful.port("http"), "kept.flounder.test")).body).to.equal("kept");
    expect(await (await fetch(`http://127.0.0.1:${router.port("admin")}/healthz`)).text()).to.equal("ok\n");
    const port1 = nats.client;
    nats = await lab.nats({ natsPing: 400 }, port1);
    await until("the test's own connection", async () => await bus.flush().then(() => true), 3000);
    const ids = new Set<string>();
    const starts = bus.subscribe("router.start", { callback: (_, message) => ids.add(message.json<{ id: string }>().id) });
    // Whoever reconnected before this subscription has said it already; it answers a greeting instead.
    await until(
      "both routers on the bus",
      async () => {
        const replies = await bus.requestMany("router.greet", encode({}), { maxWait: 100 });
        for await (const reply of replies) ids.add(reply.json<{ id: string }>().id);
        return ids.size === 2;
      },
      5000,
    );
    starts.unsubscribe();
    // Suspend grants every entry a whole new TTL from the reconnect, then prunes as ever.
    expect((await to(careful.port("http"), "kept.flounder.test")).body).to.equal("kept");
    await until("the stale route to be pruned at last", async () => (await to(careful.port("http"), "kept.flounder.test")).status === 404, 4000, 20);
    careful.signal("SIGTERM");
    await careful.ended;
  });

  it("is on the bus again soon after a bus that froze goes on, and stays there", async () => {
    nats.signal("SIGSTOP");
    await until("the router to notice", () => router.log().split("bus lost").length >= 3, 8000, 50);
    nats.signal("SIGCONT");
    await until("the router to be back", () => router.log().split("bus back").length >= 3, 4000, 20);
    const losses = router.log().split("bus lost").length;
    await until("the test's own connection", async () => await bus.flush().then(() => true), 4000);
    const port = await hello("again");
    say("router.register", { host: "127.0.0.1", port, uris: ["again.flounder.test"] });
    await routed("again.flounder.test");
    // Long enough for the server to drop connections that the router would have abandoned: three pings of its own.
    await until("the route to be pruned", async () => (await get("again.flounder.test")).status === 404, 4000);
    expect(router.log().split("bus lost").length).to.equal(losses);
  });
});
