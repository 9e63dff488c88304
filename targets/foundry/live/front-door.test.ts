/** What anybody's own client finds at the front door: resolvers over UDP and TCP, dig, and a browser whose request is in the log of each part that it passed. */
import { execFileSync } from "node:child_process";
import { Resolver } from "node:dns/promises";
import { once } from "node:events";
import { accessSync, constants, existsSync, readFileSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { streamDecode, streamEncode } from "dns-packet";
import { chromium } from "playwright-core";
import { until } from "../../../harness/clock.js";
import { entrancesOf, frontDoor } from "../front-door.js";
import { liveFoundation } from "../testing/live-foundation.js";

const executablePath = ["/usr/bin/chromium", "/usr/bin/chromium-browser", "/usr/bin/google-chrome"].find((path) => existsSync(path));
const outer = "app-1.flounder.test";
const inner = "cc-1.internal.flounder.test";

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    return false;
  }
}
const dig = (process.env.PATH ?? "")
  .split(":")
  .map((dir) => join(dir, "dig"))
  .find(isExecutable);

describe("the front door", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "front-door", prepared: true });

  it("resolves names of both zones for any resolver over UDP, and says which it does not have", async () => {
    const resolver = new Resolver({ timeout: 2000, tries: 2 });
    resolver.setServers([...entrancesOf(live.facts).dns]);
    expect(await resolver.resolve4(outer)).to.deep.equal(["127.0.0.1"]);
    expect(await resolver.resolve4(inner)).to.deep.equal(["127.0.0.1"]);
    const code = (name: string) =>
      resolver.resolve4(name).then(
        () => "answered",
        (error: NodeJS.ErrnoException) => error.code,
      );
    expect(await code("nobody-1.internal.flounder.test")).to.equal("ENOTFOUND");
    expect(await code("example.org")).to.equal("EREFUSED");
  });

  it("resolves names of both zones over TCP", async () => {
    const { host, port } = live.running.direct("dns-1", "dns");
    for (const name of [outer, inner]) {
      const socket = connect(port, host);
      try {
        socket.write(streamEncode({ type: "query", id: 11, flags: 0x100, questions: [{ name, type: "A" }] }));
        let heard = Buffer.alloc(0);
        while (heard.length < 2 || heard.length < 2 + heard.readUInt16BE(0)) heard = Buffer.concat([heard, (await once(socket, "data"))[0] as Buffer]);
        const { id, answers } = streamDecode(heard);
        expect({ id, answers: answers?.map((one) => [one.name, one.type, "data" in one && one.data]) }).to.deep.equal({
          id: 11,
          answers: [[name, "A", "127.0.0.1"]],
        });
      } finally {
        socket.destroy();
      }
    }
  });

  it("answers dig, over UDP and TCP", function () {
    if (!dig) {
      console.log("      skipped: there is no dig here");
      return this.skip();
    }
    const { host, port } = live.running.direct("dns-1", "dns");
    const ask = (...words: string[]) => execFileSync(dig, [`@${host}`, "-p", String(port), "+time=2", "+tries=2", ...words], { encoding: "utf8" });
    for (const way of ["+notcp", "+tcp"])
      for (const name of [outer, inner]) {
        const said = ask(way, name, "A");
        expect(said, `${way} ${name}`)
          .to.match(/status: NOERROR/)
          .and.match(new RegExp(`^${name.replaceAll(".", "\\.")}\\.\\s+\\d+\\s+IN\\s+A\\s+127\\.0\\.0\\.1$`, "m"))
          .and.match(way === "+tcp" ? /SERVER: .*\(TCP\)/ : /SERVER: .*\(UDP\)/);
      }
    expect(ask("+short", "flounder.test", "NS").trim().split("\n")).to.deep.equal(["ns1.flounder.test.", "ns2.flounder.test."]);
  });

  it("opens an app in a browser by its name, and that request's id is in the logs of firewall, balancer and router", async function () {
    if (!executablePath) {
      console.log("      skipped: there is no Chromium here");
      return this.skip();
    }
    const door = frontDoor(live.running.topology);
    const { host, port } = live.running.direct(door.component, door.port);
    const id = `browser-${live.spec.id}`;
    const browser = await chromium.launch({
      executablePath,
      // The browser's own resolver cannot be given a port: every name leads to the front door, and goes there as the Host.
      args: ["--no-sandbox", "--disable-dev-shm-usage", `--host-resolver-rules=MAP * ${host}:${port}`],
    });
    try {
      const page = await browser.newPage({ extraHTTPHeaders: { "X-Request-Id": id } });
      const answer = await page.goto(`http://${outer}/?nonce=seen-by-chromium`);
      expect(answer?.status()).to.equal(200);
      expect(JSON.parse((await page.textContent("body")) ?? "")).to.include({ app: "app-1", nonce: "seen-by-chromium" });
      expect(answer?.headers()["x-vcap-request-id"]).to.equal(id);
    } finally {
      await browser.close();
    }
    const lines = (component: string) =>
      readFileSync(join(live.spec.dir, "logs", `${component}.log`), "utf8")
        .split("\n")
        .filter((line) => line.includes(`"id":"${id}"`) && line.includes("seen-by-chromium"));
    for (const component of ["firewall-1", "lb-1", "router-1"]) await until(`the request in ${component}'s log`, () => lines(component).length === 1, 5000, 50);
  });
});
