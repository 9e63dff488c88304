/** The balancer before real routers on a real bus, each of the two that there are. */
import { once } from "node:events";
import { existsSync, readFileSync } from "node:fs";
import { request as ask, createServer, type Server } from "node:http";
import { type AddressInfo, createServer as createTcpServer } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { connect, type NatsConnection } from "nats";
import { busOwner, Lab, type Part } from "../base/testing/lab.js";
import { until } from "../base/until.js";

const isOnPath = (tool: string) => (process.env.PATH ?? "").split(":").some((dir) => existsSync(join(dir, tool)));

for (const by of ["node", "haproxy"]) describe(`lb, by ${by}`, balancers(by));

function balancers(by: string) {
  return function (this: Mocha.Suite) {
    this.timeout(30_000);
    let lab: Lab;
    let nats: Awaited<ReturnType<Lab["nats"]>>;
    let bus: NatsConnection;
    let app: Server;
    let beat: NodeJS.Timeout;
    let routers: Part[];
    let lb: Part;
    let seen: NodeJS.Dict<string | string[]> = {};

    const router = (n: number, http?: number) =>
      lab.start(`router-${n}`, "router", { ports: ["http"], links: { nats: nats.client }, ...(http === undefined ? {} : { at: { http } }) });
    /** Before these routers. */
    const start = (name: string, links: Readonly<Record<string, number>>, front?: number) =>
      lab.start(name, "lb", { ports: ["front"], links, env: { BALANCER: by }, ...(front === undefined ? {} : { at: { front } }) });
    const both = () => ({ "router-1": routers[0]!.port("http"), "router-2": routers[1]!.port("http") });
    const backends = async () => Object.fromEntries(((await lb.ask("/backends")) as { router: string; healthy: boolean }[]).map((b) => [b.router, b.healthy]));
    const health = (name: string, healthy: boolean, withinMs: number) =>
      until(`${name} to be ${healthy ? "healthy" : "dropped"}`, async () => (await backends())[name] === healthy, withinMs, 20);
    /** Status and body; `path` may be absolute, as clients of a proxy send it. */
    const get = (path: string, body?: string): Promise<readonly [number, string]> =>
      new Promise((resolve, reject) => {
        const request = ask(
          {
            host: "127.0.0.1",
            port: lb.port("front"),
            path,
            method: body === undefined ? "GET" : "POST",
            headers: { Host: "app.flounder.test" },
            agent: false,
          },
          (answer) => {
            let text = "";
            answer.setEncoding("utf8").on("data", (chunk) => {
              text += chunk;
            });
            answer.on("end", () => resolve([answer.statusCode ?? 0, text]));
          },
        );
        request.on("error", reject).end(body);
      });

    before(async function () {
      if (by !== "node" && !isOnPath(by)) {
        console.log(`      skipped: there is no ${by} on PATH`);
        return this.skip();
      }
      lab = new Lab();
      nats = await lab.nats();
      bus = await connect({ servers: `127.0.0.1:${nats.client}`, ...busOwner });
      app = createServer((request, response) => {
        seen = { ...request.headers, url: request.url };
        if (request.method === "POST") request.pipe(response);
        else response.end("app");
      }).listen(0, "127.0.0.1");
      await once(app, "listening");
      const register = () =>
        bus.publish("router.register", JSON.stringify({ host: "127.0.0.1", port: (app.address() as AddressInfo).port, uris: ["app.flounder.test"] }));
      bus.subscribe("router.start", { callback: register });
      beat = setInterval(register, 300);
      routers = await Promise.all([router(1), router(2)]);
      lb = await start("lb-1", both());
      await until("the app through the balancer", async () => (await get("/"))[0] === 200, 5000);
    });
    after(async () => {
      clearInterval(beat);
      await bus?.close();
      app?.close();
      await lab?.close();
    });

    it("passes requests on in turn, Host untouched, and the client's address", async () => {
      const requests = async () => Promise.all(routers.map(async (r) => ((await r.ask("/varz")) as { requests: number }).requests));
      const before = await requests();
      for (let i = 0; i < 6; i++) expect(await get("/path?q=1")).to.deep.equal([200, "app"]);
      const after = await requests();
      expect(after.map((count, i) => count - before[i]!)).to.deep.equal([3, 3]);
      expect(seen).to.include({ host: "app.flounder.test", url: "/path?q=1", "x-forwarded-for": "127.0.0.1, 127.0.0.1" });
    });

    it("takes the absolute form that clients of a proxy send", async () => {
      expect(await get("http://app.flounder.test/deep?x=http://y/z")).to.deep.equal([200, "app"]);
      expect(seen.url).to.equal("/deep?x=http://y/z");
      expect(await get("http://app.flounder.test")).to.deep.equal([200, "app"]);
      expect(seen.url).to.equal("/");
      expect(await get("HTTP://app.flounder.test/?x=/")).to.deep.equal([200, "app"]);
      expect(seen.url).to.equal("/?x=/");
    });

    it("keeps using a router whose table is empty: half of the requests find no route", async () => {
      await routers[0]!.ask("/table/hold", { hold: true });
      const statuses = [];
      for (let i = 0; i < 8; i++) statuses.push((await get("/"))[0]);
      expect(statuses.sort()).to.deep.equal([200, 200, 200, 200, 404, 404, 404, 404]);
      expect(await backends()).to.deep.equal({ "router-1": true, "router-2": true });
      await routers[0]!.ask("/table/hold", { hold: false });
      await until("the table to fill again", async () => ((await routers[0]!.ask("/table")) as { size: number }).size === 1, 2000, 20);
    });

    it("loses no request when a router is killed, bodies included, and takes it back", async () => {
      const http = routers[0]!.port("http");
      routers[0]!.signal("SIGKILL");
      await routers[0]!.ended;
      for (let i = 0; i < 4; i++) expect(await get("/", "payload")).to.deep.equal([200, "payload"]);
      await health("router-1", false, 1000);
      routers[0] = await router(1, http);
      await health("router-1", true, 2000);
      for (let i = 0; i < 4; i++) expect(await get("/")).to.deep.equal([200, "app"]);
    });

    it("drops a frozen router after two checks without an answer", async () => {
      routers[1]!.signal("SIGSTOP");
      try {
        const begun = performance.now();
        await health("router-2", false, 5000);
        expect(performance.now() - begun).to.be.above(1000);
        for (let i = 0; i < 4; i++) expect(await get("/")).to.deep.equal([200, "app"]);
      } finally {
        routers[1]!.signal("SIGCONT");
      }
      await health("router-2", true, 3000);
    });

    it("tries the next router when a proxy closes before an answer, for what may be repeated", async () => {
      const closing = createTcpServer((socket) => socket.destroy()).listen(0, "127.0.0.1");
      await once(closing, "listening");
      const other = await start("lb-2", { ...both(), "router-1": (closing.address() as AddressInfo).port });
      const was = lb;
      lb = other;
      try {
        expect(await backends()).to.deep.equal({ "router-1": false, "router-2": true });
        for (let i = 0; i < 4; i++) expect(await get("/")).to.deep.equal([200, "app"]);
      } finally {
        lb = was;
        closing.close();
        other.signal("SIGTERM");
      }
      expect(await other.ended).to.equal(0);
    });

    it("serves nothing when its config is wiped, also after a restart, until it is restored from the saved copy", async () => {
      const refused = () =>
        get("/").then(
          () => "answered",
          (error: NodeJS.ErrnoException) => error.code,
        );
      const wiped = { generation: 2, wiped: true, running: { listeners: [], pool: [] } };
      expect(await lb.ask("/config/wipe", {})).to.deep.equal(wiped);
      expect(await refused()).to.equal("ECONNREFUSED");
      expect(await lb.ask("/backends")).to.deep.equal([]);
      const front = lb.port("front");
      lb.signal("SIGTERM");
      await lb.ended;
      lb = await start("lb-1", both(), front);
      expect(await lb.ask("/config")).to.deep.equal(wiped);
      expect(await refused()).to.equal("ECONNREFUSED");
      await lb.ask("/config/restore", {});
      expect(await get("/")).to.deep.equal([200, "app"]);
      expect(await lb.ask("/config")).to.deep.equal({
        generation: 3,
        wiped: false,
        hurt: null,
        running: { listeners: ["front"], pool: ["router-1", "router-2"] },
      });
    });

    it("is drained of some of its routers, of all, and filled again", async () => {
      const asked = async () => {
        const routersSeen = new Set<string | null>();
        for (let i = 0; i < 4; i++) {
          const answer = await fetch(`http://127.0.0.1:${lb.port("front")}/`, { headers: { "X-Vcap-Trace": "22" } });
          routersSeen.add(answer.headers.get("x-vcap-router") ?? String(answer.status));
        }
        return [...routersSeen].sort();
      };
      expect(await asked()).to.deep.equal(["127.0.0.1 router-1", "127.0.0.1 router-2"]);
      await lb.ask("/pool/drain", { share: "some" });
      expect(await asked()).to.deep.equal(["127.0.0.1 router-2"]);
      await lb.ask("/pool/drain", { share: "some" });
      expect(await asked()).to.deep.equal(["127.0.0.1 router-2"]);
      await lb.ask("/pool/drain", { share: "all" });
      expect(await asked()).to.deep.equal(["503"]);
      await lb.ask("/pool/fill", {});
      expect(await asked()).to.deep.equal(["127.0.0.1 router-1", "127.0.0.1 router-2"]);
    });

    it("gives a request that says who sends it an id, which router and answer have too; others leave no line", async () => {
      const lines = (part: Part) =>
        part
          .log()
          .split("\n")
          .filter((line) => line.includes('"msg":"request"'))
          .map((line) => JSON.parse(line) as { id: string; path: string; status: number });
      await get("/nobody");
      const url = `http://127.0.0.1:${lb.port("front")}/who`;
      for (const [headers, expected] of [
        [{ "User-Agent": "somebody" }, /^[0-9a-f-]{36}$/],
        [{ "X-Request-Id": "my-own" }, /^my-own$/],
        [{ "X-Request-Id": "no good: \u00e9" }, /^[0-9a-f-]{36}$/],
        [{ traceparent: "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01" }, /^4bf92f3577b34da6a3ce929d0e0e4736$/],
      ] as const) {
        const answer = await fetch(url, { headers });
        await answer.text();
        const id = answer.headers.get("x-vcap-request-id");
        expect(id).to.match(expected);
        for (const of of [[lb], routers]) {
          const found = () => of.flatMap(lines).filter((line) => line.id === id);
          await until("the line", () => found().length === 1, 2000);
          expect(found()[0]).to.include({ path: "/who", status: 404 });
        }
      }
      for (const part of [lb, ...routers]) expect(lines(part).map(({ path }) => path)).to.not.include("/nobody");
    });

    it("answers a health check by itself, and logs none", async () => {
      const answer = await fetch(`http://127.0.0.1:${lb.port("front")}/`, { headers: { "User-Agent": "HTTP-Monitor/1.1", "X-Vcap-Trace": "22" } });
      expect([answer.status, await answer.text(), answer.headers.get("x-vcap-router")]).to.deep.equal([200, "ok\n", null]);
      expect(lb.log()).to.not.include("HTTP-Monitor");
    });

    it("repeats nothing that may have been acted upon: who hangs up after a request with a body was taken is the last to be asked", async () => {
      let taken = 0;
      const taking = createTcpServer((socket) => {
        socket.on("error", () => {});
        socket.on("data", (bytes) => {
          if (bytes.includes("HTTP-Monitor")) return void socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          taken++;
          socket.destroy();
        });
      }).listen(0, "127.0.0.1");
      await once(taking, "listening");
      const port = (taking.address() as AddressInfo).port;
      const other = await start("lb-3", { "router-1": port, "router-2": port });
      const was = lb;
      lb = other;
      try {
        expect(await get("/", "payload")).to.deep.equal([502, "502 Bad Gateway\n"]);
        expect(taken).to.equal(1);
      } finally {
        lb = was;
        taking.close();
        other.signal("SIGTERM");
      }
    });

    it("leaves nobody at its door when it is killed", async () => {
      const front = lb.port("front");
      lb.signal("SIGKILL");
      await lb.ended;
      const refused = async () =>
        get("/").then(
          () => false,
          (error: NodeJS.ErrnoException) => error.code === "ECONNREFUSED",
        );
      await until("the door to be shut", refused, 1000, 20);
      lb = await start("lb-1", both(), front);
      expect(await get("/")).to.deep.equal([200, "app"]);
    });

    it("serves what its saved config says, and answers 503 without a healthy router", async () => {
      expect(JSON.parse(readFileSync(join(lb.dataDir, "lb.json"), "utf8"))).to.deep.include({
        wiped: false,
        listeners: ["front"],
        pool: ["router-1", "router-2"],
      });
      for (const part of routers) part.signal("SIGKILL");
      await Promise.all(routers.map((part) => part.ended));
      const [status, body] = await get("/");
      expect([status, body]).to.deep.equal([503, "503 Service Unavailable: no router is available to handle this request.\n"]);
    });
  };
}
