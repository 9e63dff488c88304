/** HTTP/2: HAProxy, which we did not write, with curl's word on what was negotiated; and a server that ends streams and sessions when a test says so. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { constants, createSecureServer, type Http2SecureServer, type ServerHttp2Session, type ServerHttp2Stream } from "node:http2";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { promisify } from "node:util";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import { ask } from "../testing/asking.js";
import { freePort, type Stranger, stranger } from "../testing/stranger.js";

const run = promisify(execFile);

describe("HTTP/2", function () {
  this.timeout(20_000);
  let dir: string;
  let haproxy: Stranger;
  const ports = { both: 0, old: 0 };
  const tls = { rejectUnauthorized: false };
  let server: Http2SecureServer | undefined;
  const sessions: ServerHttp2Session[] = [];

  before(async function () {
    if (spawnSync("haproxy", ["-v"]).error) {
      console.log("      skipped: there is no haproxy here");
      this.skip();
    }
    dir = mkdtempSync(join(tmpdir(), "flounder-http2-"));
    const [key, cert, both] = ["key.pem", "cert.pem", "both.pem"].map((name) => join(dir, name)) as [string, string, string];
    const words = `req -x509 -newkey rsa:2048 -nodes -keyout ${key} -out ${cert} -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -days 60`;
    spawnSync("openssl", words.split(" "), { stdio: "ignore" });
    writeFileSync(both, readFileSync(cert, "utf8") + readFileSync(key, "utf8"));
    [ports.both, ports.old] = [await freePort(), await freePort()];
    const file = join(dir, "haproxy.cfg");
    writeFileSync(
      file,
      `defaults
  mode http
  timeout client 5s
  timeout http-keep-alive 100ms
frontend both
  bind 127.0.0.1:${ports.both} ssl crt ${both} alpn h2,http/1.1
  http-request return status 503 if { path /503 }
  http-request redirect code 302 location /there if { path /away }
  http-request return status 200 content-type text/plain lf-string "%[req.ver] %[path] %[req.hdr(x-own)]"
frontend old
  bind 127.0.0.1:${ports.old} ssl crt ${both} alpn http/1.1
  http-request return status 200 content-type text/plain lf-string "%[req.ver] %[path]"
`,
    );
    haproxy = await stranger(["haproxy", "-db", "-f", file], ports.both);
  });
  after(async () => {
    await haproxy?.end();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });
  afterEach(() => {
    for (const session of sessions.splice(0)) session.destroy();
    server?.close();
    server = undefined;
  });
  const both = (path = "/") => `https://127.0.0.1:${ports.both}${path}`;
  const negotiated = async (url: string) => (await run("curl", ["-sSk", "--http2", "-o", "/dev/null", "-w", "%{http_version}", url])).stdout;
  /** `answer` gets each request, with its number. */
  const serve = async (answer: (stream: ServerHttp2Stream, n: number) => void): Promise<string> => {
    let n = 0;
    server = createSecureServer({ key: readFileSync(join(dir, "key.pem")), cert: readFileSync(join(dir, "cert.pem")) });
    server.on("session", (session) => void sessions.push(session.on("error", () => {})));
    server.on("stream", (stream) =>
      answer(
        stream.on("error", () => {}),
        n++,
      ),
    );
    await new Promise<void>((resolve) => server!.listen(0, "127.0.0.1", resolve));
    return `https://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  };
  const well = (stream: ServerHttp2Stream) => {
    stream.respond({ ":status": 200 });
    stream.end("well");
  };

  for (const connection of ["fresh", "kept"] as const)
    it(`is spoken where both have it, on ${connection} connections, and said`, async () => {
      const url = both("/x?y");
      const { samples, findings } = await ask({ url, tls, connection, http2: true, expect: { text: "2.0 /x mine" }, headers: [["X-Own", "mine"]] });
      expect(samples.map((one) => `${one.outcome} ${one.status} ${one.note.replace(/:.*/, "")}`)).to.deep.equal([
        "ok 200 ",
        connection === "fresh" ? "ok 200 " : samples[1]!.note === "" ? "ok 200 " : "ok 200 stale-connection",
      ]);
      for (const one of samples) expect([one.connectUs > 0, one.firstUs > 0]).to.deep.equal([true, true]);
      expect(findings).to.include("HTTP/2");
      expect(await negotiated(url)).to.equal("2");
    });
  it("is fallen back from where the server has none, and that is said; without TLS it is not asked for", async () => {
    const url = `https://127.0.0.1:${ports.old}/`;
    const { samples, findings } = await ask({ url, tls, http2: true, expect: { text: "1.1 /" } });
    expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
    expect(findings).to.deep.equal(["HTTP/1.1: the server does not take HTTP/2"]);
    expect(await negotiated(url)).to.equal("1.1");
    expect((await ask({ url: `http://127.0.0.1:${ports.old}/`, http2: true })).findings).to.include("HTTP/1.1: without TLS HTTP/2 is not asked for");
    expect((await ask({ url: both(), tls, expect: { text: "1.1" } })).samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
  });
  it("has the outcomes of HTTP/1.1: statuses, texts, redirections, encoded bodies, what is refused and what is silent", async () => {
    const first = async (question: Parameters<typeof ask>[0]) => {
      const { outcome, note } = (await ask({ tls, http2: true, ...question }, { deadlineMs: 400 })).samples[0]!;
      return `${outcome}: ${note}`;
    };
    expect(await first({ url: both("/503") })).to.equal("http-5xx: ");
    expect(await first({ url: both(), expect: { text: "nothing" } })).to.equal("wrong-answer: the expected text is missing");
    expect(await first({ url: both("/away"), expect: { text: "/there" } })).to.equal("ok: ");
    expect(await first({ url: "https://127.0.0.1:1/" })).to.equal("refused: connection refused");
    const zipped = await serve((stream) => {
      stream.respond({ ":status": 200, "content-encoding": "gzip" });
      stream.end(gzipSync("well"));
    });
    expect(await first({ url: zipped, expect: { text: "well" } })).to.equal("ok: ");
    server!.close();
    expect(await first({ url: await serve(() => {}) })).to.equal("timeout: no answer in 400 ms");
  });
  it("keeps one session for all samples", async () => {
    const url = await serve(well);
    const { samples } = await ask({ url, tls, connection: "kept", http2: true, expect: { text: "well" } }, { samples: 5, periodMs: 60 });
    expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok", "ok", "ok", "ok"]);
    expect(sessions).to.have.length(1);
  });

  const ends: Record<string, (stream: ServerHttp2Stream) => void> = {
    "the session is closed without a word": (stream) => stream.session!.destroy(),
    "the session goes away": (stream) => stream.session!.goaway(constants.NGHTTP2_NO_ERROR, 1),
    "the stream is refused": (stream) => stream.close(constants.NGHTTP2_REFUSED_STREAM),
  };
  for (const [what, end] of Object.entries(ends))
    it(`asks once more, on a fresh connection, when ${what}; counted and named`, async () => {
      const url = await serve((stream, n) => (n === 1 ? end(stream) : well(stream)));
      const { samples, findings } = await ask({ url, tls, connection: "kept", http2: true }, { samples: 2 });
      expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
      expect(samples[1]!.note).to.contain("stale-connection");
      expect(findings).to.include("stale-connection");
      expect(sessions.length).to.equal(2);
    });
  it("does not do twice what must not be, unless the server says that it did nothing", async () => {
    const of = async (code: number) => {
      const url = await serve((stream, n) => (n === 1 ? stream.close(code) : well(stream)));
      const [, second] = (await ask({ url, tls, connection: "kept", http2: true, method: "POST", body: "x" })).samples;
      server!.close();
      return `${second!.outcome}: ${second!.note}`;
    };
    expect(await of(constants.NGHTTP2_INTERNAL_ERROR)).to.equal("reset: the stream was reset (INTERNAL_ERROR)");
    expect(await of(constants.NGHTTP2_REFUSED_STREAM)).to.equal("ok: stale-connection: asked again on a fresh one");
  });
});
