import { expect } from "chai";
import { FlounderError } from "../../harness/errors.js";
import { maxSamplesPerS } from "../../harness/planning/plan.js";
import { frontDoor } from "./front-door.js";
import { probes } from "./probes/index.js";
import { plannedProbes } from "./probes/planned-probes.js";
import target from "./target.js";
import { profiles, topology } from "./topology.js";

const said = (act: () => unknown): string => {
  try {
    act();
  } catch (error) {
    if (error instanceof FlounderError) return `${error.code}: ${error.message} → ${error.hint}`;
    throw error;
  }
  return "nothing";
};

for (const profile of Object.keys(profiles))
  describe(`profile ${profile}`, () => {
    const { components } = topology(profile, 20, {});
    const named = new Map(components.map((component) => [component.name, component]));

    it("names every component once", () => expect(named.size).to.equal(components.length));
    it("wires links, mounts and fronts to ports that exist", () => {
      for (const component of components) {
        for (const { to, port } of Object.values(component.links)) expect(named.get(to)?.ports, `${component.name}>${to}`).to.have.property(port);
        for (const { from: cabinet, port } of Object.values(component.mounts))
          expect(named.get(cabinet)?.ports, `${component.name}:${port}`).to.have.property(port);
        for (const port of Object.keys(component.fronts ?? {})) expect(component.ports).to.have.property(port);
      }
    });
    it("gives every CC every LUN", () => {
      const luns = components.filter((c) => c.role === "cabinet").flatMap((c) => Object.keys(c.ports).filter((port) => port.startsWith("lun-")));
      for (const cc of components.filter((c) => c.role === "cc")) expect(Object.keys(cc.mounts)).to.have.members(luns);
    });
    it("is ready when a port of its own says so", () => {
      for (const component of components) {
        const [, port] = /^(?:http|tcp):([^/]+)/.exec(component.ready) ?? [];
        expect(component.ports, component.name).to.have.property(port ?? "");
      }
    });
    it("plans known probes, each at one route, all together under the limit", () => {
      const planned = plannedProbes(topology(profile, 20, {}));
      const known = new Set(probes.map((probe) => `${probe.name} ${probe.plane}`));
      for (const one of planned) expect(known.has(`${one.probe} ${one.plane}`), one.probe).to.equal(true);
      const keys = planned.map((one) => `${one.probe} ${one.from} ${one.target}`);
      expect(new Set(keys).size).to.equal(keys.length);
      expect(planned.reduce((sum, one) => sum + 1000 / one.periodMs, 0)).to.be.within(50, maxSamplesPerS);
      for (const vantage of ["outside", "inside"] as const)
        for (const probe of probes)
          expect(
            planned.some((one) => one.probe === probe.name && one.from === vantage),
            `${probe.name} ${vantage}`,
          ).to.equal(true);
    });
  });

describe("what topology() refuses", () => {
  it("an unknown profile", () =>
    expect(said(() => topology("tiny", 20, {}))).to.equal(
      'usage: profile "tiny" is unknown; there are micro, org, com, ebs, com-fixed → choose one of them with --profile',
    ));
  it("an unknown policy", () =>
    expect(said(() => topology("micro", 20, { "cc.mood": "bad" }))).to.equal(
      'usage: policy "cc.mood" is unknown; there are preset, cc.onLunLoss, router.onNatsLoss, hm.freshness, monitor.thresholds, cabinet.reMirror, supervisors → correct --policy, or foundation.policy of the scenario',
    ));
  it("an unknown choice of a policy", () =>
    expect(said(() => topology("micro", 20, { "hm.freshness": "much" }))).to.equal(
      'usage: policy hm.freshness is "much"; expected one of none, guard → correct --policy, or foundation.policy of the scenario',
    ));
});

describe("profile com", () => {
  const whole = topology("com", 20, {});
  const count = (role: string) => whole.components.filter((component) => component.role === role).length;

  it("is CloudFoundry.com in April 2011", () =>
    expect(Object.fromEntries(["cc", "dea", "router", "lb", "dns", "firewall", "hm", "cabinet"].map((role) => [role, count(role)]))).to.deep.equal({
      cc: 8,
      dea: 6,
      router: 4,
      lb: 2,
      dns: 2,
      firewall: 1,
      hm: 1,
      cabinet: 2,
    }));
  it("has its firewall for a front door, and so has every profile", () => {
    expect(frontDoor(whole)).to.deep.equal({ component: "firewall-1", port: "front" });
    expect(frontDoor(topology("micro", 20, {}))).to.deep.equal({ component: "firewall-1", port: "front" });
  });
  it("takes a preset's policies where a scenario sets none of its own", () => {
    const policyOf = (policy: Record<string, string>) => JSON.parse(topology("com", 20, policy).components.find((one) => one.role === "cc")!.env.POLICY!);
    expect(policyOf({})).to.include({ "cc.onLunLoss": "latch", "router.onNatsLoss": "prune", "hm.freshness": "none", supervisors: "on" });
    expect(policyOf({ preset: "2014", "hm.freshness": "none" })).to.include({
      "cc.onLunLoss": "degrade",
      "router.onNatsLoss": "suspend",
      "hm.freshness": "none",
    });
  });
  it("has supervisors, or none by policy", () => {
    expect(topology("org", 20, {}).components.every((one) => one.supervised)).to.equal(true);
    expect(topology("org", 20, { supervisors: "off" }).components.some((one) => one.supervised)).to.equal(false);
  });
  it("foresees which alarms come too late: three of four in 2011, none when the thresholds are consistent", () => {
    const late = (profile: string) =>
      target.foresight!(topology(profile, 20, {})).flatMap(({ alarm, alarmS, tooLateS }) =>
        alarmS === null || (tooLateS !== null && alarmS >= tooLateS) ? [alarm] : [],
      );
    expect(late("com")).to.deep.equal(["supply", "late-heartbeats", "lun-silent"]);
    expect(late("com-fixed")).to.deep.equal([]);
    expect(target.foresight!(topology("micro", 20, {}))).to.deep.equal([]);
  });
  it("tells its name servers every component", () => {
    const [dns] = whole.components.filter((component) => component.role === "dns");
    expect(dns!.env.COMPONENTS!.split(",")).to.have.members(whole.components.map(({ name }) => name));
  });
});

describe("the target system", () => {
  it("waits for route TTL and pruning after healing", () => expect(target.delayedDamageS(20)).to.equal(7.5));
  it("says how clients reach it", () => {
    const facts = target.facts?.(
      topology("org", 20, {}),
      { direct: (name, port) => ({ host: "127.0.0.1", port: `${name} ${port}`.length }), secret: (label) => label },
      "secret",
    );
    expect(facts).to.deep.equal({
      endpoints: { api: "http://api.flounder.test:16", router: "http://127.0.0.1:16", dns: ["127.0.0.1:9", "127.0.0.1:9"] },
      user: "admin",
      password: "f963af7f42b4342a4666",
    });
  });
});
