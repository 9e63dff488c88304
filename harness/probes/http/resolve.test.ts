import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { createServer, type Server } from "node:net";
import { expect } from "chai";
import dns from "dns-packet";
import { ProbeFailure } from "../../core.js";
import { resolveAt } from "./resolve.js";

type Reply = (query: dns.Packet) => Partial<dns.Packet> | undefined;
/** A UDP socket on a port that is free for `server` by TCP, too: somebody may have the one and not the other. */
async function bothOn(server: Server | undefined): Promise<Socket> {
  for (;;) {
    const socket = createSocket("udp4");
    await new Promise<void>((resolve) => socket.bind(0, "127.0.0.1", resolve));
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
async function dnsServer(udp: Reply, tcp?: Reply): Promise<{ at: string; asked: () => number; close(): void }> {
  let asked = 0;
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
  const socket = await bothOn(server);
  socket.on("message", (message, from) => {
    const reply = answer(udp, dns.decode(message));
    if (reply) socket.send(dns.encode(reply), from.port, from.address);
  });
  const { port } = socket.address();
  return {
    at: `127.0.0.1:${port}`,
    asked: () => asked,
    close() {
      socket.close();
      server?.close();
    },
  };
}
const says =
  (address: string): Reply =>
  (query) => ({ answers: [{ type: "A", name: query.questions![0]!.name, data: address, ttl: 1 }] });
const signal = () => AbortSignal.timeout(3000);
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
    expect(await resolveAt([server.at], "api.test", signal())).to.deep.equal(["10.1.2.3"]);
  });
  it("goes on to the next server when one is dead, silent or fails", async () => {
    const silent = await started(() => undefined);
    const failing = await started(() => ({ flags: 2 }));
    const good = await started(says("10.0.0.9"));
    expect(await resolveAt(["127.0.0.1:1", failing.at, silent.at, good.at], "api.test", signal())).to.deep.equal(["10.0.0.9"]);
  });
  it("asks again by TCP when an answer was cut", async () => {
    const server = await started(() => ({ flags: dns.TRUNCATED_RESPONSE }), says("10.9.9.9"));
    expect(await resolveAt([server.at], "api.test", signal())).to.deep.equal(["10.9.9.9"]);
    expect(server.asked()).to.equal(2);
  });
  it("believes a server that there is no such name, and says so", async () => {
    const server = await started(() => ({ flags: 3 }));
    const { outcome, message } = await failure(resolveAt([server.at], "nosuch.test", signal()));
    expect([outcome, message]).to.deep.equal(["dns", `${server.at}: NXDOMAIN`]);
  });
  it("ends at once when it is aborted, with the reason", async () => {
    const silent = await started(() => undefined);
    const abort = new AbortController();
    const asked = failure(resolveAt([silent.at], "api.test", abort.signal));
    abort.abort(new ProbeFailure("timeout", "late"));
    expect((await asked).message).to.equal("late");
  });
});
