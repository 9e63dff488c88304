/** Answers of endpoints, to the prober's HTTP client: each in one piece and in many, which must say the same. */
import { readFileSync } from "node:fs";
import { type AddressInfo, createServer, type Socket } from "node:net";
import { brotliCompressSync, deflateSync, gzipSync } from "node:zlib";
import fc from "fast-check";
import { sleep } from "../harness/clock.js";
import { HttpAsker, type HttpAsking } from "../harness/probes/http/asker.js";
import { startProber } from "../harness/probes/launch/child.js";
import type { Stamps } from "../harness/probes/schedule/flight.js";
import { askBoth, deadlineMs } from "./asked.js";
import { type Fuzz, mutated, sampled } from "./fuzz.js";

const number = fc.oneof(fc.constantFrom("0", "5", "11", "-1", "+5", "5, 5", "5, 6", "99999999999999999999", "0x5", ""), fc.nat(70_000).map(String));
const header = fc
  .oneof(
    fc.tuple(fc.constantFrom("Content-Length", "content-length"), number),
    fc.tuple(fc.constant("Transfer-Encoding"), fc.constantFrom("chunked", "gzip, chunked", "chunked, gzip", "identity", "CHUNKED", "")),
    fc.tuple(fc.constant("Content-Encoding"), fc.constantFrom("gzip", "deflate", "br", "zstd", "gzip, br", "identity", "sponge", ",")),
    // To other inputs, among them those that lead on.
    fc.tuple(
      fc.constant("Location"),
      fc.oneof(
        fc.nat(20_000).map((n) => `/${n}`),
        fc.constantFrom("", "?", "#", "//", "http://[", "ü", "a b", "\\", "data:,x"),
        fc.webPath(),
      ),
    ),
    fc.tuple(
      fc.constant("Set-Cookie"),
      fc.oneof(fc.constantFrom("a=1", "a=1; Path=/", "=", ";", "a=1; Domain=.", "a=1; Max-Age=x", "__proto__=1"), fc.string({ maxLength: 30 })),
    ),
    fc.tuple(fc.constant("Connection"), fc.constantFrom("close", "keep-alive", "upgrade", "close, keep-alive")),
    fc.tuple(fc.constant("Content-Type"), fc.constantFrom("text/event-stream", "application/json", "multipart/x-mixed-replace; boundary=a", "")),
    fc.tuple(
      fc.constantFrom("X-Odd", "__proto__", "constructor", "", "a b", "x".repeat(3000)),
      fc.oneof(fc.string({ maxLength: 30 }), fc.constantFrom("a\r\n b", "\0", "é", "x".repeat(90_000))),
    ),
  )
  .map(([name, value]) => `${name}: ${value}`);
const newline = fc.constantFrom("\r\n", "\r\n", "\r\n", "\n");
const body = fc.oneof(
  fc
    .constantFrom(
      "",
      "all is well",
      "b\r\nall is well\r\n0\r\n\r\n",
      "b\nall is well\n0\n\n",
      "5;a=b\r\nhello\r\n0\r\nX: y\r\n\r\n",
      "zz\r\n",
      '{"a":[1]}',
      "{",
      "data: x\n\n",
    )
    .map((text) => Buffer.from(text)),
  fc.constantFrom(gzipSync("all is well"), deflateSync("all is well"), brotliCompressSync("all is well"), gzipSync(Buffer.alloc(200_000))),
  fc.uint8Array({ maxLength: 60 }).map((bytes) => Buffer.from(bytes)),
);
const answer = fc
  .record({
    version: fc.constantFrom("HTTP/1.1", "HTTP/1.1", "HTTP/1.1", "HTTP/1.0", "HTTP/2", "http/1.1", "ICY"),
    status: fc.oneof(
      fc.constantFrom("200", "200", "200", "204", "301", "302", "303", "304", "307", "100", "101", "103", "199", "404", "503", "000", "1000", ""),
      fc.nat(999).map(String),
    ),
    newline,
    headers: fc.array(header, { maxLength: 6 }),
    body,
  })
  .map(({ version, status, newline: end, headers, body: bytes }) =>
    Buffer.concat([Buffer.from(`${[`${version} ${status} Odd`, ...headers, "", ""].join(end)}`, "latin1"), bytes]),
  );

const input = fc.record({
  /** Interim ones may come before. */
  bytes: mutated(fc.array(answer, { minLength: 1, maxLength: 3 }).map((all) => Buffer.concat(all))),
  /** Byte by byte where there are none. */
  cuts: fc.oneof(fc.constant([]), fc.array(fc.double({ min: 0, max: 1, noNaN: true }), { minLength: 1, maxLength: 6 })),
  end: fc.constantFrom("end", "end", "end", "reset", "hang"),
  method: fc.constantFrom("GET", "GET", "GET", "HEAD", "POST"),
  connection: fc.constantFrom("fresh", "kept"),
  expect: fc.constantFrom<HttpAsking["expect"]>(
    undefined,
    {},
    { text: "well" },
    { pattern: "w.ll" },
    { json: { path: "a[0]", is: "1" } },
    { header: { name: "x-odd" } },
    { statuses: [[200, 204]] },
  ),
});
type Input = typeof input extends fc.Arbitrary<infer T> ? T : never;
const byteByByteMost = 600;

