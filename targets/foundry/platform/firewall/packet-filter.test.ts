/** What is true of packet rules alone: whom they mean, whose they are, and that they follow their balancers' addresses. */
import { once } from "node:events";
import { readFileSync } from "node:fs";
import { createServer, request, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { expect } from "chai";
import { type Namespace, whyNoNamespace } from "../base/namespace.js";
import { Lab, type Part } from "../base/testing/lab.js";
import { until } from "../base/until.js";
import { Forts, ways } from "./testing/rig.js";

describe("the packet filter", function () {
  this.timeout(60_000);
  let lab: Lab;
  let forts: Forts;
  let place: Namespace;
  let firewall: Part;
  const balancers: Server[] = [];
  const portOf = (n: number) => (balancers[n]!.address() as AddressInfo).port;
  const links = () => ({ LINK_LB_1: `balancer:${portOf(0)}`, LINK_LB_2: `balancer:${portOf(1)}` });

  /** Who answers at the door, as an address of the firewall: the balancer and whom it was asked by, or how it went wrong. */
  const ask = (host: string, port = firewall.port("front")): Promise<string> =>
    new Promise((resolve) => {
      const late = setTimeout(() => asked.destroy(new Error("silence")), 2000);
      const asked = request({ host, port, agent: false }, (answer) => {
        let text = "";
        answer.on("data", (bytes) => {
          text += bytes;
        });
        answer.once("end", () => resolve(text));
      });
      asked.on("error", (error: NodeJS.ErrnoException) => resolve(error.code ?? error.message)).once("close", () => clearTimeout(late));
      asked.end();
    });
  const seen = async (times: number): Promise<string[]> => {
    const all = new Set<string>();
    for (let i = 0; i < times; i++) all.add(await ask(place.outside.there));
    return [...all].sort();
  };
  const tables = () => place.run("nft", "list", "tables").trim().split("\n");

  before(async function () {
    const why = whyNoNamespace("nft");
    if (why !== undefined) {
      console.log(`      skipped: ${why}`);
      return this.skip();
    }
    lab = new Lab();
    forts = new Forts(lab, ways.find(({ packets }) => packets)!);
    for (const n of [1, 2]) {
      const server = createServer((asked, answer) => answer.end(`lb-${n} at ${asked.socket.localAddress} by ${asked.socket.remoteAddress}`));
      balancers.push(server.listen(0, "0.0.0.0"));
      await once(server, "listening");
    }
    place = forts.place("firewall-1");
    place.knows({ balancer: place.inside.here });
    place.run("nft", "add", "table", "inet", "somebodys");
    firewall = await forts.startIn(place, "firewall-1", links());
  });
  after(async () => {
    await lab?.close();
    forts?.close();
    for (const server of balancers) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("leads whoever comes in by either network to each balancer in turn, as if the firewall asked", async () => {
    const from = `at ${place.inside.here} by ${place.inside.there}`;
    expect(await seen(4)).to.deep.equal([`lb-1 ${from}`, `lb-2 ${from}`]);
    expect(await ask(place.inside.there)).to.match(new RegExp(`^lb-\\d ${from}$`));
  });

  it("keeps the admin port open and other tables as they are, whatever the rules say", async () => {
    for (const [path, body] of [
      ["/rules/deny", { how: "drop" }],
      ["/rules/deny", { how: "reject" }],
      ["/config/wipe", { part: "rules" }],
      ["/config/wipe", {}],
    ] as const) {
      await firewall.ask(path, body);
      expect(await firewall.ask("/healthz")).to.equal("ok\n");
      expect(tables()).to.deep.equal(["table inet somebodys", "table inet flounder"]);
    }
    await firewall.ask("/config/restore", {});
    expect(await seen(4)).to.have.length(2);
  });

  it("needs no process once its rules are loaded, and loads them at its start", async () => {
    const front = firewall.port("front");
    firewall.signal("SIGKILL");
    await firewall.ended;
    expect(await ask(place.outside.there, front)).to.match(/^lb-/);
    place.run("nft", "-f", join(firewall.dataDir, "firewall.nft"));
    expect(await ask(place.outside.there, front)).to.match(/^lb-/);
    place.run("nft", "delete", "table", "inet", "flounder");
    expect(await ask(place.outside.there, front)).to.equal("ECONNREFUSED");
    firewall = await forts.startIn(place, "firewall-1", links(), front);
    expect(await seen(4)).to.have.length(2);
  });

  it("is restored also when somebody flushed its table by hand", async () => {
    place.run("nft", "delete", "table", "inet", "flounder");
    expect(await ask(place.outside.there)).to.equal("ECONNREFUSED");
    await firewall.ask("/config/restore", {});
    expect(await seen(4)).to.have.length(2);
  });

  it("finds its balancers again when their name leads elsewhere, and hangs up on everybody while it leads nowhere", async () => {
    place.knows({ balancer: place.outside.here });
    await until("the new address", async () => (await seen(2)).every((who) => who.includes(`at ${place.outside.here}`)), 10_000, 100);
    place.knows({});
    await until("nobody to be there", async () => (await seen(2)).join() === "ECONNRESET", 10_000, 100);
    place.knows({ balancer: place.inside.here });
    // Each balancer's name is asked for by itself: for a moment the rules may lead to one of the two alone.
    const rules = () => readFileSync(join(firewall.dataDir, "firewall.nft"), "utf8");
    await until("the old address of both", () => [0, 1].every((of) => rules().includes(`${of} : ${place.inside.here} . ${portOf(of)}`)), 10_000, 100);
    await until(
      "each to answer from it",
      async () => (await seen(2)).join() === [1, 2].map((of) => `lb-${of} at ${place.inside.here} by ${place.inside.there}`).join(),
      10_000,
      100,
    );
  });

  it("says what is missing where packets are not passed on", async () => {
    const other = forts.place("firewall-2");
    other.run("sysctl", "-q", "-w", "net.ipv4.ip_forward=0");
    const part = await lab.start("firewall-2", "firewall", { ports: ["front"], env: { FIREWALL: "nft" }, through: other.through, early: true });
    expect(await part.ended).to.equal(1);
    expect(part.log()).to.include("net.ipv4.ip_forward=1");
  });
});
