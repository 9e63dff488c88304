/** Routers that are called by name, as in containers: all by one, that of the proxy before them, which may come back at another address. */
import { once } from "node:events";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { Namespace, whyNoNamespace } from "../base/namespace.js";
import { Lab, type Part } from "../base/testing/lab.js";
import { until } from "../base/until.js";

describe("haproxy, and routers that are called by name", function () {
  this.timeout(60_000);
  let lab: Lab;
  let place: Namespace;
  const routers: Server[] = [];

  /** The name server of the namespace, in whose internal zone the proxy is at this address. */
  const names = (n: number, proxy: string) =>
    lab.start(`dns-${n}`, "dns", {
      ports: ["dns"],
      at: { dns: 53 },
      host: place.outside.there,
      through: place.through,
      env: { BIND_HOST: "0.0.0.0", FRONT_ADDRESSES: "127.0.0.1", COMPONENTS: `proxy=${proxy}` },
    });
  const seen = async (lb: Part): Promise<string[]> => {
    const all = new Set<string>();
    for (let i = 0; i < 4; i++) all.add(await (await fetch(`http://${lb.host}:${lb.port("front")}/`)).text());
    return [...all].sort();
  };
  const at = (address: string) => [`router-1 at ${address}`, `router-2 at ${address}`];

  before(async function () {
    const why = whyNoNamespace("haproxy");
    if (why !== undefined) {
      console.log(`      skipped: ${why}`);
      return this.skip();
    }
    lab = new Lab();
    place = new Namespace();
    place.asks("127.0.0.1");
    for (const n of [1, 2]) {
      const server = createServer((asked, answer) => answer.end(`router-${n} at ${asked.socket.localAddress}`)).listen(0, "0.0.0.0");
      routers.push(server);
      await once(server, "listening");
    }
  });
  after(async () => {
    await lab?.close();
    place?.close();
    for (const server of routers) {
      server.closeAllConnections();
      server.close();
    }
  });

  it("uses each of them though their address is one, waits for it, and follows it", async () => {
    const links = routers.map((server, i) => [`LINK_ROUTER_${i + 1}`, `proxy.internal.flounder.test:${(server.address() as AddressInfo).port}`]);
    const lb = await lab.start("lb-1", "lb", {
      ports: ["front"],
      host: place.outside.there,
      through: place.through,
      env: { BALANCER: "haproxy", BIND_HOST: "0.0.0.0", ...Object.fromEntries(links) },
    });
    const uses = (address: string) => until(`routers at ${address}`, async () => (await seen(lb)).join() === at(address).join(), 15_000, 100);
    expect(await seen(lb)).to.deep.equal(["503 Service Unavailable: no router is available to handle this request.\n"]);
    const first = await names(1, place.inside.here);
    await uses(place.inside.here);
    first.signal("SIGKILL");
    await first.ended;
    await names(2, place.outside.here);
    await uses(place.outside.here);
    expect(await lb.ask("/backends")).to.deep.equal([
      { router: "router-1", healthy: true },
      { router: "router-2", healthy: true },
    ]);
  });
});
