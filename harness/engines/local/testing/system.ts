/** A small platform for the engine's own tests: a real nats-server, a cabinet that serves a LUN over SFTP, a component that uses both, an agent with an app. */
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type { Component, TargetSystem, Topology } from "../../../core.js";

const script = join(fileURLToPath(new URL(".", import.meta.url)), "component.js");

const component = (name: string, role: string, parts: Partial<Component>): Component => ({
  name,
  role,
  command: ["node", script, role],
  env: {},
  links: {},
  mounts: {},
  ready: "http:admin/healthz",
  supervised: true,
  ...parts,
  ports: { admin: "http", ...parts.ports },
});

export function fixtureTopology(): Topology {
  return {
    profile: "tiny",
    domain: "tiny.test",
    components: [
      component("nats-1", "nats", {
        command: ["tool:nats-server", "-a", "127.0.0.1", "-p", "{port.client}", "-P", "{data}/nats.pid"],
        ports: { client: "nats" },
        ready: "tcp:client",
      }),
      component("cabinet-a", "cabinet", { ports: { "lun-1": "sftp" } }),
      component("cc-1", "cc", {
        ports: { api: "http" },
        fronts: { api: "edge" },
        links: { nats: { to: "nats-1", port: "client", class: "bus" } },
        mounts: { "lun-1": { from: "cabinet-a", port: "lun-1", marker: ".lun" } },
      }),
      component("dea-1", "dea", { slots: 2, links: { nats: { to: "nats-1", port: "client", class: "bus" } } }),
      component("db-1", "db", { secrets: ["db-password"], unprivileged: true, prepare: ["node", script, "prepare"], env: { PREPARED: "yes" } }),
    ],
  };
}

export const fixtureSystem: TargetSystem = {
  name: "tiny",
  says: "a platform for tests",
  profiles: ["tiny"],
  timeFactorOf: () => 20,
  defaultScenario: "none",
  topology: fixtureTopology,
  capabilities: () => [],
  adapters: () => ({}),
  fingerprint: async () => ({}),
  prepare: async () => undefined,
  tidy: async () => undefined,
  plannedProbes: () => [],
  probes: [],
  routes: async () => [],
  delayedDamageS: () => 0,
  shortestTimerMs: () => 1000,
  recover: async () => undefined,
  missing: async () => [],
};
