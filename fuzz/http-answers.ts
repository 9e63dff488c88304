/** Answers of apps, through router, balancer and firewall. */
import fc from "fast-check";
import { Alive } from "./alive.js";
import { type Fuzz, mutated, sampled, withEach } from "./fuzz.js";
import { FrontEnd, host } from "./http.js";

const header = fc
  .tuple(
    fc.constantFrom(
      "Content-Length",
      "Transfer-Encoding",
      "Connection",
      "Upgrade",
      "Location",
      "Set-Cookie",
      "Content-Type",
      "Trailer",
      "X-Vcap-Request-Id",
      "X-Odd",
      "Date",
    ),
    fc.oneof(fc.constantFrom("0", "5", "-1", "chunked", "gzip", "close", "keep-alive", "x".repeat(9000), "é", ""), fc.string({ maxLength: 30 })),
  )
  .map(([name, value]) => `${name}: ${value}\r\n`);
const answer = fc
  .record({
    version: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "ICY"),
    status: fc.oneof(
      fc.constantFrom("200", "204", "304", "000", "099", "100", "101", "102", "103", "199", "205", "999", "1000", "", "-1"),
      fc.nat(1200).map(String),
    ),
    reason: fc.oneof(fc.constantFrom("OK", "", "é", "\x01"), fc.string({ maxLength: 20 })),
    headers: fc.array(header, { maxLength: 6 }),
    body: fc.oneof(
      fc.constantFrom("", "hello", "5\r\nhello\r\n0\r\n\r\n", "5\r\nhel", "zz\r\n", "0\r\nContent-Length: 5\r\n\r\n"),
      fc.string({ maxLength: 50 }),
    ),
  })
  .map(({ version, status, reason, headers, body }) => Buffer.from(`${version} ${status} ${reason}\r\n${headers.join("")}\r\n${body}`, "latin1"));
/** Interim ones may come before. */
const inputs = mutated(fc.array(answer, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all)));

export default {
  name: "http-answers",
  says: "what apps answer, through router, balancer and firewall",
  async run(seed, count) {
    const front = await FrontEnd.open();
    try {
      const alive = new Alive(front.parts);
      await withEach(sampled(inputs, seed, count), 16, async (bytes, i) => {
        front.answer(i, bytes);
        // The app hangs up at its end, so its user must hear something, or be hung up on: never wait.
        const began = performance.now();
        const said = await front.say(front.doors[2]!, Buffer.from(`GET /answer-${i} HTTP/1.1\r\nHost: ${host}\r\nConnection: close\r\n\r\n`), 20_000, true);
        front.forget(i);
        if (performance.now() - began > 19_000) throw new Error("its user waits for ever");
        if (!/^HTTP\/1\.1 [1-9]\d\d /.test(said)) throw new Error(`its user is told "${said.slice(0, 200)}"`);
        if (i % 500 === 499) await front.serves();
      });
      await front.serves();
      await alive.checkMemory();
    } finally {
      await front.close();
    }
  },
} satisfies Fuzz;
