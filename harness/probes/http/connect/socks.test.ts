/** Endpoints behind SOCKS proxies, with curl's word on what is good. */
import { execFile } from "node:child_process";
import { once } from "node:events";
import { createServer } from "node:http";
import { type AddressInfo, createServer as createTcp, type Server } from "node:net";
import { promisify } from "node:util";
import { expect } from "chai";
import { ask } from "../../testing/asking.js";
import { socksServer } from "../../testing/socks-server.js";
import { parseProxy } from "./proxy.js";

const run = promisify(execFile);
const through = (text: string) => ({ http: parseProxy(text), https: parseProxy(text) });
const curlTakes = (proxy: string, url: string) =>
  run("curl", ["-sSf", "-o", "/dev/null", "-m", "1", "-x", proxy, url]).then(
    () => true,
    () => false,
  );

describe("SOCKS proxies", function () {
  this.timeout(20_000);
  const servers: Server[] = [];
  const asked: string[] = [];
  const ports = { open: 0, closed: 0, web: 0 };
  const listening = async (server: Server): Promise<number> => {
    servers.push(server);
    await once(server.listen(0, "127.0.0.1"), "listening");
    return (server.address() as AddressInfo).port;
  };
  before(async () => {
    ports.web = await listening(createServer((request, response) => void response.end(`${request.url} is well`)));
    ports.open = await listening(socksServer(asked));
    ports.closed = await listening(socksServer(asked, "me:s3cret"));
  });
  after(() => {
    for (const server of servers) server.close();
  });
  beforeEach(() => asked.splice(0));

  for (const scheme of ["socks5", "socks5h"] as const)
    it(`${scheme}: a name is looked up ${scheme === "socks5" ? "here" : "by the proxy"}`, async () => {
      const proxy = `${scheme}://me:s3cret@127.0.0.1:${ports.closed}`;
      const url = `http://localhost:${ports.web}/x`;
      for (const connection of ["fresh", "kept"] as const) {
        const { samples } = await ask({ url, connection, expect: { text: "/x is well" }, resolve: {}, proxies: through(proxy) });
        expect(samples.map((one) => `${one.outcome} ${one.note}`)).to.deep.equal(["ok ", "ok "]);
      }
      // Where a name is looked up here it may be ::1 first.
      if (scheme === "socks5h") expect(new Set(asked)).to.deep.equal(new Set([`localhost:${ports.web}`]));
      else expect(asked.every((one) => !one.startsWith("localhost"))).to.equal(true);
      expect(await curlTakes(proxy, url)).to.equal(true);
    });
  it("their failures are named as theirs", async () => {
    const note = async (proxy: string, url: string) => {
      const [one] = (await ask({ url, proxies: through(proxy) }, { deadlineMs: 400 })).samples;
      expect(await curlTakes(proxy, url), proxy).to.equal(false);
      return `${one!.outcome}: ${one!.note}`.replace(/127\.0\.0\.1:\d+/, "P");
    };
    const url = `http://127.0.0.1:${ports.web}/`;
    const silent = await listening(createTcp((socket) => void socket.on("error", () => {})));
    expect(await note("socks5://127.0.0.1:1", url)).to.equal("refused: the proxy P: connection refused");
    expect(await note(`socks5://127.0.0.1:${ports.closed}`, url)).to.equal("refused: the proxy P: it asks for credentials");
    expect(await note(`socks5://me:no@127.0.0.1:${ports.closed}`, url)).to.equal("refused: the proxy P: it refuses the credentials");
    expect(await note(`socks5://127.0.0.1:${ports.open}`, "http://127.0.0.1:1/")).to.equal("refused: the proxy P: no way through it (ConnectionRefused)");
    expect(await note(`socks5://127.0.0.1:${silent}`, url)).to.equal("timeout: the proxy P: no way through it in 400 ms");
    expect(await note(`socks5://127.0.0.1:${ports.web}`, url)).to.match(/^refused: the proxy P: Received invalid Socks5/);
    expect(new Set(asked)).to.deep.equal(new Set(["127.0.0.1:1"]));
  });
});
