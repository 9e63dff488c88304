import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect } from "chai";
import dns from "dns-packet";
import { sleep } from "../../clock.js";
import { ProbeFailure } from "../../core.js";
import { Span } from "../samples/span.js";
import { resolveAt } from "./resolve.js";

type Reply = (query: dns.Packet) => Partial<dns.Packet> | undefined;
/** A UDP socket on a port that is free for `server` by TCP, too: somebody may have the one and not the other. */
async function bothOn(server: Server | undefined, at: number): Promise<Socket> {
  for (;;) {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(at, "127.0.0.1", resolve));
    if (!server) return socket;
    server.listen(socket.address().port, "127.0.0.1");
    const error = await once(server, "listening").then(
      () => undefined,
      (cause: NodeJS.ErrnoException) => cause,
    );
    if (!error) return socket;
    socket.close();
    if (error.code !== "EADDRINUSE") throw error;
  }
}
/** A DNS server on loopback, over UDP and TCP on one port, that answers as told. */
async function dnsServer(udp: Reply, tcp?: Reply, at = 0): Promise<{ at: string; asked: () => number; ports: number[]; close(): void }> {
  let asked = 0;
  const ports: number[] = [];
  const answer = (reply: Reply, query: dns.Packet): dns.Packet | undefined => {
    asked++;
    const said = reply(query);
    return said && { type: "response", id: query.id!, questions: query.questions!, ...said };
  };
  let server: Server | undefined;
  if (tcp) {
    server = createServer((peer) => {
      peer.on("error", () => {});
      peer.once("data", (data) => peer.end(dns.streamEncode(answer(tcp, dns.streamDecode(data as Buffer))!)));
    });
  }
  const socket = await bothOn(server, at);
  socket.on("message", (message, from) => {
    ports.push(from.port);
    const reply = answer(udp, dns.decode(message));
    if (reply) socket.send(dns.encode(reply), from.port, from.address);
  });
  const { port } = socket.address();
  return {
    at: `127.0.0.1:${port}`,
    asked: () => asked,
    ports,
    close() {
      socket.close();
      server?.close();
    },
  };
}
const says =
  (address: string): Reply =>
  (query) => ({ answers: [{ type: "A", name: query.questions![0]!.name, data: address, ttl: 1 }] });
const addresses = async (servers: readonly string[], name: string) => (await resolveAt(servers, name, new Span())).addresses;
const failure = (promise: Promise<unknown>): Promise<ProbeFailure> =>
  promise.then(
    () => expect.fail("it resolved"),
    (error: ProbeFailure) => error,
  );

describe("resolving a name", () => {
  const open: { close(): void }[] = [];
  const started = async (udp: Reply, tcp?: Reply) => {
    const server = await dnsServer(udp, tcp);
    open.push(server);
    return server;
  };
  afterEach(() => {
    for (const server of open.splice(0)) server.close();
  });

  it("asks the servers it is given", async () => {
    const server = await started(says("10.1.2.3"));
    expect(await addresses([server.at], "api.test")).to.deep.equal(["10.1.2.3"]);
  });
  it("goes on to the next server when one is dead, silent or fails", async () => {
    const silent = await started(() => undefined);
    const failing = await started(() => ({ flags: 2 }));
    const good = await started(says("10.0.0.9"));
    expect(await addresses(["127.0.0.1:1", failing.at, silent.at, good.at], "api.test")).to.deep.equal(["10.0.0.9"]);
  });
  it("asks again by TCP when an answer was cut", async () => {
    const server = await started(() => ({ flags: dns.TRUNCATED_RESPONSE }), says("10.9.9.9"));
    expect(await addresses([server.at], "api.test")).to.deep.equal(["10.9.9.9"]);
    expect(server.asked()).to.equal(2);
  });
  it("believes a server that there is no such name, and says so", async () => {
    const server = await started(() => ({ flags: 3 }));
    const { outcome, message } = await failure(addresses([server.at], "nosuch.test"));
    expect([outcome, message]).to.deep.equal(["dns", `${server.at}: NXDOMAIN`]);
  });
  it("uses a socket again, but for one question at a time, and for a second at most", async () => {
    const server = await started(says("10.1.2.3"));
    for (let i = 0; i < 3; i++) await addresses([server.at], "api.test");
    expect(new Set(server.ports).size).to.equal(1);
    await Promise.all([addresses([server.at], "api.test"), addresses([server.at], "www.test")]);
    expect(new Set(server.ports).size).to.equal(2);
    const before = new Set(server.ports);
    await sleep(1050);
    await addresses([server.at], "api.test");
    expect(before.has(server.ports.at(-1)!)).to.equal(false);
  });
  it("sees with the next question that a server died, and that it is back", async () => {
    let server = await started(says("10.1.2.3"));
    const { at } = server;
    const port = Number(at.split(":")[1]);
    await addresses([at], "api.test");
    server.close();
    expect((await failure(addresses([at], "api.test"))).message).to.equal(`${at}: ECONNREFUSED`);
    open.splice(0);
    server = await dnsServer(says("10.1.2.4"), undefined, port);
    open.push(server);
    expect(await addresses([at], "api.test")).to.deep.equal(["10.1.2.4"]);
  });
  it("takes no answer to another question, whoever sends it", async () => {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
    open.push(socket);
    socket.on("message", (message, { port }) => {
      const { id, questions } = dns.decode(message);
      const { name } = questions![0]!;
      const say = (packet: object) => socket.send(dns.encode({ type: "response", id: id!, questions: questions!, ...packet }), port, "127.0.0.1");
      const data = "10.6.6.6";
      say({ id: (id! + 1) & 0xffff, answers: [{ type: "A", name, ttl: 1, data }] });
      say({ questions: [{ type: "A", name: "other.test" }], answers: [{ type: "A", name: "other.test", ttl: 1, data }] });
      say({ questions: [{ type: "AAAA", name }], answers: [{ type: "A", name, ttl: 1, data }] });
      say({ questions: [], answers: [{ type: "A", name, ttl: 1, data }] });
      say({ type: "query" });
      say({ answers: [{ type: "A", name: name.toUpperCase(), ttl: 1, data: "10.1.2.3" }] });
    });
    expect(await addresses([`127.0.0.1:${socket.address().port}`], "api.test")).to.deep.equal(["10.1.2.3"]);
  });
  it("ends at once when its sample does, with the reason", async () => {
    const silent = await started(() => undefined);
    const span = new Span();
    const asked = failure(resolveAt([silent.at], "api.test", span));
    span.end(new ProbeFailure("timeout", "late"));
    expect((await asked).message).to.equal("late");
  });
});
