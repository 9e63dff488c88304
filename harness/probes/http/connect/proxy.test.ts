/** Endpoints behind proxies: tinyproxy, which we did not write, and curl with the same words has the last word on what is good. */
import { execFile, spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createServer } from "node:http";
import { createServer as createSecure } from "node:https";
import { type AddressInfo, connect, createServer as createTcp, type Server } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { createServer as createTls } from "node:tls";
import { promisify } from "node:util";
import { expect } from "chai";
import { ask } from "../../testing/asking.js";
import { freePort, type Stranger, stranger } from "../../testing/stranger.js";
import { parseProxy, proxiesOf, proxyFor } from "./proxy.js";

const run = promisify(execFile);
const through = (text: string) => {
  const proxy = parseProxy(text);
  return { http: proxy, https: proxy };
};
const withoutProxies = Object.fromEntries(Object.entries(process.env).filter(([name]) => !/_proxy$/i.test(name)));
const curlTakes = (words: readonly string[], env: NodeJS.ProcessEnv = {}) =>
  run("curl", ["-sSkfL", "-o", "/dev/null", "-m", "3", ...words], { env: { ...withoutProxies, ...env } }).then(
    () => true,
    () => false,
  );

describe("proxies of HTTP endpoints", function () {
  this.timeout(20_000);
  let dir: string;
  let open: Stranger;
  let closed: Stranger;
  const ports = { open: 0, closed: 0, plain: 0, secure: 0, overTls: 0 };
  const servers: Server[] = [];
  const heard: string[] = [];
  const listening = async (server: Server): Promise<number> => {
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    servers.push(server);
    return (server.address() as AddressInfo).port;
  };
  const tinyproxy = (port: number, more = "") => {
    const file = join(dir, `${port}.conf`);
    writeFileSync(file, `Port ${port}\nListen 127.0.0.1\nTimeout 5\nMaxClients 50\nLogLevel Connect\n${more}`);
    return stranger(["tinyproxy", "-d", "-c", file], port);
  };

  before(async function () {
    if (spawnSync("tinyproxy", ["-v"]).error) {
      console.log("      skipped: there is no tinyproxy here");
      this.skip();
    }
    dir = mkdtempSync(join(tmpdir(), "flounder-proxy-"));
    const [key, cert] = [join(dir, "key.pem"), join(dir, "cert.pem")];
    const words = `req -x509 -newkey rsa:2048 -nodes -keyout ${key} -out ${cert} -subj /CN=localhost -addext subjectAltName=DNS:localhost,IP:127.0.0.1 -days 60`;
    spawnSync("openssl", words.split(" "), { stdio: "ignore" });
    const answer = (scheme: string) => (request: import("node:http").IncomingMessage, response: import("node:http").ServerResponse) => {
      heard.push(`${scheme} ${request.url} ${request.headers.via ? "proxied" : "direct"} ${request.headers["proxy-authorization"] ?? "-"}`);
      if (request.url === "/away") response.writeHead(302, { location: `https://127.0.0.1:${ports.secure}/there` }).end();
      else if (request.url === "/503") response.writeHead(503).end();
      else response.end("welcome");
    };
    ports.plain = await listening(createServer(answer("http")));
    ports.secure = await listening(createSecure({ key: readFileSync(key), cert: readFileSync(cert) }, answer("https")));
    [ports.open, ports.closed] = [await freePort(), await freePort()];
    // tinyproxy speaks no TLS: stunnel's part.
    ports.overTls = await listening(
      createTls({ key: readFileSync(key), cert: readFileSync(cert) }, (socket) => {
        const proxy = connect(ports.closed, "127.0.0.1");
        socket.on("error", () => proxy.destroy()).on("close", () => proxy.destroy());
        proxy.on("error", () => socket.destroy()).on("close", () => socket.destroy());
        socket.pipe(proxy).pipe(socket);
      }),
    );
    open = await tinyproxy(ports.open);
    closed = await tinyproxy(ports.closed, "BasicAuth watcher s3cret\n");
  });
  after(async () => {
    await open?.end();
    await closed?.end();
    for (const server of servers) server.close();
    if (dir) rmSync(dir, { recursive: true, force: true });
  });
  beforeEach(() => heard.splice(0));
  const plain = (path = "/") => `http://127.0.0.1:${ports.plain}${path}`;
  const secure = (path = "/") => `https://127.0.0.1:${ports.secure}${path}`;
  const tls = { rejectUnauthorized: false };
  const places = { http: plain, https: secure };

  for (const connection of ["fresh", "kept"] as const)
    for (const scheme of ["http", "https"] as const)
      it(`take ${scheme} on ${connection} connections, with credentials for them alone`, async () => {
        const url = places[scheme]("/x?y");
        const { samples } = await ask({
          url,
          tls,
          connection,
          expect: { text: "welcome" },
          proxies: through(`http://watcher:s3cret@127.0.0.1:${ports.closed}`),
        });
        expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
        const via = scheme === "http" ? "proxied" : "direct"; // of what is in a tunnel the proxy sees nothing
        expect(heard.slice(0, 2)).to.deep.equal([`${scheme} /x?y ${via} -`, `${scheme} /x?y ${via} -`]);
        expect(await curlTakes(["-x", `http://watcher:s3cret@127.0.0.1:${ports.closed}`, url])).to.equal(true);
      });
  for (const scheme of ["http", "https"] as const)
    it(`can be spoken TLS to, for ${scheme}; who is not trusted is not told a password`, async () => {
      const url = places[scheme]("/x");
      const proxy = `https://watcher:s3cret@127.0.0.1:${ports.overTls}`;
      const { samples } = await ask({ url, tls, expect: { text: "welcome" }, proxies: through(proxy) });
      expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
      expect(heard.slice(0, 2)).to.deep.equal(Array(2).fill(`${scheme} /x ${scheme === "http" ? "proxied" : "direct"} -`));
      expect(await curlTakes(["--proxy-insecure", "-x", proxy, url])).to.equal(true);
      heard.splice(0);
      const [untrusted] = (await ask({ url, proxies: through(proxy) })).samples;
      expect(`${untrusted!.outcome}: ${untrusted!.note}`).to.match(
        /^wrong-answer: the proxy 127\.0\.0\.1:\d+: .*(DEPTH_ZERO_SELF_SIGNED_CERT|unknown authority)/,
      );
      expect(heard).to.deep.equal([]);
      expect(await curlTakes(["-x", proxy, url])).to.equal(false);
    });
  it("are asked for each hop of a redirection", async () => {
    const { samples } = await ask({ url: plain("/away"), tls, proxies: through(`127.0.0.1:${ports.open}`) });
    expect(samples.map((one) => one.outcome)).to.deep.equal(["ok", "ok"]);
    expect(heard.slice(0, 2)).to.deep.equal(["http /away proxied -", "https /there direct -"]);
    expect(open.said()).to.match(/CONNECT 127\.0\.0\.1:\d+/);
  });

  const bad = [
    {
      what: "one that asks for credentials",
      proxy: () => `http://127.0.0.1:${ports.closed}`,
      says: /^refused: the proxy 127\.0\.0\.1:\d+: it asks for credentials \(407\)$/,
    },
    {
      what: "wrong credentials",
      proxy: () => `http://watcher:no@127.0.0.1:${ports.closed}`,
      says: /^(refused: the proxy [^ ]+: no tunnel \(it answered 401\)|wrong-answer: status 401 \(through the proxy [^ ]+\))$/, // its word for it
    },
    { what: "a dead proxy", proxy: () => "http://127.0.0.1:1", says: /^refused: the proxy 127\.0\.0\.1:1: connection refused$/ },
    { what: "a proxy without an address", proxy: () => "http://nosuch.invalid:3128", says: /^dns: the proxy nosuch\.invalid: E/ },
  ];
  for (const { what, proxy, says } of bad)
    for (const scheme of ["http", "https"] as const)
      it(`${what} is the proxy's failure, for ${scheme}`, async () => {
        const url = places[scheme]();
        const { samples } = await ask({ url, tls, proxies: through(proxy()) });
        expect(`${samples[0]!.outcome}: ${samples[0]!.note}`).to.match(says);
        expect(await curlTakes(["-x", proxy(), url])).to.equal(false);
      });
  it("are told apart from endpoints that are dead behind them, as far as can be known", async () => {
    const proxies = through(`http://127.0.0.1:${ports.open}`);
    const [tunnel] = (await ask({ url: "https://127.0.0.1:1/", proxies })).samples;
    expect(`${tunnel!.outcome}: ${tunnel!.note}`).to.match(/^refused: the proxy 127\.0\.0\.1:\d+: no tunnel \(it answered 50\d\)$/);
    const [dead] = (await ask({ url: "http://127.0.0.1:1/", proxies })).samples;
    expect(`${dead!.outcome}: ${dead!.note}`).to.match(/^http-5xx: status 50\d, of the proxy 127\.0\.0\.1:\d+ or from behind it$/);
    const [down] = (await ask({ url: secure("/503"), tls, proxies })).samples;
    expect(`${down!.outcome}: ${down!.note}`).to.equal("http-5xx: ");
  });
  it("that are silent, or no proxies, are named in time", async () => {
    const silent = await listening(createTcp((socket) => socket.on("error", () => {})));
    const odd = await listening(createTcp((socket) => socket.on("error", () => {}).end("SSH-2.0-hello\r\n\r\n")));
    const note = async (port: number, url: string) => (await ask({ url, tls, proxies: through(`http://127.0.0.1:${port}`) }, { deadlineMs: 300 })).samples[0]!;
    expect(await note(silent, secure())).to.deep.include({ outcome: "timeout", note: `the proxy 127.0.0.1:${silent}: no tunnel in 300 ms` });
    expect(await note(silent, plain())).to.deep.include({ outcome: "timeout", note: `no answer in 300 ms (through the proxy 127.0.0.1:${silent})` });
    expect(await note(odd, secure())).to.deep.include({ outcome: "wrong-answer", note: `the proxy 127.0.0.1:${odd}: not HTTP` });
  });

  it("of the environment are those that curl takes, but for the hosts that curl leaves out", async () => {
    for (const [noProxy, host] of [
      ["", "app.test"],
      ["*", "app.test"],
      ["app.test", "app.test"],
      ["app.test", "x.app.test"],
      [".app.test", "x.app.test"],
      [".app.test", "app.test"],
      ["app.test", "myapp.test"],
      ["x.test, app.test", "app.test"],
      ["x.test app.test", "app.test"],
      ["APP.test", "app.TEST"],
      ["app.test.", "app.test"],
      ["10.0.0.0/8", "10.1.2.3"],
      ["10.0.0.0/8", "11.1.2.3"],
      ["10.1.2.3", "10.1.2.3"],
      ["10.1.2", "10.1.2.3"],
      ["127.0.0.0/33", "127.0.0.1"],
      ["2.3", "10.1.2.3"],
      ["localhost", "127.0.0.1"],
    ] as const) {
      const env = { http_proxy: "http://127.0.0.1:1", no_proxy: noProxy };
      const direct = proxyFor(proxiesOf(env), new URL(`http://${host}:${ports.plain}/`)) === undefined;
      // Whoever goes by the dead proxy gets nothing.
      const connectTo = ["--connect-to", `::127.0.0.1:${ports.plain}`];
      expect(direct, `no_proxy "${noProxy}", ${host}`).to.equal(await curlTakes([...connectTo, `http://${host}:${ports.plain}/`], env));
    }
    const of = (env: NodeJS.ProcessEnv, url: string) => proxyFor(proxiesOf(env), new URL(url))?.host;
    expect(of({ https_proxy: "http://a:1", ALL_PROXY: "http://b:1" }, "https://x/")).to.equal("a");
    expect(of({ https_proxy: "http://a:1", ALL_PROXY: "http://b:1" }, "http://x/")).to.equal("b");
    expect(of({ HTTP_PROXY: "http://a:1" }, "http://x/")).to.equal("a");
    expect(of({ HTTP_PROXY: "http://a:1", REQUEST_METHOD: "GET" }, "http://x/")).to.equal(undefined);
    expect(() => proxiesOf({ http_proxy: "socks4://me:s3cret@a:1" }))
      .to.throw("http_proxy is a proxy of socks4, which cannot be used here")
      .and.not.match(/s3cret/);
  });
  it("have curl's default port, and names, addresses and credentials as they are written", () => {
    expect(parseProxy("proxy.test")).to.deep.equal({ host: "proxy.test", port: 1080 });
    expect(parseProxy("http://proxy.test:80/")).to.deep.equal({ host: "proxy.test", port: 80 });
    expect(parseProxy("[::1]:3128")).to.deep.equal({ host: "::1", port: 3128 });
    expect(parseProxy("http://a%40b:c@p:1").authorization).to.equal(`Basic ${Buffer.from("a@b:c").toString("base64")}`);
    expect(parseProxy("https://proxy.test")).to.deep.equal({ host: "proxy.test", port: 443, tls: true });
    expect(parseProxy("socks5h://me:x@proxy.test")).to.deep.equal({ host: "proxy.test", port: 1080, socks: { names: "there", user: "me", password: "x" } });
    for (const text of ["socks4://p", "http://", "http://p/path", "http://p:99999"]) expect(() => parseProxy(text), text).to.throw();
  });
});
