/** Capabilities link and links: one link of every class and protocol, dialled by a stranger; and what the platform's users see of it. */
import { expect } from "chai";
import { until } from "../../../harness/clock.js";
import type { PortProtocol } from "../../../harness/core.js";
import { receipts } from "../../../harness/measure/receipts.js";
import { entrancesOf } from "../front-door.js";
import type { Instance } from "../readings/fingerprint.js";
import { CfClient } from "../workload/cf-client.js";
import { sampleOrg } from "../workload/sample-apps.js";
import { api, app, type Lab, topology } from "./lab.js";
import { type At, Idle, ring } from "./ring.js";

/** One of each kind: the link's name, and what is spoken on it. A slot is one that an app is behind. */
const kinds: readonly (readonly [name: string, protocol: PortProtocol])[] = [
  ["cc-1>nats-1", "nats"],
  ["dea-1>nats-1", "nats"],
  ["cc-1>ccdb-1", "postgres"],
  ["cc-1>service-1", "http"],
  ["service-1>servicedb-1", "postgres"],
  ["service-1>servicenats-1", "nats"],
  ["cabinet-a>cabinet-b", "http"],
  ["monitor-1>cabinet-a.lun-1", "sftp"],
  ["cc-1:lun-1", "sftp"],
  ["firewall-1>lb-1", "http"],
  ["lb-1>router-1", "http"],
  ["*>cc-1", "http"],
  ["app>servicedb-1", "postgres"],
  ["app>servicenats-1", "nats"],
  ["*>dea-1", "http"],
];

