/** The faults of the front end, the bus' subjects and isolation on a real foundation with everything of the front end in it: seen by the witness and from outside. */

import { Resolver } from "node:dns/promises";
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { expect } from "chai";
import { until } from "../../harness/clock.js";
import type { Capability, Target } from "../../harness/core.js";
import { answered, askEdge } from "./edge-ask.js";
import { frontDoor } from "./front-door.js";
import { liveFoundation } from "./live-foundation.js";

const shape = { cc: 1, dea: 1, router: 2, lb: 2, dns: 1, firewall: 1, cabinets: ["cabinet-a"], lunsPerCabinet: 1 };
const api = "api.flounder.test";
const other = "other.flounder.test";
const signal = () => AbortSignal.timeout(20_000);

describe("faults of the front end", function () {
  this.timeout(60_000);
  const live = liveFoundation({ name: "edge", profile: "edge", shape });
  let fingerprint: Readonly<Record<string, string>>;
  const print = () => live.system.fingerprint(live.running.topology, live.running.call, live.running);

  /** What the outside gets at the front door: a status and who answered, or how it went wrong. */
  async function outside(host = api): Promise<string> {
    const { component, port } = frontDoor(live.running.topology);
    const said = await askEdge(live.running.direct(component, port), { host });
    if (!answered(said)) return said;
    return said.status !== 200 ? String(said.status) : said.body.includes("cloud_controller_v3") ? "api" : said.body;
  }
  async function seen(times: number, host?: string): Promise<string[]> {
    const all = new Set<string>();
    for (let i = 0; i < times; i++) all.add(await outside(host));
    return [...all].sort();
  }
  const resolves = (name: string): Promise<string> => {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    const { host, port } = live.running.direct("dns-1", "dns");
    resolver.setServers([`${host}:${port}`]);
    return resolver.resolve4(name).then(
      ([first]) => first!,
      (error: NodeJS.ErrnoException) => error.code!,
    );
  };

  /** Afterwards the front door serves, and the fingerprint is as before. */
  async function breaks(name: string, on: string, given: object, look: (target: Target<Capability>) => Promise<unknown>): Promise<void> {
    await live.breaks(name, on, given, look);
    await until("the front door to serve", async () => (await seen(4)).join() === "api", 10_000, 100);
    let now = fingerprint;
    await until(
      "the fingerprint to be as before",
      async () => {
        now = await print();
        return JSON.stringify(now) === JSON.stringify(fingerprint);
      },
      10_000,
      200,
    ).catch(() => {});
    expect(now).to.deep.equal(fingerprint);
  }

  before(async () => {
    const app = createServer((_, response) => response.end("the other")).listen(0, "127.0.0.1");
    live.atEnd(() => app.close());
    const bus = await live.bus({ maxReconnectAttempts: -1, reconnectTimeWait: 100 });
    const register = () => {
      bus.publish("router.register", JSON.stringify({ host: "127.0.0.1", port: (app.address() as AddressInfo).port, uris: [other] }));
    };
    register();
    const beat = setInterval(register, 500);
    live.atEnd(() => clearInterval(beat));
    await until("API and app at the front door", async () => (await seen(4)).join() === "api" && (await seen(4, other)).join() === "the other", 20_000, 100);
    fingerprint = await print();
  });

  // seed: firewall <- the firewall's config, or its rules alone, are wiped
  it("edge-wipe of the firewall refuses everybody, of its rules alone leaves them in silence", async () => {
    await breaks("edge-wipe", "firewall-1", {}, async () => expect(await outside()).to.equal("refused"));
    await breaks("edge-wipe", "firewall-1", { part: "rules" }, async () => expect(await outside()).to.equal("silence"));
  });

  // seeds: load balancer, router pool <- configs of one router, one balancer and all balancers are wiped
  it("edge-wipe of one balancer or one router costs the outside nothing that lasts; of all balancers, everything", async () => {
    await breaks("edge-wipe", "lb-1", {}, async () => {
      await until("the other balancer to serve all", async () => (await seen(4)).join() === "api", 3000);
    });
    await breaks("edge-wipe", "router-1", {}, async () => {
      await until("the other router to serve all", async () => (await seen(4)).join() === "api", 3000);
    });
    await breaks("edge-wipe", "lb-1", {}, () =>
      breaksNested("edge-wipe", "lb-2", {}, async () => {
        await until("nobody to be there", async () => (await outside()) === "closed", 3000);
        const fault = await live.fault("edge-wipe");
        const firewall = live.running.target("firewall-1", fault.needs);
        expect(await fault.witness(firewall, fault.options.parse({}), signal()), "the firewall is not to blame").to.include({ state: "intact" });
      }),
    );
  });
  /** Without the look at everything else, which another fault still breaks. */
  async function breaksNested(name: string, on: string, given: object, look: () => Promise<void>): Promise<void> {
    const fault = await live.fault(name);
    const options = fault.options.parse(given);
    const target = live.running.target(on, fault.needs);
    await fault.inject(target, options, signal());
    try {
      await look();
    } finally {
      await fault.heal(target, options, signal());
    }
  }

  // seed: external and internal DNS <- the external zone, the internal one, or both are wiped
  it("edge-wipe of a name server takes one zone or both", async () => {
    const [outer, inner] = ["any.flounder.test", "nats-1.internal.flounder.test"];
    const both = async () => [await resolves(outer), await resolves(inner)];
    await breaks("edge-wipe", "dns-1", { part: "internal" }, async () => expect(await both()).to.deep.equal(["127.0.0.1", "ESERVFAIL"]));
    await breaks("edge-wipe", "dns-1", { part: "external" }, async () => expect(await both()).to.deep.equal(["ESERVFAIL", "127.0.0.1"]));
    await breaks("edge-wipe", "dns-1", {}, async () => expect(await both()).to.deep.equal(["ESERVFAIL", "ESERVFAIL"]));
    expect(await both()).to.deep.equal(["127.0.0.1", "127.0.0.1"]);
  });

  // seed: firewall <- a rule drops or rejects everybody
  it("firewall-deny drops or rejects", async () => {
    await breaks("firewall-deny", "firewall-1", {}, async () => expect(await outside()).to.equal("silence"));
    await breaks("firewall-deny", "firewall-1", { how: "reject" }, async () => expect(await outside()).to.equal("reset"));
  });

  // seed: load balancer <- a balancer is drained of some and of all of its routers
  it("lb-drain of all members fails every request of that balancer, of some none", async () => {
    await breaks("lb-drain", "lb-1", {}, async () => expect(await seen(6)).to.deep.equal(["503", "api"]));
    await breaks("lb-drain", "lb-1", { share: "some" }, async () => expect(await seen(6)).to.deep.equal(["api"]));
  });

  // seed: router pool <- one router of two sends requests to nobody, or to somebody else
  it("router-poison sends half of all to nobody, or to somebody else", async () => {
    await breaks("router-poison", "router-1", {}, async () => expect(await seen(8)).to.deep.equal(["502", "api"]));
    await breaks("router-poison", "router-1", { kind: "wrong" }, async () => expect(await seen(8)).to.deep.equal(["api", "the other"]));
  });

  // seed: message bus <- registrations are silenced for all, also over a restart of the bus
  it("nats-mute silences a subject for all and no other, also over a restart of the bus, and cuts nobody off", async () => {
    let [registrations, heartbeats] = [0, 0];
    const listener = await live.bus({ reconnect: false });
    const count = (subject: string, add: () => void) =>
      listener.subscribe(subject, { callback: (_, message) => (message.headers?.has("Flounder-Canary") ? undefined : add()) });
    count("router.register", () => registrations++);
    count("dea.heartbeat", () => heartbeats++);
    await listener.flush();
    await breaks("nats-mute", "nats-1", {}, async (target) => {
      [registrations, heartbeats] = [0, 0];
      await until("heartbeats", () => heartbeats >= 3, 10_000);
      expect(registrations).to.equal(0);
      expect(listener.isClosed()).to.equal(false);
      const { process } = live.running.target("nats-1", ["process"]).can;
      await process.kill("agent");
      await process.start();
      const fault = await live.fault("nats-mute");
      await until(
        "the bus to be back, and muted",
        async () => (await fault.witness(target, { subjects: ["router.register"] }, signal())).state === "broken",
        10_000,
      );
    });
  });

  it("isolate cuts a router off bus and balancers; the others go on", async () => {
    for (const how of ["swallow", "refuse"] as const)
      await breaks("isolate", "router-1", { how }, async () => {
        await until("the other router to serve all", async () => (await seen(4)).join() === "api", 5000);
        expect(await live.system.carries?.({ from: "router-1", to: "nats-1", class: "bus" }, live.running, signal())).to.equal(false);
        expect(await live.system.carries?.({ from: "router-2", to: "nats-1", class: "bus" }, live.running, signal())).to.equal(true);
        const healthy = async () => (await live.running.call("lb-1", "/backends")) as { router: string; healthy: boolean }[];
        await until("the balancer to drop it", async () => (await healthy()).some(({ router, healthy: yes }) => router === "router-1" && !yes), 5000);
      });
  });
});
