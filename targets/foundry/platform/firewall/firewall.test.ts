/** The firewall before real balancers and a router, its rules enforced in both ways: by a process that forwards, and by packet rules in a network namespace. */
import { createHash, type Hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, request as ask } from "node:http";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { expect } from "chai";
import { freePort, Lab, type Part } from "../base/testing/lab.js";
import { sleep, until } from "../base/until.js";
import { Forts, type Way, ways } from "./testing/rig.js";

for (const way of ways) describe(`firewall, by ${way.name}`, firewalls(way));

/** Enough where silence is expected. */
const shortMs = 400;

function firewalls(way: Way) {
  return function (this: Mocha.Suite) {
    this.timeout(30_000);
    let lab: Lab;
    let router: Part;
    let lbs: Part[];
    let firewall: Part;
    let forts: Forts;

    const lb = (n: number, front?: number) =>
      lab.start(`lb-${n}`, "lb", {
        ports: ["front"],
        links: { "router-1": router.port("http") },
        env: { BIND_HOST: forts.bindHost },
        ...(front === undefined ? {} : { at: { front } }),
      });
    const fortify = (front?: number) => forts.start("firewall-1", { "lb-1": lbs[0]!.port("front"), "lb-2": lbs[1]!.port("front") }, front);
    before(async function () {
      const why = way.whyNot();
      if (why !== undefined) {
        console.log(`      skipped: ${why}`);
        return this.skip();
      }
      lab = new Lab();
      forts = new Forts(lab, way);
      const nats = await lab.nats();
      router = await lab.start("router-1", "router", { ports: ["http"], links: { nats: nats.client } });
      lbs = await Promise.all([lb(1), lb(2)]);
      firewall = await fortify();
    });
    after(async () => {
      await lab?.close();
      forts?.close();
    });

    /** Status, or how it went wrong; silence: no answer within the time. */
    const get = (headers: Record<string, string> = {}, agent: Agent | false = false, withinMs = 3000): Promise<number | string> =>
      new Promise((resolve) => {
        const request = ask(
          { host: firewall.host, port: firewall.port("front"), path: "/x", headers: { Host: "app.flounder.test", ...headers }, agent },
          (answer) => {
            answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
          },
        );
        const late = setTimeout(() => request.destroy(Object.assign(new Error(), { code: "silence" })), withinMs);
        request.once("close", () => clearTimeout(late));
        request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
      });
    const open = async (): Promise<Socket> => {
      const socket = connectTcp(firewall.port("front"), firewall.host);
      await once(socket, "connect");
      return socket;
    };
    const ended = (socket: Socket): Promise<string> =>
      new Promise((resolve) => {
        socket.once("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).once("close", () => resolve("closed"));
      });

    it("lets everybody in by default and passes a head in pieces", async () => {
      expect(await get()).to.equal(404);
      const socket = await open();
      let said = "";
      socket.on("data", (bytes) => {
        said += bytes;
      });
      socket.setNoDelay(true);
      socket.write("GET /y HTT");
      setImmediate(() => socket.write("P/1.1\r\nHost: app.flounder.test\r\nConnection: close\r\n\r\n"));
      await once(socket, "close");
      expect(said).to.match(/^HTTP\/1.1 404/);
      expect(said).to.include("Requested route ('app.flounder.test') does not exist.");
    });

    it("passes any bytes unchanged, and a half closed connection's answer back", async () => {
      const hash = (of: Hash) => of.digest("hex");
      const digester = createServer({ allowHalfOpen: true }, (socket) => {
        const heard = createHash("sha256");
        socket.on("error", () => socket.destroy());
        socket.on("data", (bytes: Buffer) => {
          if (bytes.includes("HTTP-Monitor")) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
          heard.update(bytes);
        });
        socket.once("end", () => socket.end(hash(heard)));
      }).listen(0, forts.bindHost);
      await once(digester, "listening");
      const other = await forts.start("firewall-2", { "lb-1": (digester.address() as AddressInfo).port });
      try {
        const bytes = Buffer.concat([Buffer.from("GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n"), randomBytes(3_000_000)]);
        const socket = connectTcp(other.port("front"), other.host);
        let said = "";
        socket.on("data", (some) => {
          said += some;
        });
        socket.end(bytes);
        await once(socket, "close");
        expect(said).to.equal(hash(createHash("sha256").update(bytes)));
      } finally {
        digester.close();
        other.signal("SIGTERM");
      }
    });

    it("rejects with a reset or drops in silence whom a rule denies, established connections too, and nobody once the rule is gone", async () => {
      for (const [how, seen] of [
        // A process has to accept first.
        ["reject", way.packets ? "ECONNREFUSED" : "ECONNRESET"],
        ["drop", "silence"],
      ] as const) {
        const agent = new Agent({ keepAlive: true, maxSockets: 1 });
        try {
          expect(await get({}, agent)).to.equal(404);
          const idle = await open();
          const end = ended(idle);
          await firewall.ask("/rules/deny", { how });
          await firewall.ask("/rules/deny", { how });
          expect(await get({}, false, shortMs), how).to.equal(seen);
          expect(await get({}, agent, shortMs), `${how}, on an old connection`).to.be.oneOf([seen, "ECONNRESET"]);
          expect(await firewall.ask("/config")).to.have.nested.property("running.rules.length", 2);
          // Packet rules know of connections only what is sent on them.
          if (way.packets && how === "reject") idle.write("GET /late HTTP/1.1\r\n");
          if (way.packets) expect(await Promise.race([end, sleep(shortMs)])).to.equal(how === "reject" ? "ECONNRESET" : undefined);
          await firewall.ask("/rules/allow", {});
          expect(await get()).to.equal(404);
          if (way.packets && how === "drop") idle.end("GET /late HTTP/1.1\r\nHost: app.flounder.test\r\nConnection: close\r\n\r\n").resume();
          expect(await end).to.equal(way.packets && how === "drop" ? "closed" : "ECONNRESET");
        } finally {
          agent.destroy();
        }
      }
      expect(await firewall.ask("/config")).to.deep.include({
        running: { listeners: ["front"], rules: [{ action: "allow", port: "front" }], otherwise: "drop" },
      });
    });

    it("refuses when its whole config is wiped, is silent when its rules are, and serves again when restored, also over a restart", async () => {
      await firewall.ask("/config/wipe", { part: "rules" });
      expect(await get({}, false, shortMs)).to.equal("silence");
      await firewall.ask("/config/wipe", {});
      expect(await get()).to.equal("ECONNREFUSED");
      const front = firewall.port("front");
      firewall.signal("SIGKILL");
      await firewall.ended;
      firewall = await fortify(front);
      expect(await get()).to.equal("ECONNREFUSED");
      await firewall.ask("/config/restore", {});
      expect(await get()).to.equal(404);
    });

    it(`passes over a dead balancer ${way.packets ? "once it is noticed" : "at once"}, and takes it back`, async () => {
      const front = lbs[0]!.port("front");
      lbs[0]!.signal("SIGKILL");
      await lbs[0]!.ended;
      const noticed = async () => ((await firewall.ask("/backends")) as { lb: string; healthy: boolean }[]).some((one) => one.lb === "lb-1" && !one.healthy);
      // Nobody can take back a packet that has gone to the wrong one: until the next check half of all connections fail.
      if (way.packets) await until("it to be noticed", noticed, 3000, 20);
      for (let i = 0; i < 4; i++) expect(await get()).to.equal(404);
      lbs[0] = await lb(1, front);
      const healthy = async () => ((await firewall.ask("/backends")) as { lb: string; healthy: boolean }[]).every((one) => one.healthy);
      await until("it to be back", healthy, 3000, 20);
    });

    it("hangs up on whom it lets in when nobody is behind it, which is no reset", async () => {
      const lonely = await forts.start("firewall-3", { "lb-1": await freePort() });
      const was = firewall;
      firewall = lonely;
      try {
        expect(await failed()).to.equal("socket hang up");
        await lonely.ask("/rules/deny", { how: "reject" });
        expect(await failed()).to.match(way.packets ? /^connect ECONNREFUSED/ : /^(read|connect) ECONNRESET/);
      } finally {
        firewall = was;
        lonely.signal("SIGTERM");
      }
    });
    const failed = (): Promise<string> =>
      new Promise((resolve) => {
        ask({ host: firewall.host, port: firewall.port("front"), agent: false }, () => resolve("answered"))
          .on("error", (error) => resolve(error.message))
          .end();
      });

    if (way.packets) return;
    it("logs a request by the id that balancer and router know it by; bytes are unchanged, and who says nothing of himself leaves no line", async () => {
      const lines = (part: Part) =>
        part
          .log()
          .split("\n")
          .filter((line) => line.includes('"msg":"request"'))
          .map((line) => JSON.parse(line) as { id: string; path: string; status: number });
      const before = lines(firewall).length;
      expect(await get()).to.equal(404);
      expect(await get({ "User-Agent": "HTTP-Monitor/1.1" })).to.equal(200);
      expect(lines(firewall).length).to.equal(before);
      const answer = await fetch(`http://127.0.0.1:${firewall.port("front")}/page`, { headers: { "User-Agent": "a browser" } });
      await answer.text();
      const id = answer.headers.get("x-vcap-request-id");
      for (const part of [[firewall], lbs, [router]]) {
        const found = () => part.flatMap(lines).filter((line) => line.id === id);
        await until("the line", () => found().length === 1, 2000);
        expect(found()[0]).to.include({ path: "/page", status: 404 });
      }
      await firewall.ask("/rules/deny", { how: "reject" });
      await firewall.ask("/rules/allow", {});
      expect(await get({ "X-Request-Id": "mine" })).to.equal(404);
      await until("the line", () => lines(firewall).some((line) => line.id === "mine"), 2000);
    });
  };
}
