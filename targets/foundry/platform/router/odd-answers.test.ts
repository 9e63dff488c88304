/** What apps answer that is no sound HTTP: the app's user gets 502, the router stays the same process, and everybody else is served. */
import { createServer as createTcpServer, connect as dial, type Server } from "node:net";
import { expect } from "chai";
import { until } from "../base/until.js";
import { Rig } from "./testing/rig.js";

const body = "Content-Length: 3\r\nConnection: close\r\n\r\nok\n";
const odd: Readonly<Record<string, string>> = {
  "status 000": `HTTP/1.1 000 Nope\r\n${body}`,
  "status 099": `HTTP/1.1 099 Odd\r\n${body}`,
  "an unasked 101": `HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: other\r\n${body}`,
  "nothing but an early hint": "HTTP/1.1 103 Early Hints\r\n\r\n",
  "status 20": `HTTP/1.1 20 Odd\r\n${body}`,
  "status 2000": `HTTP/1.1 2000 Odd\r\n${body}`,
  "no status": `HTTP/1.1 OK\r\n${body}`,
  "words that cannot be written": `HTTP/1.1 200 O\x01K\r\n${body}`,
  "a header that cannot be written": `HTTP/1.1 200 OK\r\nX-Odd: a\x01b\r\n${body}`,
  "a header with NUL": `HTTP/1.1 200 OK\r\nX-Odd: a\0b\r\n${body}`,
  "both lengths": `HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n${body}`,
  "two lengths": `HTTP/1.1 200 OK\r\nContent-Length: 5\r\n${body}`,
  "half a head": "HTTP/1.1 200 OK\r\nX-",
  "HTTP/0.9": "ok\n",
  "no HTTP": "SSH-2.0-OpenSSH\r\n",
  nothing: "",
};

describe("router: odd answers", function () {
  this.timeout(30_000);
  let rig: Rig;
  const servers: Server[] = [];
  /** Says that to every request, then ends; gives its port and counts who came. */
  async function saying(text: string) {
    const seen = { port: 0, count: 0 };
    const server = createTcpServer((socket) => {
      socket
        .on("error", () => {})
        .once("data", () => {
          seen.count++;
          socket.end(Buffer.from(text, "latin1"));
        });
    });
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push(server);
    seen.port = (server.address() as { port: number }).port;
    return seen;
  }
  before(async () => {
    rig = await Rig.open();
  });
  after(async () => {
    for (const server of servers) server.close();
    await rig?.close();
  });

  for (const [what, text] of Object.entries(odd))
    it(`${what} is 502, for that app alone`, async () => {
      const live = await rig.hello("others");
      const host = `${what.toLowerCase().replace(/\W/g, "-")}.flounder.test`;
      rig.lab.say("router.register", { host: "127.0.0.1", port: (await saying(text)).port, uris: [host] });
      rig.lab.say("router.register", { host: "127.0.0.1", port: live, uris: ["others.flounder.test"] });
      await rig.routed("others.flounder.test");
      const answer = await rig.get(host);
      expect(answer.status).to.equal(502);
      expect(answer.headers["x-cf-routererror"]).to.match(/^endpoint_failure \(/);
      expect((await rig.get("others.flounder.test")).body).to.equal("others");
      expect(((await rig.router.ask("/varz")) as { pid: number; defects: number }).defects, rig.router.log()).to.equal(0);
    });

  it("an app that hangs up within its answer is cut off as it is, and takes no router out of the balancer's pool", async () => {
    const lb = await rig.lab.start("lb-1", "lb", { ports: ["front"], links: { "router-1": rig.router.port("http") } });
    for (const [i, text] of [
      "Content-Length: 5\r\n\r\n",
      "Content-Length: 5\r\n\r\nhal",
      "Transfer-Encoding: chunked\r\n\r\n",
      "Transfer-Encoding: chunked\r\n\r\nzz\r\n",
    ].entries()) {
      const half = await saying(`HTTP/1.1 200 OK\r\n${text}`);
      rig.lab.say("router.register", { host: "127.0.0.1", port: half.port, uris: [`half-${i}.flounder.test`] });
      await until("its route", async () => `half-${i}.flounder.test` in ((await rig.router.ask("/routes")) as object), 2000, 10);
      const said = await new Promise<string>((resolve) => {
        let all = "";
        const socket = dial(lb.port("front"), "127.0.0.1").on("error", () => {});
        socket.on("data", (bytes) => {
          all += bytes;
        });
        socket.once("close", () => resolve(all));
        socket.write(`GET / HTTP/1.1\r\nHost: half-${i}.flounder.test\r\n\r\n`);
      });
      expect(said)
        .to.match(/^HTTP\/1\.1 200 OK/)
        .and.not.match(/\r\n0\r\n\r\n$/);
      expect(half.count, "it is asked once").to.equal(1);
    }
    expect(lb.log()).to.not.contain('"healthy":false');
  });

  it("a GET whose answer had begun is not repeated", async () => {
    const half = await saying("HTTP/1.1 200 OK\r\nX-Begun: ");
    const live = await rig.hello("live");
    for (const port of [half.port, live]) rig.lab.say("router.register", { host: "127.0.0.1", port, uris: ["begun.flounder.test"] });
    await until("both", async () => ((await rig.router.ask("/routes")) as Record<string, unknown[]>)["begun.flounder.test"]?.length === 2, 1000, 10);
    const statuses = [];
    for (let i = 0; i < 2; i++) statuses.push((await rig.get("begun.flounder.test")).status);
    expect(half.count).to.equal(1);
    expect(statuses.sort()).to.deep.equal([200, 502]);
  });
});
