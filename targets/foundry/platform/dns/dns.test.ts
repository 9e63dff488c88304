/** The name server as a process, asked over UDP and TCP. */
import { createSocket } from "node:dgram";
import { Resolver } from "node:dns/promises";
import { connect } from "node:net";
import { expect } from "chai";
import { type DecodedPacket, decode, encode, type Packet, streamEncode } from "dns-packet";
import { Lab, type Part } from "../base/testing/lab.js";

describe("dns", () => {
  let lab: Lab;
  let dns: Part;
  let resolver: Resolver;
  before(async () => {
    lab = new Lab();
    dns = await lab.start("dns-1", "dns", { ports: ["dns"], env: { FRONT_ADDRESSES: "127.0.0.1,127.0.0.2", COMPONENTS: "nats-1,CC-1=10.0.0.7" } });
    resolver = new Resolver({ timeout: 1000, tries: 1 });
    resolver.setServers([`127.0.0.1:${dns.port("dns")}`]);
  });
  after(() => lab?.close());

  const query = (name: string, type: "A" | "AAAA" | "NS" | "SOA", more: Partial<Packet> = {}): Packet => ({
    type: "query",
    id: 7,
    flags: 0x100,
    questions: [{ name, type }],
    ...more,
  });
  const raw = (octets: Buffer): Promise<Buffer> =>
    new Promise((resolve, reject) => {
      const socket = createSocket("udp4");
      const timer = setTimeout(() => {
        socket.close();
        reject(new Error("no answer"));
      }, 1000);
      socket.on("message", (answer) => {
        clearTimeout(timer);
        socket.close();
        resolve(answer);
      });
      socket.send(octets, dns.port("dns"), "127.0.0.1");
    });
  const udp = async (packet: Packet): Promise<DecodedPacket & { rcode?: string }> => decode(await raw(encode(packet)));

  it("answers the apex and every name below it, as a resolver asks", async () => {
    expect(await resolver.resolve4("app-1.flounder.test")).to.deep.equal(["127.0.0.1", "127.0.0.2"]);
    expect(await resolver.resolve4("deep.er.FLOUNDER.test", { ttl: true })).to.deep.equal([
      { address: "127.0.0.1", ttl: 1 },
      { address: "127.0.0.2", ttl: 1 },
    ]);
    expect(await resolver.resolve4("flounder.test")).to.have.length(2);
    expect(await resolver.resolveNs("flounder.test")).to.deep.equal(["ns1.flounder.test", "ns2.flounder.test"]);
    expect(await resolver.resolveSoa("flounder.test")).to.include({ nsname: "ns1.flounder.test", hostmaster: "hostmaster.flounder.test", serial: 1 });
  });

  it("speaks with authority, says 'no such record' with its SOA, refuses other zones", async () => {
    const found = await udp(query("x.flounder.test", "A"));
    expect([found.flag_aa, found.flag_rd, found.flag_ra, found.answers?.length]).to.deep.equal([true, true, false, 2]);
    const none = await udp(query("x.flounder.test", "AAAA"));
    expect([none.rcode, none.answers?.length, none.authorities?.[0]?.type]).to.deep.equal(["NOERROR", 0, "SOA"]);
    const foreign = await udp(query("notflounder.test", "A"));
    expect([foreign.rcode, foreign.flag_aa, foreign.answers?.length]).to.deep.equal(["REFUSED", false, 0]);
    const error = await resolver.resolve4("example.org").then(
      () => "answered",
      (failure: NodeJS.ErrnoException) => failure.code,
    );
    expect(error).to.equal("EREFUSED");
  });

  it("answers several queries on one TCP connection, also in pieces", async () => {
    const answers = await new Promise<DecodedPacket[]>((resolve, reject) => {
      const heard: DecodedPacket[] = [];
      let pending = Buffer.alloc(0);
      const octets = Buffer.concat([streamEncode(query("a.flounder.test", "A")), streamEncode(query("b.flounder.test", "A", { id: 8 }))]);
      const socket = connect(dns.port("dns"), "127.0.0.1", () => {
        socket.setNoDelay(true);
        socket.write(octets.subarray(0, 5), () => setImmediate(() => socket.write(octets.subarray(5))));
      });
      socket.on("error", reject);
      socket.on("data", (bytes) => {
        pending = Buffer.concat([pending, bytes]);
        while (pending.length >= 2 && pending.length >= 2 + pending.readUInt16BE(0)) {
          const whole = pending.subarray(0, 2 + pending.readUInt16BE(0));
          heard.push(decode(whole.subarray(2)));
          pending = pending.subarray(whole.length);
        }
        if (heard.length === 2) {
          socket.destroy();
          resolve(heard);
        }
      });
    });
    expect(answers.map(({ id, answers: records }) => [id, records?.length])).to.deep.equal([
      [7, 2],
      [8, 2],
    ]);
  });

  it("survives junk and never answers an answer", async () => {
    const updates = encode(query("x.flounder.test", "A"));
    updates[2] = (updates[2] ?? 0) | (5 << 3);
    expect((await raw(updates)).readUInt16BE(2) & 0xf).to.equal(4); // NOTIMP
    const torn = encode(query("x.flounder.test", "A")).subarray(0, 20);
    expect((await raw(torn)).readUInt16BE(2) & 0xf).to.equal(1); // FORMERR
    const answer = encode({ type: "response", id: 9, questions: [] });
    const error = await raw(answer).catch((failure: Error) => failure.message);
    expect(error).to.equal("no answer");
    expect(await resolver.resolve4("app-1.flounder.test")).to.have.length(2);
  });

  const failure = (name: string) =>
    resolver.resolve4(name).then(
      (found) => found.join(),
      (error: NodeJS.ErrnoException) => error.code,
    );

  it("knows the components by name in the internal zone, and no others", async () => {
    expect(await resolver.resolve4("nats-1.internal.flounder.test")).to.deep.equal(["127.0.0.1"]);
    expect(await resolver.resolve4("cc-1.internal.flounder.test")).to.deep.equal(["10.0.0.7"]);
    expect(await failure("app-1.internal.flounder.test")).to.equal("ENOTFOUND");
    expect(await failure("internal.flounder.test")).to.equal("ENODATA");
    expect(await resolver.resolveSoa("internal.flounder.test")).to.include({ nsname: "ns1.flounder.test", hostmaster: "hostmaster.flounder.test" });
  });

  it("asks for the addresses of host names when it is asked, fails for a name whose host cannot be found, and for no other", async () => {
    const of = (n: number, env: Readonly<Record<string, string>>) => lab.start(`dns-${n}`, "dns", { ports: ["dns"], env });
    const was = resolver;
    const parts = [
      await of(2, { FRONT_ADDRESSES: "localhost", COMPONENTS: "nats-1=localhost,cc-1=nowhere.invalid,hm-1=127.0.0.9" }),
      await of(3, { FRONT_ADDRESSES: "nowhere.invalid,127.0.0.5", COMPONENTS: "localhost,nats-1", BIND_HOST: "0.0.0.0" }),
    ];
    const found = [];
    try {
      for (const part of parts) {
        resolver = new Resolver({ timeout: 2000, tries: 1 });
        resolver.setServers([`127.0.0.1:${part.port("dns")}`]);
        found.push(
          await Promise.all(["app", "nats-1.internal", "cc-1.internal", "hm-1.internal", "localhost.internal"].map((name) => failure(`${name}.flounder.test`))),
        );
      }
      expect(await tcpAnswers(parts[0]!, ["nats-1.internal.flounder.test", "hm-1.internal.flounder.test"])).to.deep.equal(["127.0.0.1", "127.0.0.9"]);
    } finally {
      resolver = was;
      for (const part of parts) part.signal("SIGTERM");
    }
    expect(found).to.deep.equal([
      ["127.0.0.1", "127.0.0.1", "ESERVFAIL", "127.0.0.9", "ENOTFOUND"],
      // At any address of its own machine, a component is where its name leads.
      ["127.0.0.5", "ESERVFAIL", "ENOTFOUND", "ENOTFOUND", "127.0.0.1"],
    ]);
  });
  /** On one connection, which says at once that no more will come. */
  const tcpAnswers = async (part: Part, names: readonly string[]): Promise<unknown[]> => {
    const socket = connect({ port: part.port("dns"), host: "127.0.0.1", allowHalfOpen: true });
    socket.end(Buffer.concat(names.map((name, id) => streamEncode(query(name, "A", { id })))));
    let heard = Buffer.alloc(0);
    for await (const bytes of socket) heard = Buffer.concat([heard, bytes as Buffer]);
    const said: unknown[] = [];
    for (; heard.length > 0; heard = heard.subarray(2 + heard.readUInt16BE(0)))
      said.push(...(decode(heard.subarray(2, 2 + heard.readUInt16BE(0))).answers ?? []).map((one) => "data" in one && one.data));
    return said;
  };

  it("fails for the zone that was wiped, and for that one alone, until it is restored", async () => {
    const both = async () => [await failure("app-1.flounder.test"), await failure("nats-1.internal.flounder.test")];
    const whole = ["127.0.0.1,127.0.0.2", "127.0.0.1"];
    const zones = await dns.ask("/zone");
    expect(await both()).to.deep.equal(whole);
    await dns.ask("/config/wipe", { part: "internal" });
    expect(await both()).to.deep.equal([whole[0], "ESERVFAIL"]);
    await dns.ask("/config/restore", {});
    expect(await both()).to.deep.equal(whole);
    await dns.ask("/config/wipe", { part: "external" });
    expect(await both()).to.deep.equal(["ESERVFAIL", whole[1]]);
    await dns.ask("/config/wipe", {});
    expect(await both()).to.deep.equal(["ESERVFAIL", "ESERVFAIL"]);
    expect(await dns.ask("/config")).to.include({ generation: 5, wiped: true });
    await dns.ask("/config/restore", {});
    expect(await both()).to.deep.equal(whole);
    expect(await dns.ask("/zone")).to.deep.equal(zones);
    const error = await dns.ask("/config/wipe", { part: "moon" }).catch((refusal: Error) => refusal.message);
    expect(error).to.include("400").and.include("expected one of all, external, internal");
  });
});
