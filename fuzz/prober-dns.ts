/** Answers of name servers, over UDP and TCP, to the prober's DNS asker. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { type AddressInfo, createServer } from "node:net";
import dns, { type Packet } from "dns-packet";
import fc from "fast-check";
import { dnsAsker } from "../harness/probes/askers/dns.js";
import { askAll } from "./asked.js";
import { type Fuzz, mutated, sampled } from "./fuzz.js";

/** Stands for the name that is asked for, which is as long. */
const asked = "i00000";
const record = fc.oneof(
  fc.record({ type: fc.constant("A"), name: fc.constantFrom("a.test", "", "x".repeat(60)), ttl: fc.nat(100), data: fc.ipV4() }),
  fc.record({ type: fc.constant("AAAA"), name: fc.constant("a.test"), data: fc.ipV6() }),
  fc.record({ type: fc.constant("CNAME"), name: fc.constant("a.test"), data: fc.constantFrom("b.test", "a.test") }),
  fc.record({ type: fc.constant("TXT"), name: fc.constant("a.test"), data: fc.array(fc.string({ maxLength: 200 }), { maxLength: 3 }) }),
);
const packet = fc.record({ flags: fc.nat(65_535), answers: fc.array(record, { maxLength: 4 }) }).map(({ flags, answers }) => {
  const whole = { type: "response", id: 0, flags, questions: [{ type: "A", name: `${asked}.test` }], answers };
  return Buffer.from(dns.encode(whole as unknown as Packet)).subarray(2);
});
const input = fc.record({
  /** Without the id, which is mostly the right one. */
  octets: mutated(packet),
  id: fc.constantFrom("right", "right", "right", "right", "wrong"),
  question: fc.constantFrom("right", "right", "right", "right", "another"),
  over: fc.constantFrom("udp", "udp", "tcp"),
  /** Of the length before an answer over TCP. */
  lie: fc.constantFrom(0, 0, 0, 1, -1, 1000),
  expect: fc.constantFrom(undefined, "10.0.0.1"),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

export default {
  name: "prober-dns",
  says: "what name servers answer the prober",
  async run(seed, count) {
    const inputs = sampled(input, seed, count);
    const of = (question: Buffer): Input | undefined => inputs[Number(/^i(\d+)$/.exec(dns.decode(question).questions?.[0]?.name.split(".")[0] ?? "")?.[1])];
    const said = (question: Buffer, { octets, id, question: which }: Input) => {
      const name = dns.decode(question).questions![0]!.name.split(".")[0]!;
      const body = which === "right" ? Buffer.from(octets.toString("latin1").replaceAll(asked, name), "latin1") : octets;
      return Buffer.concat([id === "right" ? question.subarray(0, 2) : Buffer.from([0, 0]), body]);
    };
    const tcp = createServer((socket) => {
      socket.on("error", () => {});
      socket.once("data", (data: Buffer) => {
        const given = of(data.subarray(2));
        if (!given) return;
        const answer = said(data.subarray(2), given);
        const head = Buffer.alloc(2);
        head.writeUInt16BE((answer.length + given.lie) & 0xffff);
        socket.end(Buffer.concat([head, answer]));
      });
    });
    await once(tcp.listen(0, "127.0.0.1"), "listening");
    const { port } = tcp.address() as AddressInfo;
    const udp = createSocket("udp4");
    udp.on("message", (question, { port: to }) => {
      const given = of(question);
      if (!given) return;
      // Cut: it is to be asked for over TCP.
      const cut = Buffer.concat([question.subarray(0, 2), Buffer.from([0x83, 0x80]), question.subarray(4)]);
      udp.send(given.over === "tcp" ? cut : said(question, given), to, "127.0.0.1");
    });
    await once(udp.bind(port, "127.0.0.1"), "listening");
    try {
      await askAll(inputs, ({ expect }, index) =>
        dnsAsker({ name: `i${String(index).padStart(asked.length - 1, "0")}.test`, server: `127.0.0.1:${port}`, ...(expect === undefined ? {} : { expect }) }),
      );
    } finally {
      udp.close();
      tcp.close();
    }
  },
} satisfies Fuzz;
