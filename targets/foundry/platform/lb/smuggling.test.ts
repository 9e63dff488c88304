/**
 * Requests that two servers could read in two ways, as octets: at each balancer and at the router they are refused, the connection ends, and nothing of them, nor of
 * what was put behind them, ever reaches an app. HAProxy is the oracle: what it refuses, the balancer in this process refuses too.
 */
import { existsSync } from "node:fs";
import { createServer as createTcpServer, connect as dial, type Server } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import type { Part } from "../base/testing/lab.js";
import { BusLab } from "../base/testing/lab-bus.js";
import { until } from "../base/until.js";

const host = "app.flounder.test";
const get = (more: string, target = "/odd", version = "HTTP/1.1") => `GET ${target} ${version}\r\nHost: ${host}\r\n${more}\r\n`;
const post = (more: string, body: string) => `POST /odd HTTP/1.1\r\nHost: ${host}\r\n${more}\r\n${body}`;
const chunked = "Transfer-Encoding: chunked\r\n";
/** Behind each of them on the same connection: must never be taken for a request of its own. */
const smuggled = `GET /smuggled HTTP/1.1\r\nHost: ${host}\r\n\r\n`;

/** Refused at every door. */
const unsound: Readonly<Record<string, string>> = {
  "Content-Length, then Transfer-Encoding": post(`Content-Length: 5\r\n${chunked}`, "0\r\n\r\n"),
  "Transfer-Encoding, then Content-Length": post(`${chunked}Content-Length: 5\r\n`, "0\r\n\r\n"),
  "two Content-Lengths that differ": post("Content-Length: 0\r\nContent-Length: 44\r\n", ""),
  "a list of Content-Lengths": post("Content-Length: 0, 44\r\n", ""),
  "a Content-Length with a sign": post("Content-Length: +0\r\n", ""),
  "a Content-Length in hexadecimal": post("Content-Length: 0x0\r\n", ""),
  "a negative Content-Length": post("Content-Length: -1\r\n", ""),
  "an empty Content-Length": post("Content-Length:\r\n", ""),
  "a Content-Length that overflows": post("Content-Length: 18446744073709551616\r\n", ""),
  "a folded line": get("X-A: a\r\n b\r\n"),
  "a folded Transfer-Encoding": post("Transfer-Encoding:\r\n chunked\r\n", "0\r\n\r\n"),
  "a first header that begins with a blank": `GET /odd HTTP/1.1\r\n X: a\r\nHost: ${host}\r\n\r\n`,
  "NUL in a header": get("X-A: a\0b\r\n"),
  "NUL in a header's name": get("X\0A: b\r\n"),
  "NUL in the target": get("", "/odd\0"),
  "a bare CR in a header": get("X-A: a\rX-B: b\r\n"),
  "a bare CR before the colon": get("X-A\r: a\r\n"),
  "two Hosts": get("Host: other.flounder.test\r\n"),
  "the same Host twice": get(`Host: ${host}\r\n`),
  "an absolute form that disagrees with Host": get("", "http://other.flounder.test/odd"),
  "a Host with a path": `GET /odd HTTP/1.1\r\nHost: ${host}/x\r\n\r\n`,
  "a Host with a user": `GET /odd HTTP/1.1\r\nHost: x@${host}\r\n\r\n`,
  "a list of Hosts": `GET /odd HTTP/1.1\r\nHost: ${host}, other.flounder.test\r\n\r\n`,
  "a blank before the colon": get("X-A : a\r\n"),
  "a blank before the colon of Host": `GET /odd HTTP/1.1\r\nHost : ${host}\r\n\r\n`,
  "a blank before the colon of Transfer-Encoding": post("Transfer-Encoding : chunked\r\n", "0\r\n\r\n"),
  "a blank in a header's name": get("X A: a\r\n"),
  "a header without a name": get(": a\r\n"),
  "a line without a colon": get("nonsense\r\n"),
  "another transfer encoding": post("Transfer-Encoding: xchunked\r\n", "0\r\n\r\n"),
  "identity as a transfer encoding": post("Transfer-Encoding: identity\r\n", ""),
  "chunked, then another": post("Transfer-Encoding: chunked, identity\r\n", "0\r\n\r\n"),
  "chunked twice": post("Transfer-Encoding: chunked, chunked\r\n", "0\r\n\r\n"),
  "two Transfer-Encodings": post(`${chunked}Transfer-Encoding: identity\r\n`, "0\r\n\r\n"),
  "a vertical tab before chunked": post("Transfer-Encoding: \x0bchunked\r\n", "0\r\n\r\n"),
  "chunked in HTTP/1.0": `POST /odd HTTP/1.0\r\nHost: ${host}\r\n${chunked}\r\n0\r\n\r\n`,
  "HTTP/2.0": get("", "/odd", "HTTP/2.0"),
  "HTTP/1.10": get("", "/odd", "HTTP/1.10"),
  "a fragment": get("", "/odd#x"),
  "a target that is no path": get("", "odd"),
};
/** Their head is sound: the body is where it turns. The app may see the head, and never more. */
const unsoundBodies: Readonly<Record<string, string>> = {
  "a chunk's size with a sign": post(chunked, "+0\r\n\r\n"),
  "a chunk's size with 0x": post(chunked, "0x0\r\n\r\n"),
  "a chunk's size that overflows": post(chunked, "10000000000000000\r\n\r\n"),
  "a chunk's size with a bare CR": post(chunked, "0\r\r\n\r\n"),
  "a chunk that is longer than it says": post(chunked, "1\r\nab\r\n0\r\n\r\n"),
};
const sound: Readonly<Record<string, string>> = {
  "a plain request": get(""),
  "a body of a known length": post("Content-Length: 3\r\n", "abc"),
  "a chunked body with an extension and a trailer": post(chunked, "3;a=b\r\nabc\r\n0\r\nX-Trailer: a\r\n\r\n"),
  ChUnKeD: post("Transfer-Encoding: ChUnKeD\r\n", "0\r\n\r\n"),
  "the absolute form": get("", `http://${host}/odd`),
  "a Host with a port": `GET /odd HTTP/1.1\r\nHost: ${host}:80\r\n\r\n`,
};

