import { join } from "node:path";
import { expect } from "chai";
import type { Component, Topology } from "../../core.js";
import { dist } from "../../paths.js";
import { fixtureTopology } from "../local/testing/system.js";
import { wire } from "../wiring.js";
import { composeFile } from "./file.js";
import { rights, rightsOf } from "./rights.js";

const changed = (name: string, parts: Partial<Component>): Topology => {
  const whole = fixtureTopology();
  return { ...whole, components: whole.components.map((one) => (one.name === name ? { ...one, ...parts } : one)) };
};
const serviceOf = (name: string, parts: Partial<Component> = {}) => {
  const topology = changed(name, parts);
  return composeFile(topology, wire(topology, 1000)).services[name]!;
};

describe("compose file", () => {
  it("starts what the image has, where it has it", () => {
    const port = wire(fixtureTopology(), 1000).ports.get("nats-1")!.client;
    expect(serviceOf("nats-1").command).to.deep.equal(["supervise", "nats-server", ...`-a 127.0.0.1 -p ${port} -P /data/nats.pid`.split(" ")]);
    expect(serviceOf("cabinet-a", { command: ["node", join(dist, "a", "b.mjs"), "/etc/hosts"] }).command).to.deep.equal([
      "supervise",
      "node",
      "/opt/flounder/dist/a/b.mjs",
      "/etc/hosts",
    ]);
    expect(serviceOf("db-1", { command: ["tool:postgres", "-D", "{data}/pg"] }).command).to.deep.equal(["supervise", "/opt/pg/bin/postgres", "-D", "/data/pg"]);
  });
  it("refuses what the image does not have, and what its supervisor cannot be told", () => {
    expect(() => serviceOf("db-1", { command: ["tool:go"] })).to.throw('the topology starts "tool:go", which the image does not have');
    expect(() => serviceOf("db-1", { prepare: ["node", "a b"] })).to.throw("no word may have a blank");
  });
  it("tells the supervisor what to do", () => {
    const { environment } = serviceOf("db-1", { command: ["tool:postgres"], supervised: false });
    expect(environment).to.include({ SUPERVISED: "0", END_SIGNAL: "INT", DATA_DIR: "/data", HOME: "/data", PREPARED: "yes" });
    expect(environment.PREPARE).to.match(/^node \/opt\/flounder\/dist\/\S+ prepare$/);
    expect(serviceOf("cc-1").environment).to.include({ SUPERVISED: "1", END_SIGNAL: "TERM" }).and.not.to.have.any.keys("PREPARE");
  });
  it("starts nobody as root but supervisors that mount LUNs, make way for namespaces or set packet rules, and they start their component as the same user", () => {
    const user = "${FLOUNDER_USER:-900:900}";
    for (const name of ["db-1", "nats-1", "cabinet-a", "toxiproxy-bus"]) {
      expect(serviceOf(name), name).to.include({ user }).and.not.to.have.any.keys("cap_add");
      expect(serviceOf(name).environment, name).not.to.have.any.keys("RUN_AS");
    }
    expect(serviceOf("cc-1").user).to.equal(undefined);
    expect(serviceOf("cc-1").environment).to.include({ RUN_AS: user }).and.not.to.have.any.keys("AMBIENT");
    expect(serviceOf("dea-1").environment).to.include({ RUN_AS: user, WHOLE_PROC: "1" }).and.not.to.have.any.keys("AMBIENT");
    expect(serviceOf("dea-1", { contained: { filters: true } }).environment).to.include({ RUN_AS: user, AMBIENT: "net_admin" });
    for (const name of ["cc-1", "dea-1", "toxiproxy-bus"]) expect(serviceOf(name).pids_limit).to.be.within(100, 5000);
  });
  it("hands each its own secrets in a file, and names none that it was not granted", () => {
    const { volumes, environment } = serviceOf("db-1");
    expect(volumes.at(-1)).to.equal("${FLOUNDER_DIR:-./state}/secrets/db-1:/run/flounder:ro");
    expect(environment).to.include({ SECRETS: "db-password", SECRETS_FILE: "/run/flounder/secrets.json", FOUNDATION_SECRET: "${FOUNDATION_SECRET-by-hand}" });
    expect(JSON.stringify(serviceOf("cc-1"))).not.to.match(/SECRET/);
  });
  it("doubles every $ that is no variable of compose", () => {
    const { environment, command } = serviceOf("dea-1", { env: { PRICE: "$5 ${HOME}" }, command: ["node", "$x"] });
    expect(environment.PRICE).to.equal("$$5 $${HOME}");
    expect(command).to.include("$$x");
    expect(environment.FLOUNDER_FOUNDATION).to.equal("${FLOUNDER_ID:-by-hand}");
  });
  it("has what a component is in a container on top of what it is everywhere", () => {
    const own = serviceOf("dea-1", {
      env: { MODE: "plain" },
      ports: { admin: "http", names: "udp" },
      contained: { env: { MODE: "contained" }, outside: ["front"], published: ["names"], filters: true },
    });
    expect(own.environment.MODE).to.equal("contained");
    expect(own.networks.outside).to.deep.equal({ aliases: ["front"] });
    expect(own.extra_hosts).to.include(`dea-1:${own.networks.inside!.ipv4_address}`);
    expect(own.ports).to.deep.equal(["tcp", "udp"].map((over) => `127.0.0.1:${own.environment.PORT_NAMES}:${own.environment.PORT_NAMES}/${over}`));
    expect(own).to.deep.include({ cap_add: ["SYS_ADMIN", "CHOWN", "SETUID", "SETGID", "KILL", "NET_ADMIN"], sysctls: { "net.ipv4.ip_forward": "1" } });
  });
  it("marks everything as this foundation's", () => {
    const topology = fixtureTopology();
    const { services, networks } = composeFile(topology, wire(topology, 1000));
    for (const [name, { labels }] of Object.entries(services)) {
      expect(labels["org.flounder.foundation"]).to.equal("${FLOUNDER_ID:-by-hand}");
      expect(labels["org.flounder.component"]).to.equal(name);
      expect(labels["org.flounder.role"]).to.equal(topology.components.find((one) => one.name === name)?.role ?? "toxiproxy");
    }
    for (const { labels } of Object.values(networks)) expect(labels["org.flounder.foundation"]).to.equal("${FLOUNDER_ID:-by-hand}");
  });
  it("has a reason for every right", () => {
    for (const right of Object.values(rights))
      for (const why of [right.why, ...Object.values(right.caps), ...Object.values(right.security ?? {})]) expect(why).to.match(/\w{3}/);
    expect(rightsOf(["mounts", "packets"]).cap_add).to.deep.equal(["SYS_ADMIN", "CHOWN", "SETUID", "SETGID", "KILL", "NET_ADMIN"]);
  });
});
