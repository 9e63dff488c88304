/** The foundry as the harness sees it: everything that the harness loads of a Cloud-Foundry-like platform of 2011. */
import type { TargetSystem } from "../../harness/core.js";
import { derived } from "../../harness/engines/secrets.js";
import { adapters, capabilities } from "./adapters.js";
import { alarms } from "./alarms.js";
import { busCarries } from "./bus-witness.js";
import { edgeWays } from "./edge-adapters.js";
import { fingerprint } from "./fingerprint.js";
import { foresight } from "./foresight.js";
import { frontDoor } from "./front-door.js";
import { missing, tidy } from "./ledger.js";
import { operator } from "./operator.js";
import { plannedProbes } from "./planned-probes.js";
import { prepare } from "./prepare.js";
import { probes } from "./probes/index.js";
import { recover } from "./recover.js";
import { routes } from "./routes.js";
import { shortestScaledMs, timersS } from "./timers.js";
import { profiles, topology } from "./topology.js";

/** The platform derives the same password from the same secret: 20 hex characters. */
const adminPassword = (secret: string): string => derived(secret, "admin-password").slice(0, 20);

const foundry: TargetSystem = {
  name: "foundry",
  profiles: Object.keys(profiles),
  timeFactorOf: (profile) => profiles[profile]?.timeFactor ?? 20,
  defaultScenario: "april-2011",
  topology,
  capabilities,
  // Whoever has a LUN as a link to its folder asks no cabinet: that one has no room is nothing to him.
  overMounts: ["room"],
  ways: edgeWays,
  adapters,
  carries: (link, addresses, signal) => (link.class === "bus" ? busCarries(link.from, addresses.direct(link.to, "client"), signal) : undefined),
  facts(whole, addresses, secret) {
    const { domain, components } = whole;
    const door = frontDoor(whole);
    const at = (component: string, port: string) => {
      const { host, port: number } = addresses.direct(component, port);
      return `${host}:${number}`;
    };
    const front = at(door.component, door.port);
    return {
      api: `http://api.${domain}:${front.split(":").at(-1)}`,
      router: `http://${front}`,
      dns: components.filter((component) => component.role === "dns").map((component) => at(component.name, "dns")),
      user: "admin",
      password: adminPassword(secret),
    };
  },
  fingerprint,
  prepare,
  tidy,
  plannedProbes,
  probes,
  routes,
  // A route that lost its registrations is pruned at the first check after its TTL (cf-protocol §1.2).
  delayedDamageS: (timeFactor) => (timersS.routeTtl + timersS.routePrune) / timeFactor,
  shortestTimerMs: shortestScaledMs,
  recover,
  alarms,
  foresight,
  console: operator,
  missing,
};
export default foundry;
