/** The firewall as a process, before real balancers and a router. */
import { createHash, type Hash, randomBytes } from "node:crypto";
import { once } from "node:events";
import { Agent, request as ask } from "node:http";
import { type AddressInfo, connect as connectTcp, createServer, type Socket } from "node:net";
import { expect } from "chai";
import { freePort, Lab, type Part } from "../base/lab.js";
import { until } from "../base/until.js";

describe("firewall", function () {
  this.timeout(30_000);
  let lab: Lab;
  let router: Part;
  let lbs: Part[];
  let firewall: Part;

  const lb = (n: number, front?: number) =>
    lab.start(`lb-${n}`, "lb", { ports: ["front"], links: { "router-1": router.port("http") }, ...(front === undefined ? {} : { at: { front } }) });
  before(async () => {
    lab = new Lab();
    const nats = await lab.nats();
    router = await lab.start("router-1", "router", { ports: ["http"], links: { nats: nats.client } });
    lbs = await Promise.all([lb(1), lb(2)]);
    firewall = await lab.start("firewall-1", "firewall", { ports: ["front"], links: { "lb-1": lbs[0]!.port("front"), "lb-2": lbs[1]!.port("front") } });
  });
  after(() => lab?.close());

  /** Status, or how it went wrong. No answer within 300 ms is silence. */
  const get = (headers: Record<string, string> = {}, agent: Agent | false = false): Promise<number | string> =>
    new Promise((resolve) => {
      const request = ask(
        { host: "127.0.0.1", port: firewall.port("front"), path: "/x", headers: { Host: "app.flounder.test", ...headers }, agent },
        (answer) => {
          answer.resume().once("end", () => resolve(answer.statusCode ?? 0));
        },
      );
      request.setTimeout(300, () => request.destroy(Object.assign(new Error(), { code: "silence" })));
      request.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).end();
    });
  const open = async (): Promise<Socket> => {
    const socket = connectTcp(firewall.port("front"), "127.0.0.1");
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
    }).listen(0, "127.0.0.1");
    await once(digester, "listening");
    const other = await lab.start("firewall-2", "firewall", { ports: ["front"], links: { "lb-1": (digester.address() as AddressInfo).port } });
    try {
      const bytes = Buffer.concat([Buffer.from("GET / HTTP/1.1\r\nUser-Agent: x\r\n\r\n"), randomBytes(3_000_000)]);
      const socket = connectTcp(other.port("front"), "127.0.0.1");
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
      ["reject", "ECONNRESET"],
      ["drop", "silence"],
    ] as const) {
      const agent = new Agent({ keepAlive: true, maxSockets: 1 });
      try {
        expect(await get({}, agent)).to.equal(404);
        const idle = await open();
        const end = ended(idle);
        await firewall.ask("/rules/deny", { how });
        await firewall.ask("/rules/deny", { how });
        expect(await get(), how).to.equal(seen);
        expect(await get({}, agent), `${how}, on an old connection`).to.be.oneOf([seen, "ECONNRESET"]);
        expect(await firewall.ask("/config")).to.have.nested.property("running.rules.length", 2);
        await firewall.ask("/rules/allow", {});
        expect(await get()).to.equal(404);
        expect(await end).to.equal("ECONNRESET");
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
    expect(await get()).to.equal("silence");
    await firewall.ask("/config/wipe", {});
    expect(await get()).to.equal("ECONNREFUSED");
    const front = firewall.port("front");
    firewall.signal("SIGKILL");
    await firewall.ended;
    firewall = await lab.start("firewall-1", "firewall", {
      ports: ["front"],
      at: { front },
      links: { "lb-1": lbs[0]!.port("front"), "lb-2": lbs[1]!.port("front") },
    });
    expect(await get()).to.equal("ECONNREFUSED");
    await firewall.ask("/config/restore", {});
    expect(await get()).to.equal(404);
  });

  it("passes over a dead balancer at once, and takes it back", async () => {
    const front = lbs[0]!.port("front");
    lbs[0]!.signal("SIGKILL");
    await lbs[0]!.ended;
    for (let i = 0; i < 4; i++) expect(await get()).to.equal(404);
    lbs[0] = await lb(1, front);
    const healthy = async () => ((await firewall.ask("/backends")) as { lb: string; healthy: boolean }[]).every((one) => one.healthy);
    await until("it to be back", healthy, 3000, 20);
  });

  it("hangs up on whom it lets in when nobody is behind it, which is no reset", async () => {
    const lonely = await lab.start("firewall-3", "firewall", { ports: ["front"], links: { "lb-1": await freePort() } });
    const was = firewall;
    firewall = lonely;
    try {
      expect(await failed()).to.equal("socket hang up");
      await lonely.ask("/rules/deny", { how: "reject" });
      expect(await failed()).to.equal("read ECONNRESET");
    } finally {
      firewall = was;
      lonely.signal("SIGTERM");
    }
  });
  const failed = (): Promise<string> =>
    new Promise((resolve) => {
      ask({ host: "127.0.0.1", port: firewall.port("front"), agent: false }, () => resolve("answered"))
        .on("error", (error) => resolve(error.message))
        .end();
    });

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
});
