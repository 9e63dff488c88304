/** Answers of TCP endpoints to the prober's TCP asker: in one piece and byte by byte, which must say the same. */
import { type AddressInfo, createServer } from "node:net";
import fc from "fast-check";
import { tcpAsker } from "../harness/probes/askers/tcp.js";
import { askBoth } from "./asked.js";
import { type Fuzz, mutated, sampled } from "./fuzz.js";

const input = fc.record({
  bytes: mutated(fc.constantFrom("220 all is well\r\n", "+PONG\r\n", "", "x".repeat(70_000), "wel".repeat(200)).map((text) => Buffer.from(text))),
  end: fc.constantFrom("end", "end", "reset", "hang"),
  expect: fc.constantFrom(undefined, "well", "PONG"),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;

export default {
  name: "prober-tcp",
  says: "what TCP endpoints answer the prober, whole and byte by byte",
  async run(seed, count) {
    const inputs = sampled(input, seed, count);
    const server = createServer({ noDelay: true }, (socket) => {
      socket.on("error", () => {});
      socket.once("data", async (question: Buffer) => {
        const [, id, how] = /^(\d+)(whole|cut)$/.exec(question.toString())!;
        const { bytes, end } = inputs[Number(id)]!;
        // Byte by byte where there are few. Of hundreds of pieces each costs a turn of our own, and what is late then is our doing.
        const step = how === "cut" ? Math.ceil(bytes.length / 64) || 1 : bytes.length || 1;
        for (let at = 0; at < bytes.length && !socket.destroyed; at += step) {
          socket.write(bytes.subarray(at, at + step));
          await new Promise((resolve) => setImmediate(resolve));
        }
        if (end === "end") socket.end();
        else if (end === "reset") socket.resetAndDestroy();
      });
    });
    await new Promise<void>((resolve) => server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, resolve));
    const { port } = server.address() as AddressInfo;
    const way =
      (how: "whole" | "cut") =>
      ({ expect }: Input, index: number) =>
        tcpAsker({ host: "127.0.0.1", port, send: `${index}${how}`, ...(expect === undefined ? {} : { expect }) });
    try {
      // After a reset what was on the way is lost, now more, now less.
      await askBoth(inputs, [way("whole"), way("cut")], ({ outcome }, { end }) => (end === "reset" ? "" : outcome));
    } finally {
      server.close();
    }
  },
} satisfies Fuzz;
