/** Capabilities config, rules, pool, table and subjects, through the faults of the front end and the bus: seen by the witness, and from outside. */

import { Resolver } from "node:dns/promises";
import { expect } from "chai";
import { connect } from "nats";
import { until } from "../../../harness/clock.js";
import type { Capability, Target } from "../../../harness/core.js";
import { loadFaults } from "../../../harness/registry.js";
import { busAddress, busOwner } from "../adapters/bus-witness.js";
import { canaryHeader } from "../contract/canary.js";
import { api, app, type Lab, signal, topology } from "./lab.js";

const [outer, inner] = ["any.flounder.test", "nats-1.internal.flounder.test"];

export function edge(lab: Lab): void {
  /** The address, or what went wrong. */
  const resolves = (name: string): Promise<string> => {
    const resolver = new Resolver({ timeout: 1000, tries: 1 });
    const { host, port } = lab.running.direct("dns-1", "dns");
    resolver.setServers([`${host}:${port}`]);
    return resolver.resolve4(name).then(
      ([first]) => first!,
      (error: NodeJS.ErrnoException) => error.code!,
    );
  };
  /** And afterwards the front door serves, and everything is as before. */
  async function breaks(name: string, on: string, given: object, look: (target: Target<Capability>) => Promise<unknown>): Promise<void> {
    await lab.breaks(name, on, given, look);
    await until("the front door to serve", async () => (await lab.seen(4)).join() === "api", 10_000, 100);
    await lab.asBefore();
  }
  const served = (host: string, as: string) => until(`${host} to be served`, async () => (await lab.seen(4, host)).join() === as, 5000, 50);

  describe("front end and bus", () => {
    // seed: firewall <- the firewall's config, or its rules alone, are wiped
    it("edge-wipe of the firewall refuses everybody, of its rules alone leaves them in silence", async () => {
      await breaks("edge-wipe", "firewall-1", {}, async () => expect(await lab.outside()).to.equal("refused"));
      await breaks("edge-wipe", "firewall-1", { part: "rules" }, async () => expect(await lab.outside()).to.equal("silence"));
    });

    // seeds: load balancer, router pool <- configs of one router, one balancer and all balancers are wiped
    it("edge-wipe of one balancer or one router costs the outside nothing that lasts; of all balancers, everything", async () => {
      await breaks("edge-wipe", "lb-1", {}, () => served(api, "api"));
      await breaks("edge-wipe", "router-1", {}, () => served(api, "api"));
      const { wipe, restore } = lab.can("lb-2", "config");
      await breaks("edge-wipe", "lb-1", {}, async () => {
        await wipe();
        try {
          await until("nobody to be there", async () => /^(closed|refused|reset|503)$/.test(await lab.outside()), 5000);
          const { serves } = lab.can("firewall-1", "config");
          await until("the firewall to be seen not to blame", () => serves("all"), 5000, 100);
        } finally {
          await restore();
        }
      });
    });

    // seed: external and internal DNS <- the external zone, the internal one, or both are wiped
    it("edge-wipe of a name server takes one zone or both", async () => {
      const both = async () => [await resolves(outer), await resolves(inner)];
      const [out, within] = await both();
      expect([out, within].filter((one) => !/^\d+\.\d+\.\d+\.\d+$/.test(one!))).to.deep.equal([]);
      await breaks("edge-wipe", "dns-1", { part: "internal" }, async () => expect(await both()).to.deep.equal([out, "ESERVFAIL"]));
      await breaks("edge-wipe", "dns-1", { part: "external" }, async () => expect(await both()).to.deep.equal(["ESERVFAIL", within]));
      await breaks("edge-wipe", "dns-1", {}, async () => expect(await both()).to.deep.equal(["ESERVFAIL", "ESERVFAIL"]));
      expect(await both()).to.deep.equal([out, within]);
    });

    // seed: firewall <- a rule drops or rejects everybody
    it("firewall-deny drops or rejects", async () => {
      await breaks("firewall-deny", "firewall-1", {}, async () => expect(await lab.outside()).to.equal("silence"));
      await breaks("firewall-deny", "firewall-1", { how: "reject" }, async () => expect(await lab.outside()).to.be.oneOf(["reset", "refused"]));
    });

    // seed: load balancer <- a balancer is drained of some and of all of its routers
    it("lb-drain of all members fails every request of that balancer, of some none", async () => {
      const { reaches } = lab.can("lb-1", "pool");
      expect(await reaches()).to.equal("all");
      await breaks("lb-drain", "lb-1", {}, async () => {
        expect(await reaches()).to.equal("none");
        expect(await lab.seen(6)).to.deep.equal(["503", "api"]);
      });
      await breaks("lb-drain", "lb-1", { share: "some" }, async () => {
        expect(await reaches()).to.equal("some");
        expect(await lab.seen(6)).to.deep.equal(["api"]);
      });
    });

    it("router-flush empties a table, once or as long as it is held", async () => {
      const { generation } = lab.can("router-1", "table");
      const before = await generation();
      await lab.running.target("router-1", ["table"]).can.table.flush();
      expect(await generation()).to.not.equal(before);
      await lab.asBefore();
      await breaks("router-flush", "router-1", { hold: true }, async () => expect(await lab.seen(8)).to.deep.equal(["404", "api"]));
    });

    // seed: router pool <- one router of two sends requests to nobody, or to somebody else
    it("router-poison sends half of all to nobody, or to somebody else", async () => {
      await breaks("router-poison", "router-1", {}, async () => expect(await lab.seen(8, app)).to.deep.equal(["502", "app-1"]));
      await breaks("router-poison", "router-1", { kind: "wrong" }, async () => {
        const seen = await lab.seen(8, app);
        expect(seen).to.have.length(2).and.include("app-1");
      });
    });

    // seed: message bus <- registrations are silenced for all, also over a restart of the bus
    it("nats-mute silences a subject for all and no other, also over a restart of the bus, and cuts nobody off", async () => {
      let [registrations, heartbeats] = [0, 0];
      const { host, port, password } = busAddress("nats-1", lab.running);
      const listener = await connect({ servers: `${host}:${port}`, user: busOwner, pass: password, reconnect: false });
      const count = (subject: string, add: () => void) =>
        listener.subscribe(subject, { callback: (_, message) => (message.headers?.has(canaryHeader) ? undefined : add()) });
      count("router.register", () => registrations++);
      count("dea.heartbeat", () => heartbeats++);
      await listener.flush();
      const fault = (await loadFaults()).get("nats-mute")!;
      await breaks("nats-mute", "nats-1", {}, async (target) => {
        [registrations, heartbeats] = [0, 0];
        await until("heartbeats", () => heartbeats >= 3, 10_000);
        expect(registrations).to.equal(0);
        expect(listener.isClosed()).to.equal(false);
        const { process } = lab.running.target("nats-1", ["process"]).can;
        await process.kill("agent");
        await process.start();
        const options = fault.options.parse({});
        await until("the bus to be back, and muted", async () => (await fault.witness(target, options, signal())).state === "broken", 10_000);
      });
      await listener.close();
    });

    it("whoever has a config says by another generation that it was wiped and restored", async () => {
      for (const { name } of topology.components) {
        const info = lab.running.targets().find((target) => target.name === name)!;
        if (!info.can.includes("config")) continue;
        const { wipe, restore, serves, generation } = lab.can(name, "config");
        const seen = [await generation()];
        for (const part of (info.ways.config ?? ["all"]) as ("all" | "rules" | "external" | "internal")[]) {
          expect(await serves(part), `${name} ${part} before`).to.equal(true);
          await wipe(part);
          expect(await serves(part), `${name} ${part} wiped`).to.equal(false);
          seen.push(await generation());
          await restore();
          await until(`${name} to serve ${part}`, () => serves(part), 10_000, 50);
          seen.push(await generation());
        }
        expect(new Set(seen).size, `${name}: ${seen.join()}`).to.equal(seen.length);
      }
      await lab.asBefore();
    });
  });
}
