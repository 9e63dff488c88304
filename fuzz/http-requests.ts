/** Requests of clients, at the firewall, the balancer and the router. */
import fc from "fast-check";
import { Alive } from "./alive.js";
import { type Fuzz, mutated, sampled, withEach } from "./fuzz.js";
import { FrontEnd, host } from "./http.js";

const word = fc.constantFrom(
  "a",
  "chunked",
  "0",
  "5",
  "close",
  "keep-alive",
  "upgrade",
  "100-continue",
  host,
  "api.flounder.test",
  "127.0.0.1",
  "identity",
  "bytes=0-",
  "22",
  "HTTP-Monitor/1.1",
  "x".repeat(9000),
);
const header = fc
  .tuple(
    fc.constantFrom(
      "Host",
      "Content-Length",
      "Transfer-Encoding",
      "Connection",
      "Upgrade",
      "Expect",
      "X-Forwarded-For",
      "X-Vcap-Request-Id",
      "X-Vcap-Trace",
      "traceparent",
      "User-Agent",
      "Cookie",
      "TE",
      "Trailer",
      "X-Odd",
    ),
    fc.oneof(word, fc.string({ maxLength: 30 }), fc.nat().map(String)),
  )
  .map(([name, value]) => `${name}: ${value}\r\n`);
const request = fc
  .record({
    method: fc.constantFrom("GET", "POST", "HEAD", "OPTIONS", "PUT", "DELETE", "CONNECT", "TRACE", "PRI", "get", "FOO"),
    target: fc.oneof(
      fc.constantFrom("/", "*", "/a?b=c", `http://${host}/`, "http://[::1]/", "//", "/%00", "/%", "/" + "a".repeat(3000), "?", "http:///"),
      fc.webPath(),
      fc.string({ maxLength: 20 }),
    ),
    version: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2.0", "HTTP/0.9", ""),
    host: fc.constantFrom(`Host: ${host}\r\n`, `Host: ${host}\r\n`, "", "Host:\r\n", "Host: nobody.test\r\n"),
    headers: fc.array(header, { maxLength: 6 }),
    body: fc.oneof(
      fc.constantFrom("", "hello", "5\r\nhello\r\n0\r\n\r\n", "5;x=y\r\nhello\r\n0\r\nX: y\r\n\r\n", "ffffffffffffffff\r\n"),
      fc.string({ maxLength: 50 }),
    ),
  })
  .map(({ method, target, version, host: to, headers, body }) =>
    Buffer.from(`${method} ${target} ${version}\r\n${to}${headers.join("")}\r\n${body}`, "latin1"),
  );
/** Several on one connection, the last one perhaps cut. */
const inputs = fc.tuple(fc.nat(2), mutated(fc.array(request, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all))));

export default {
  name: "http-requests",
  says: "what clients send to firewall, balancer and router",
  async run(seed, count) {
    const front = await FrontEnd.open();
    try {
      const alive = new Alive(front.parts);
      await withEach(sampled(inputs, seed, count), 16, async ([door, bytes], i) => {
        await front.say(front.doors[door]!, bytes, 300);
        if (i % 500 === 499) await front.serves();
      });
      await front.serves();
      await alive.checkMemory();
    } finally {
      await front.close();
    }
  },
} satisfies Fuzz;
