/** The foundry as the harness sees it: everything that the harness loads of a Cloud-Foundry-like platform of 2011. */

import type { TargetSystem } from "../../harness/core.js";
import { derived } from "../../harness/engines/secrets.js";
import { adapters, capabilities, ways } from "./adapters/adapters.js";
import { busAddress, busCarries } from "./adapters/bus-witness.js";
import { adminPasswordLabel, typed } from "./contract/secrets.js";
import { shortestScaledMs, timersS } from "./contract/timers.js";
import { entrances, entrancesOf } from "./front-door.js";
import { alarms } from "./monitoring/alarms.js";
import { foresight } from "./monitoring/foresight.js";
import { operator, verbWords } from "./operator/operator.js";
import { ailments, recover } from "./operator/recover.js";
import { probes } from "./probes/index.js";
import { plannedProbes } from "./probes/planned-probes.js";
import { routes } from "./probes/routes.js";
import { differences } from "./readings/differences.js";
import { fingerprint } from "./readings/fingerprint.js";
import { missing, tidy } from "./readings/ledger.js";
import { policies, profiles, topology } from "./topology.js";
import { prepare } from "./workload/prepare.js";
import { sampleApps } from "./workload/sample-apps.js";

const adminPassword = (secret: string): string => typed(derived(secret, adminPasswordLabel));

/** The bus' user for a gorouter. */
const joiner = "gorouter";

const foundry: TargetSystem = {
  name: "foundry",
  says: "a Cloud-Foundry-like platform of 2011",
  defaultProfile: "org",
  profiles: Object.keys(profiles),
  policies,
  timeFactorOf: (profile) => profiles[profile]?.timeFactor ?? 20,
  defaultScenario: "april-2011",
  topology,
  capabilities,
  // Whoever has a LUN as a link to its folder asks no cabinet: that one has no room is nothing to him.
  overMounts: ["room"],
  ways,
  adapters,
  carries: (link, addresses, signal) => (link.class === "bus" ? busCarries(link.from, busAddress(link.to, addresses), signal) : undefined),
  facts: (whole, addresses, secret) => ({ endpoints: entrances(whole, addresses), user: "admin", password: adminPassword(secret) }),
  env({ endpoints, domain, user, password, components }, secret) {
    const { api, router, dns } = entrancesOf({ endpoints });
    const bus = components.find(({ role }) => role === "nats");
    return {
      CF_API: api,
      CF_USERNAME: user,
      CF_PASSWORD: password,
      CF_DOMAIN: domain,
      CF_ROUTER: router,
      CF_DNS: dns.join(","),
      // For a router that joins: it may do on the bus what a gorouter does, and no more.
      ...(bus ? { NATS_HOST: bus.host, NATS_PORT: String(bus.ports.client), NATS_USER: joiner, NATS_PASSWORD: secret(`bus:${joiner}`) } : {}),
    };
  },
  tries({ id, profile, domain, endpoints }) {
    const { router } = entrancesOf({ endpoints });
    const [app] = sampleApps(profile);
    return [
      { words: ["curl", "-s", "-H", `Host: ${app!.name}.${domain}`, `${router}/`], says: "an app, through the front door" },
      { words: ["flounder", "break", "router-flush", "--on", "router", "--for", "5", "-F", id], says: "a fault: what users lose, and that it heals" },
      { words: ["flounder", "watch", "-F", id, "--for", "10"], says: "both planes, outside and inside" },
    ];
  },
  fingerprint,
  prepare,
  tidy,
  plannedProbes,
  probes,
  routes,
  // A route that lost its registrations is pruned at the first check after its TTL (cf-protocol §1.2).
  delayedDamageS: (timeFactor) => (timersS.routeTtl + timersS.routePrune) / timeFactor,
  // A table comes back with the platform's own registrations: its witness is given two of them.
  healingMs: (timeFactor) => (2 * timersS.routeRegister * 1000) / timeFactor,
  shortestTimerMs: shortestScaledMs,
  recover,
  ailments,
  differences,
  alarms,
  foresight,
  verbs: verbWords,
  console: operator,
  missing,
};
export default foundry;