export function links(lab: Lab): void {
  const carrying = (name: string) => until(`${name} to carry`, () => lab.can(name, "link").carries(), 15_000, 100);
  /** A slot of the DEA that an app answers behind. */
  async function slot(): Promise<string> {
    for (const { name } of lab.running.targets()) if (name.startsWith("*>dea-1.") && (await lab.can(name, "link").carries())) return name;
    throw new Error("no app is behind any slot of dea-1");
  }

  describe("link", () => {
    it("every kind of link of the topology is among those that are tried", () => {
      const tried = new Set(kinds.map(([name]) => name));
      const classes = (names: Iterable<string>) =>
        new Set([...names].map((name) => lab.running.targets().find((target) => target.name === name || target.name === `${name}.1`)!.class));
      expect([...classes(tried)].sort()).to.deep.equal([...new Set(lab.running.targets().flatMap((target) => target.class ?? []))].sort());
    });

    for (const [kind, protocol] of kinds.filter(([name]) => !name.includes(":")))
      it(`${kind} (${protocol}): refuses, resets, swallows, comes late, is narrow, and carries again after each`, async () => {
        const name = kind === "*>dea-1" ? await slot() : kind;
        const link = lab.can(name, "link");
        const at: At = lab.running.dialled(name);
        // In containers no proxy introduces us: we come from outside of them.
        const first = protocol === "sftp" && lab.engine === "compose" ? `FLOUNDER ${lab.running.secret("sftp:cabinet-a")}\n` : "";
        const rung = () => ring(at, protocol, undefined, first);
        const mended = async () => {
          await link.mend();
          await link.mend();
          await carrying(name);
          await until(`${name} to answer`, async () => (await rung()) === "answers", 5000);
        };
        await carrying(name);
        // Whoever was connected stays so, and hears nothing. Servers have deadlines of their own, so it is looked at first.
        const waiting = await Idle.at(at);
        await link.cut("swallow");
        await link.cut("swallow");
        expect([await rung(), waiting.gone]).to.deep.equal(["silence", undefined]);
        waiting.end();
        expect([await link.carries(), await link.rttMs()]).to.deep.equal([false, Number.POSITIVE_INFINITY]);
        await mended();

        for (const how of ["refuse", "reset"] as const) {
          const idle = await Idle.at(at);
          await link.cut(how);
          await link.cut(how);
          await until(`the idle connection to be ended by ${how}`, () => idle.gone !== undefined, 5000, 10);
          expect(await rung()).to.equal(how === "refuse" ? "refused" : "reset");
          expect([await link.carries(), await link.rttMs()]).to.deep.equal([false, Number.POSITIVE_INFINITY]);
          await mended();
        }

        await link.shape({ latencyMs: 200 });
        expect(await link.rttMs()).to.be.within(200, 900);
        await mended();
        await until("answers to be prompt", async () => (await link.rttMs()) < 200, 5000);

        await link.shape({ rateKBps: 8 });
        expect(await link.throughputKBps(3200)).to.be.within(1, 8 * 1.4);
        await mended();
        await until("the link to be wide", async () => (await link.throughputKBps(3200)) > 3 * 8, 5000);
        await lab.asBefore();
      });

    it("what its users see of it: the API away, the database away, an app away, and each of them back", async () => {
      const seen = (host: string, wanted: RegExp | string) =>
        until(
          `${host} to be ${wanted}`,
          async () => {
            const said = (await lab.seen(4, host)).join();
            return typeof wanted === "string" ? said === wanted : wanted.test(said);
          },
          15_000,
          50,
        );
      const login = () =>
        new CfClient(entrancesOf(lab.facts).router, api, lab.facts).login().then(
          () => "logged in",
          () => "refused",
        );
      await lab.breaks("link-cut", "*>cc-1", {}, () => seen(api, "502"));
      await seen(api, "api");
      expect(await login()).to.equal("logged in");
      await lab.breaks("link-cut", "cc-1>ccdb-1", {}, async () => expect(await login()).to.equal("refused"));
      await until("logins to be answered", async () => (await login()) === "logged in", 15_000);

      // Which of its slots the app listens behind is not known: all that carry are cut.
      const all = lab.running.targets().filter(({ name }) => name.startsWith("*>dea-1."));
      await Promise.all(all.map(({ name }) => lab.can(name, "link").cut("refuse")));
      await seen(app, /^50[23]$/);
      await Promise.all(all.map(({ name }) => lab.can(name, "link").mend()));
      await seen(app, "app-1");
      await lab.asBefore();
    });

    it("of an app that is stopped while its link is hurt: healed, though nobody is left to answer", async () => {
      const client = new CfClient(entrancesOf(lab.facts).router, api, lab.facts);
      await client.login();
      const { guid } = (await client.app(await client.spaceGuid(sampleOrg.org, sampleOrg.space), "app-1"))!;
      const slots = lab.running.targets().flatMap(({ name }) => (name.startsWith("*>dea-1.") ? [name] : []));
      const vacant = async () => {
        const each = await Promise.all(slots.map((name) => lab.running.vacant(name)));
        return slots.filter((_, i) => each[i]);
      };
      const instances = async () => ((await lab.running.call("dea-1", "/instances")) as Instance[]).filter(({ name }) => name === "app-1");
      const stopped = async () => {
        await client.stop(guid);
        await until("its instance to be gone", async () => (await instances()).every(({ state }) => state === "CRASHED"), 15_000, 50);
      };
      const started = async () => {
        await client.start(guid);
        await until("it to answer", async () => (await lab.outside(app)) === "app-1", 15_000, 50);
      };
      await stopped();
      for (const [fault, options] of [
        ["link-cut", { how: "refuse" }],
        ["link-cut", { how: "swallow" }],
        ["link-latency", { latencyMs: 200 }],
        ["link-bandwidth", { rateKBps: 8 }],
      ] as const) {
        const free = await vacant();
        await started();
        const left = await vacant();
        const target = free.find((name) => !left.includes(name))!;
        const from = lab.events.length;
        const injection = { id: `vacant-${from}`, act: "vacant", fault, options, target, atS: 0, maxS: 60 };
        const receipt = () => receipts({ injections: [injection] }, lab.events.slice(from))[0]!;
        await lab.keeper.inject(injection);
        await until(`${fault} to bite`, () => receipt().bitUs !== null, 10_000, 50);
        await stopped();
        expect(await lab.running.vacant(target), `${fault}: it is hurt still`).to.equal(false);
        expect(await lab.keeper.heal(injection.id, "asked")).to.deep.equal([
          { injection: injection.id, target, proved: true, says: `${target} is whole, with nobody behind it any more` },
        ]);
        expect(receipt().healedUs, fault).to.not.equal(null);
      }
      await started();
      await lab.asBefore();
    });

    it("a proxy before a dead component refuses; its cut survives the component's restart, and mending it does not raise the dead", async () => {
      const [name, protocol] = ["cc-1>service-1", "http"] as const;
      const [link, life] = [lab.can(name, "link"), lab.can("service-1", "process")];
      const rung = () => ring(lab.running.dialled(name), protocol);
      await life.kill("agent");
      expect(await rung()).to.equal("refused");
      await link.cut("swallow");
      await life.start();
      expect(await rung()).to.equal("silence");
      await life.kill("agent");
      await link.mend();
      expect(await rung()).to.equal("refused");
      await life.start();
      expect(await rung()).to.equal("answers");
      await lab.asBefore();
    });
  });

  describe("links", () => {
    const onBus = (name: string) => lab.can(`${name}>nats-1`, "link").carries();

    for (const how of ["swallow", "refuse", "reset"] as const)
      it(`of a router, cut (${how}): bus and balancers lose it, the other router serves all`, async () => {
        await lab.breaks("isolate", "router-1", { how }, async () => {
          await until("the other router to serve all", async () => (await lab.seen(4)).join() === "api", 10_000);
          expect([await onBus("router-1"), await onBus("router-2")]).to.deep.equal([false, true]);
          const backends = async () => (await lab.running.call("lb-1", "/backends")) as { router: string; healthy: boolean }[];
          await until("the balancer to drop it", async () => (await backends()).some((one) => one.router === "router-1" && !one.healthy), 10_000);
        });
        await lab.asBefore();
      });

    it("every component that has links has all of them cut and mended as one", async () => {
      const hubs = new Set(["nats-1"]);
      for (const { name } of topology.components.filter((one) => !hubs.has(one.name))) {
        const info = lab.running.targets().find((target) => target.name === name)!;
        if (!info.can.includes("links")) continue;
        const { cut, mend, carry } = lab.can(name, "links");
        await until(`all links of ${name} to carry`, async () => (await carry()) === "all", 15_000, 100);
        await cut("refuse");
        expect(await carry(), name).to.equal("none");
        await mend();
        await until(`all links of ${name} to carry again`, async () => (await carry()) === "all", 15_000, 100);
      }
      await lab.asBefore();
    });
  });
}
