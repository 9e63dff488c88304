/** Questions to a name server, over UDP and TCP, whole and broken. */
import { createSocket } from "node:dgram";
import { once } from "node:events";
import { connect } from "node:net";
import { encode, type Packet } from "dns-packet";
import fc from "fast-check";
import { BusLab } from "../targets/foundry/platform/base/testing/lab-bus.js";
import { Alive } from "./alive.js";
import { type Fuzz, mutated, sampled, withEach } from "./fuzz.js";

const label = fc.constantFrom("flounder", "test", "api", "ns1", "a".repeat(63), "*", "internal", "x", "__proto__", "constructor", "@");
const question = fc.record({
  name: fc.array(label, { maxLength: 6 }).map((labels) => labels.join(".")),
  type: fc.constantFrom("A", "AAAA", "ANY", "NS", "SOA", "MX", "TXT", "AXFR", "OPT", "SRV"),
  class: fc.constantFrom("IN", "CH", "ANY"),
});
const packet = fc
  .record({ id: fc.nat(65_535), flags: fc.nat(65_535), questions: fc.array(question, { maxLength: 3 }), edns: fc.boolean() })
  .map(({ id, flags, questions, edns }) => {
    const whole = {
      type: "query",
      id,
      flags: flags & 0x7fff,
      questions,
      additionals: edns ? [{ type: "OPT", name: ".", udpPayloadSize: 4096, extendedRcode: 0, ednsVersion: 0, flags: 0, options: [] }] : [],
    };
    return Buffer.from(encode(whole as unknown as Packet));
  });
/** `over` TCP each has its length before it, which may lie. */
const inputs = fc.record({ over: fc.constantFrom("udp", "udp", "tcp"), octets: mutated(packet), lie: fc.constantFrom(0, 0, 0, 1, -1, 1000) });

export default {
  name: "dns",
  says: "questions to a name server, over UDP and TCP",
  async run(seed, count) {
    const lab = await BusLab.open();
    const udp = createSocket("udp4");
    udp.on("error", () => {}).on("message", () => {});
    try {
      const dns = await lab.start("dns-1", "dns", { ports: ["dns"] });
      const alive = new Alive([dns]);
      await withEach(sampled(inputs, seed, count), 8, async ({ over, octets, lie }, i) => {
        if (over === "udp") return new Promise<void>((resolve) => udp.send(octets, dns.port("dns"), "127.0.0.1", () => resolve()));
        const socket = connect(dns.port("dns"), "127.0.0.1").on("error", () => {});
        const head = Buffer.alloc(2);
        head.writeUInt16BE((octets.length + lie) & 0xffff);
        socket.end(Buffer.concat([head, octets]));
        socket.resume().setTimeout(2000, () => socket.destroy());
        await once(socket, "close");
        if (i % 500 === 499) await alive.check();
      });
      // It still answers a plain question.
      const answered = once(udp.removeAllListeners("message"), "message", { signal: AbortSignal.timeout(5000) });
      udp.send(encode({ type: "query", id: 4711, questions: [{ type: "A", name: "api.flounder.test" }] }), dns.port("dns"), "127.0.0.1");
      await answered;
      await alive.checkMemory();
    } finally {
      udp.close();
      await lab.close();
    }
  },
} satisfies Fuzz;