/** Of every input: in one piece, or as it is cut; a path's number says which. "/any": one after the other. */
class Server {
  readonly #server = createServer({ noDelay: true }, (socket) => this.#speak(socket));
  readonly #sockets = new Set<Socket>();
  #any = 0;

  constructor(readonly inputs: readonly Input[]) {}
  async open(): Promise<string> {
    await new Promise<void>((resolve) => this.#server.listen({ port: 0, host: "127.0.0.1", backlog: 1024 }, resolve));
    return `http://127.0.0.1:${(this.#server.address() as AddressInfo).port}/`;
  }
  close(): void {
    this.#server.close();
    this.drop();
  }
  drop(): void {
    for (const socket of this.#sockets) socket.destroy();
  }

  #speak(socket: Socket): void {
    this.#sockets.add(socket);
    socket.on("close", () => this.#sockets.delete(socket));
    socket.on("error", () => {});
    socket.on("data", (data: Buffer) => {
      const [, path = "", id, how] = /^[A-Z]+ (\/(\d*)(whole|cut)?\S*)/.exec(data.toString("latin1")) ?? [];
      // Where a redirection leads is the same for both ways of asking.
      const at = (id ? Number(id) : path === "/any" ? this.#any++ : [...path].reduce((sum, char) => sum * 31 + char.charCodeAt(0), 0)) % this.inputs.length;
      const { end, ...rest } = this.inputs[at]!;
      // Where redirections lead nothing is lost by chance.
      void this.#answer(socket, { ...rest, end: how === undefined && end === "reset" ? "end" : end }, how === "cut" || id === "");
    });
  }
  async #answer(socket: Socket, { bytes, cuts, end }: Input, isCut: boolean): Promise<void> {
    for (const piece of isCut ? pieces(bytes, cuts) : [bytes]) {
      if (socket.destroyed) return;
      socket.write(piece);
      if (isCut) await new Promise((resolve) => setImmediate(resolve));
    }
    if (end === "end") socket.end();
    else if (end === "reset") socket.resetAndDestroy();
  }
}
function pieces(bytes: Buffer, cuts: readonly number[]): Buffer[] {
  const at =
    cuts.length === 0 && bytes.length <= byteByByteMost
      ? Array.from({ length: Math.max(0, bytes.length - 1) }, (_, i) => i + 1)
      : [...new Set((cuts.length === 0 ? [0.1, 0.5, 0.9] : cuts).map((cut) => Math.floor(cut * bytes.length)))].sort((a, b) => a - b);
  return [...at, bytes.length].map((to, i) => bytes.subarray(at[i - 1] ?? 0, to)).filter((piece) => piece.length > 0);
}

/** A process of its own, as runs and watch have it, asks all of them meanwhile. */
async function withProber(url: string, act: () => Promise<void>): Promise<void> {
  const target = (name: string, connection: "fresh" | "kept") => ({
    ...{ name, periodUs: 10_000, phaseUs: 0, deadlineUs: deadlineMs * 1000 },
    question: { kind: "http", url, connection, expect: { text: "well" } } as const,
  });
  const prober = startProber({ zeroUs: 0, ask: { endpoints: [target("a", "fresh"), target("b", "kept")] }, tell: "totals", warmUpMs: 0 }, {});
  let broke: string | undefined;
  prober.broken.then((why) => {
    broke = why;
  });
  const rss = () => Number(/^VmRSS:\s+(\d+) kB/m.exec(readFileSync(`/proc/${prober.pids[0]}/status`, "utf8"))?.[1]) * 1024;
  try {
    await prober.ready;
    await sleep(1000);
    const before = rss();
    await act();
    if (broke !== undefined) throw new Error(`the prober died: ${broke}`);
    const grown = rss() - before;
    if (grown > 64 * 2 ** 20) throw new Error(`the prober has grown by ${Math.round(grown / 2 ** 20)} MB`);
  } finally {
    // One that cannot end is ended: what was found is told.
    const ended = await Promise.race([prober.end(), sleep(10_000)]);
    if (!ended) process.kill(prober.pids[0]!, "SIGKILL");
  }
}

export default {
  name: "prober-http",
  says: "what endpoints answer the prober's HTTP client, whole and byte by byte",
  async run(seed, count) {
    const inputs = sampled(input, seed, count);
    const server = new Server(inputs);
    const url = await server.open();
    const way =
      (how: "whole" | "cut") =>
      ({ method, connection, expect }: Input, index: number) =>
        new HttpAsker({ url: `${url}${index}${how}`, method, connection, ...(expect === undefined ? {} : { expect }) });
    // After a reset what was on the way is lost, now more, now less.
    const verdictOf = ({ outcome, status, note }: Stamps, { end }: Input) =>
      end === "reset" ? "" : `${outcome} ${status} ${note.replace(/(\d)(whole|cut)/g, "$1").replace(/in \d+ ms/, "in time")}`;
    try {
      await withProber(`${url}any`, () => askBoth(inputs, [way("whole"), way("cut")], verdictOf));
    } finally {
      server.close();
    }
  },
} satisfies Fuzz;