/**
 * What HAProxy 2.6 passes on in a form of its own: the length without the one that counts less, a folded line as one line. Or as it is, and the router refuses it. What
 * comes behind is a request of the same client then, with an answer of its own.
 */
const haproxyPasses = new Set([
  "Content-Length, then Transfer-Encoding",
  "Transfer-Encoding, then Content-Length",
  "a Content-Length that overflows",
  "a folded line",
  "a folded Transfer-Encoding",
  "NUL in a header",
  "the same Host twice",
]);

const isOnPath = (tool: string) => (process.env.PATH ?? "").split(":").some((dir) => existsSync(join(dir, tool)));

describe("requests that could be read in two ways", function () {
  this.timeout(60_000);
  let lab: BusLab;
  let app: Server;
  let router: Part;
  let beat: NodeJS.Timeout;
  const doors: Record<string, number> = {};
  /** Octets that came to the app, of all connections. */
  let seen = "";

  before(async () => {
    lab = await BusLab.open();
    app = createTcpServer((socket) => {
      let text = "";
      socket
        .on("error", () => {})
        .on("data", (bytes) => {
          text += bytes.toString("latin1");
          seen += bytes.toString("latin1");
          const [head, ...body] = text.split("\r\n\r\n");
          const whole = /transfer-encoding/i.test(head!)
            ? /(^|\r\n)0\r\n/.test(body.join("\r\n\r\n"))
            : body.join("\r\n\r\n").length >= Number(/content-length: (\d+)/i.exec(head!)?.[1] ?? 0);
          if (body.length > 0 && whole) socket.end("HTTP/1.1 200 OK\r\nContent-Length: 2\r\nConnection: close\r\n\r\nok");
        });
    });
    await new Promise<void>((resolve) => app.listen(0, "127.0.0.1", resolve));
    router = await lab.start("router-1", "router", { ports: ["http"] });
    const { port } = app.address() as { port: number };
    const register = () => lab.say("router.register", { host: "127.0.0.1", port, uris: [host] });
    register();
    beat = setInterval(register, 500);
    doors.router = router.port("http");
    for (const by of ["node", "haproxy"]) {
      if (by === "haproxy" && !isOnPath(by)) continue;
      doors[by] = (
        await lab.start(by === "node" ? "lb-1" : "lb-2", "lb", { ports: ["front"], links: { "router-1": doors.router }, env: { BALANCER: by } })
      ).port("front");
    }
    for (const door of Object.keys(doors)) await until(`an answer through ${door}`, async () => (await say(door, get(""))).startsWith("200"), 5000, 20);
  });
  after(async () => {
    clearInterval(beat);
    app?.close();
    await lab?.close();
  });

  /** Sends octets; resolves with the statuses of all answers when the other side has ended the connection, or with "… open" if it keeps it for half a second. */
  function say(door: string, text: string, quietMs = 500): Promise<string> {
    return new Promise((resolve) => {
      let said = "";
      const socket = dial(doors[door]!, "127.0.0.1");
      const end = (how: string) => {
        clearTimeout(quiet);
        socket.destroy();
        resolve([...said.matchAll(/HTTP\/1\.[01] (\d{3}) /g)].map(([, status]) => status).join(" ") + how);
      };
      let quiet = setTimeout(() => end(" open"), quietMs);
      socket.on("error", () => {}).once("close", () => end(""));
      socket.on("data", (bytes) => {
        said += bytes.toString("latin1");
        clearTimeout(quiet);
        quiet = setTimeout(() => end(" open"), quietMs);
      });
      socket.write(Buffer.from(text, "latin1"));
    });
  }

  for (const door of ["router", "node", "haproxy"])
    describe(`at ${door === "router" ? "the router" : `the balancer, by ${door}`}`, () => {
      before(function () {
        if (doors[door] !== undefined) return;
        console.log(`      skipped: there is no ${door} on PATH`);
        this.skip();
      });
      for (const [what, text] of Object.entries(unsound))
        it(`${what} is refused`, async () => {
          seen = "";
          const said = await say(door, text + smuggled);
          if (door === "haproxy" && haproxyPasses.has(what)) {
            const requests = seen.match(/ HTTP\/1\.1\r\n/g)?.length ?? 0;
            return expect(said.match(/\d{3}/g)?.length, `answers to ${seen}`).to.be.at.least(requests);
          }
          expect(said).to.match(/^4\d\d$/);
          expect(seen).to.equal("");
        });
      for (const [what, text] of Object.entries(unsoundBodies))
        it(`${what} ends the connection`, async () => {
          seen = "";
          expect(await say(door, text + smuggled, 2000)).to.match(/^(4\d\d|502|)$/);
          expect(seen).to.not.contain("smuggled");
        });
      for (const [what, text] of Object.entries(sound))
        it(`${what} is served, and the next one too`, async () => {
          expect(await say(door, text + get(""))).to.match(/^200 200/);
        });
    });

  it("the router is the same process, and nothing was a defect", async () => {
    const { pid, defects } = (await router.ask("/varz")) as { pid: number; defects: number };
    expect([pid, defects]).to.deep.equal([router.pid, 0]);
  });
});
