/** The compose document of every profile, and the committed one of "org". */
import { execFileSync } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { composeFile, type Service } from "../../harness/engines/compose/file.js";
import { composeYaml, printed } from "../../harness/engines/compose/yaml.js";
import { labelsOf } from "../../harness/engines/guard.js";
import { wire } from "../../harness/engines/wiring.js";
import { root } from "../../harness/paths.js";
import { frontDoor } from "./front-door.js";
import foundry from "./target.js";
import { profiles } from "./topology.js";

const variable = (prefix: string, name: string) => `${prefix}_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;
/** As compose hands it to the container. */
const told = (service: Service, name: string) => service.environment[name]?.replaceAll("$$", "$");

for (const profile of Object.keys(profiles))
  describe(`compose file of profile ${profile}`, () => {
    const topology = foundry.topology(profile, 20, {});
    const wiring = wire(topology, 12_345);
    const { services, networks } = composeFile(topology, wiring);
    const all = Object.entries(services);
    /** Whom somebody who dials this address comes to, through a proxy of that class's server. */
    const behind = (address: string | undefined): string | undefined => {
      const [host = "", port] = address?.split(":") ?? [];
      const proxies = JSON.parse(told(services[host]!, "PROXIES") ?? "[]") as { listen: string; upstream: string; enabled: boolean }[];
      const found = proxies.filter(({ listen, enabled }) => enabled && listen === `0.0.0.0:${port}`);
      return found.length === 1 ? found[0]!.upstream : undefined;
    };
    const portOf = (component: string, port: string) => `${component}:${told(services[component]!, variable("PORT", port))}`;

    it("leads every link, front, mount and slot through a proxy to where it belongs", () => {
      let count = 0;
      const leads = (address: string | undefined, to: string) => {
        count++;
        expect(behind(address), `${address}`).to.equal(to);
      };
      for (const { name, links, fronts = {}, mounts, slots = 0 } of topology.components) {
        const own = services[name]!;
        for (const [key, { to, port }] of Object.entries(links)) leads(told(own, variable("LINK", key)), portOf(to, port));
        for (const port of Object.keys(fronts)) leads(told(own, variable("ADVERTISE", port)), portOf(name, port));
        const sources = new Map((told(own, "SSHFS")?.split(" ") ?? []).map((pair) => pair.split("=") as [string, string]));
        expect([...sources.keys()]).to.deep.equal(Object.keys(mounts));
        for (const [lun, { from: cabinet, port }] of Object.entries(mounts)) {
          leads(sources.get(lun), portOf(cabinet, port));
          expect(told(own, variable("MOUNT", lun))).to.equal(`/mounts/${lun}`);
        }
        const given = told(own, "SLOTS")?.split(",") ?? [];
        expect(given).to.have.length(slots);
        for (const slot of given) leads(slot.slice(slot.indexOf(":") + 1), `${name}:${slot.slice(0, slot.indexOf(":"))}`);
      }
      expect(count).to.equal(wiring.proxies.size);
    });
    it("publishes what users dial, on this machine's loopback alone", () => {
      const door = frontDoor(topology);
      const dialled = topology.components.flatMap(({ name, role }) =>
        role === "dns"
          ? [`${portOf(name, "dns")}/tcp`, `${portOf(name, "dns")}/udp`]
          : role === "cc"
            ? [`${portOf(name, "api")}/tcp`]
            : name === door.component
              ? [`${portOf(name, door.port)}/tcp`]
              : [],
      );
      const published = all.flatMap(([name, { ports = [] }]) =>
        ports.map((port) => {
          const [, host, number, over] = /^127\.0\.0\.1:(\d+):(\d+)\/(tcp|udp)$/.exec(port) ?? [];
          expect(host, port).to.equal(number);
          return `${name}:${number}/${over}`;
        }),
      );
      expect(published).to.have.members(dialled);
    });
    it("lets users reach the front door and the name servers, and nobody else", () => {
      expect(Object.keys(networks)).to.have.members(["inside", "outside"]);
      for (const [name, own] of all) expect(own.networks, name).to.have.property("inside");
      const reached = all.filter(([, own]) => own.networks.outside).map(([name]) => name);
      const servers = topology.components.filter(({ role }) => role === "dns").map(({ name }) => name);
      expect(reached).to.have.members([frontDoor(topology).component, ...servers]);
      expect(services[frontDoor(topology).component]!.networks.outside).to.deep.equal({ aliases: ["door"] });
    });
    it("gives each the rights that it needs, and no more", () => {
      for (const [name, own] of all) {
        const component = topology.components.find((one) => one.name === name);
        const mounts = Object.keys(component?.mounts ?? {}).length > 0;
        const apps = (component?.slots ?? 0) > 0;
        expect(own, name).not.to.have.any.keys("privileged", "network_mode", "pid", "ipc", "userns_mode");
        expect(own.cap_drop, name).to.deep.equal(["ALL"]);
        expect(own.security_opt, name).to.include("no-new-privileges:true");
        expect({ name, fuse: own.devices ?? [], admin: own.cap_add?.includes("SYS_ADMIN") ?? false }).to.deep.equal({
          name,
          fuse: mounts ? ["/dev/fuse"] : [],
          admin: mounts || apps,
        });
        expect(own.user === undefined, name).to.equal(mounts || apps || told(own, "FIREWALL") === "nft");
        expect(own.cap_add?.includes("SETUID") ?? false, name).to.equal(own.user === undefined);
        expect(own.cap_add?.includes("NET_ADMIN") ?? false, name).to.equal(told(own, "FIREWALL") === "nft");
      }
    });
    it("starts nobody before those whom it looks after", () => {
      for (const { name, role, mounts, links } of topology.components) {
        const cabinets = [...Object.values(mounts).map(({ from }) => from), ...(role === "monitor" ? Object.values(links).map(({ to }) => to) : [])];
        const first = services[name]!.depends_on ?? [];
        for (const one of cabinets) expect(first, name).to.include(one);
        if (Object.keys(links).length > 0) expect(first.some((one) => one.startsWith("toxiproxy-"))).to.equal(true);
      }
      const started = new Set<string>();
      const begin = (name: string, waiting: readonly string[]): void => {
        if (started.has(name)) return;
        expect(waiting, "they wait for each other").not.to.include(name);
        for (const one of services[name]!.depends_on ?? []) begin(one, [...waiting, name]);
        started.add(name);
      };
      for (const [name] of all) begin(name, []);
      expect(started.size).to.equal(all.length);
    });
    it("has no secret in it", () => {
      for (const [name, own] of all)
        for (const [key, value] of Object.entries(own.environment))
          if (/PASSWORD|TOKEN/.test(key) || key === "FOUNDATION_SECRET")
            expect(`${name} ${key}=${value}`).to.equal(`${name} FOUNDATION_SECRET=\${FOUNDATION_SECRET-by-hand}`);
      for (const component of topology.components)
        expect(told(services[component.name]!, "SECRETS") ?? "", component.name).to.equal(labelsOf(component).join(" "));
    });
    it("is the same for people, and for programs that read YAML 1.1", () => {
      for (const version of ["1.1", "1.2"] as const) {
        const read = parse(composeYaml(topology, wiring, "words\n\nof a person"), { version, merge: true }) as Record<string, unknown>;
        const said = Object.fromEntries(Object.entries(read).filter(([key]) => !key.startsWith("x-")));
        expect(said).to.deep.equal({ services, networks });
      }
    });
  });

describe("compose/compose.yaml", () => {
  it("is what is printed of profile org", () => {
    const committed = readFileSync(join(root, "compose", "compose.yaml"), "utf8");
    expect(committed === printed(foundry.topology("org", 20, {}), foundry), "write it anew: npm run build && node scripts/compose-file.mjs").to.equal(true);
  });
});

describe("flounder up --print", function () {
  this.timeout(20_000);
  const routeTtlMs = (...words: string[]) => {
    const text = execFileSync(process.execPath, [join(root, "bin", "flounder.mjs"), "up", "--engine", "compose", "--print", ...words], { encoding: "utf8" });
    return Number(/"routeTtl":(\d+)/.exec(text)?.[1]);
  };
  it("has the time factor that it is given, else the profile's own", () => {
    expect(routeTtlMs("--profile", "org"), "120 s by 20").to.equal(6000);
    expect(routeTtlMs("--profile", "com"), "120 s by 10").to.equal(12_000);
    expect(routeTtlMs("--profile", "com", "--time-factor", "5")).to.equal(24_000);
  });
});
