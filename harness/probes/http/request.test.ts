import { createSocket, type Socket as NameSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer, type Server } from "node:net";
import { expect } from "chai";
import dns from "dns-packet";
import { until } from "../../clock.js";
import { ProbeFailure, type Route } from "../../core.js";
import { Span } from "../samples/span.js";
import { Requests } from "./request.js";

describe("the requests of a sample", () => {
  let web: Server;
  let names: NameSocket;
  let route: Route;
  let ttl = 1;
  let connections = 0;
  let open = 0;
  /** After how many requests a connection is closed, instead of an answer to the next, or with the answer to the last. */
  let takes = Number.POSITIVE_INFINITY;
  let saysClose = false;
  const asked: string[] = [];
  before(async () => {
    web = createServer((socket) => {
      connections++;
      open++;
      let requests = 0;
      socket.on("error", () => {}).on("close", () => open--);
      socket.on("data", (data: Buffer) => {
        if (++requests > takes) return void socket.resetAndDestroy();
        const text = data.toString().split(" ", 2).join(" ");
        socket.write(`HTTP/1.1 200 OK\r\n${saysClose ? "connection: close\r\n" : ""}content-length: ${text.length}\r\n\r\n${text}`);
        if (saysClose) socket.end();
      });
    });
    await once(web.listen(0, "127.0.0.1"), "listening");
    names = createSocket("udp4").on("message", (message, { port }) => {
      const { id, questions } = dns.decode(message);
      const { name } = questions![0]!;
      asked.push(name);
      names.send(dns.encode({ type: "response", id: id!, questions: questions!, answers: [{ type: "A", name, ttl, data: "127.0.0.1" }] }), port, "127.0.0.1");
    });
    await once(names.bind(0, "127.0.0.1"), "listening");
    const { port } = web.address() as AddressInfo;
    route = { from: "outside", target: "app", url: `http://app.test:${port}/base/`, host: "app.test", resolvers: [`127.0.0.1:${names.address().port}`] };
  });
  after(() => {
    web.close();
    names.close();
  });
  beforeEach(() => {
    asked.splice(0);
    connections = 0;
    takes = Number.POSITIVE_INFINITY;
    saysClose = false;
    ttl = 1;
  });
  afterEach(() => {
    for (const span of spans.splice(0)) span.end(over);
  });
  const spans: Span[] = [];
  const sample = () => {
    const span = new Span();
    spans.push(span);
    return new Requests(route, { dnsUs: 0, connectUs: 0, firstUs: 0, status: 0, isRepeated: false }, span);
  };
  const over = new ProbeFailure("timeout", "its sample is over");

  it("have one connection, fresh in each sample and gone with it", async () => {
    for (let i = 1; i <= 2; i++) {
      const one = sample();
      expect((await one.send({ path: "first" })).body).to.equal("GET /base/first");
      expect((await one.send({ method: "POST", path: "/second", body: "{}" })).body).to.equal("POST /base/second");
      expect(connections).to.equal(i);
      expect(asked).to.deep.equal(Array(i).fill("app.test"));
      one.span.end(over);
    }
    await until("their connections are closed", () => open === 0, 2000, 5);
  });
  it("have another where the server closes it, and ask for the name again when the answer's time is over", async () => {
    saysClose = true;
    ttl = 0;
    const one = sample();
    await one.send({ path: "/" });
    await one.send({ path: "/" });
    expect(connections).to.equal(2);
    expect(asked).to.deep.equal(["app.test", "app.test"]);
  });
  it("that meet the closing of their connection are made once more, unless that would do more than once", async () => {
    takes = 1;
    const one = sample();
    await one.send({ path: "/" });
    expect(one.phases.isRepeated).to.equal(false);
    expect((await one.send({ path: "/again" })).body).to.equal("GET /base/again");
    expect(one.phases.isRepeated).to.equal(true);
    expect(connections).to.equal(2);
    const other = sample();
    await other.send({ path: "/" });
    const failed = await other.send({ method: "POST", path: "/once" }).catch((error: ProbeFailure) => error);
    expect(failed).to.be.instanceOf(ProbeFailure).and.to.include({ outcome: "reset" });
    expect(connections).to.equal(3);
  });
  it("end with their sample, and after it nothing is asked", async () => {
    const one = sample();
    const failed = one.send({ path: "/" }).catch((error: ProbeFailure) => error);
    one.span.end(over);
    expect(await failed).to.equal(over);
    expect(await one.send({ path: "/" }).catch((error: ProbeFailure) => error)).to.equal(over);
  });
});
