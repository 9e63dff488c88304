/** Which components a profile has, and how they are wired: pure data for an engine. Add a role here and its entry file in platform/. */
import { join } from "node:path";
import { chosenPolicies, shapeOf } from "../../harness/choices.js";
import type { Component, Contained, Topology } from "../../harness/core.js";
import { dist } from "../../harness/paths.js";
import { environmentOf } from "./contract/environment.js";
import { writeMirrors } from "./contract/mirrors.js";
import { adminLabel, adminPasswordLabel, busLabel, mirrorLabel, watchLabel } from "./contract/secrets.js";
import { timersMs } from "./contract/timers.js";
import { thresholds, thresholdsMs } from "./monitoring/thresholds.js";

interface Shape {
  readonly cc: number;
  readonly dea: number;
  readonly router: number;
  readonly lb: number;
  readonly dns: number;
  /** Before the balancers; absent: the first balancer is the front door. */
  readonly firewall?: number;
  readonly cabinets: readonly string[];
  readonly lunsPerCabinet: number;
  /** DEAs keep droplets and instance folders on so many LUNs of the first cabinet, by turns; absent: on a disk of their own. */
  readonly deaLuns?: number;
  /** Workers of each Cloud Controller that place and stage apps; default 8. */
  readonly ccWorkers?: number;
  readonly monitor?: number;
  /** The gateway to services for apps, with a Postgres and a NATS server for it; absent: apps are offered none. */
  readonly service?: 1;
  /** What each cabinet moves in all, for clients and mirrors; its room for mirrors; what other tenants keep on each LUN. Absent: so much that nobody notices, nothing. */
  readonly cabinet?: { readonly kBps: number; readonly mirrorMB: number; readonly tenantsMB: number };
  /** Which runtimes each DEA has; absent: all have all. */
  readonly runtimes?: readonly (readonly string[])[];
  /** By which it is brought up when nobody says; absent: 20. */
  readonly timeFactor?: number;
  /** Policies of this profile where they are not the first choices. */
  readonly policy?: Readonly<Record<string, string>>;
}
/**
 * Cords of shelves that are not one on each supply. The second shelf of the first cabinet (of a cabinet with one shelf, that one) was moved, and both of its
 * cords were plugged in on the same side: on paper it is redundant like the others. So one supply of one cabinet takes one LUN with it, as on 25 April 2011.
 */
const cords = (cabinet: string, first: string, luns: readonly { readonly lun: string }[]): string =>
  cabinet === first ? `${(luns[1] ?? luns[0])!.lun}=AA` : "";

/** CloudFoundry.com in April 2011. */
const com: Shape = {
  // 32 components on two cores: at 20 they are busy with each other's proofs and heartbeats.
  timeFactor: 10,
  cc: 8,
  dea: 6,
  router: 4,
  lb: 2,
  dns: 2,
  firewall: 1,
  cabinets: ["cabinet-a", "cabinet-b"],
  lunsPerCabinet: 4,
  deaLuns: 3,
  ccWorkers: 1,
  monitor: 1,
  service: 1,
  runtimes: [
    ["node", "static", "python"],
    ["node", "static", "binary"],
    ["node", "static"],
    ["node", "static", "binary"],
    ["node", "static"],
    ["node", "static", "python"],
  ],
};

const org: Shape = { cc: 2, dea: 3, router: 2, lb: 1, dns: 2, firewall: 1, cabinets: ["cabinet-a", "cabinet-b"], lunsPerCabinet: 2, monitor: 1, service: 1 };

export type { Shape };
export const profiles: Readonly<Record<string, Shape>> = {
  micro: { cc: 1, dea: 1, router: 1, lb: 1, dns: 1, firewall: 1, cabinets: ["cabinet-a"], lunsPerCabinet: 1 },
  org,
  com,
  // Cabinets as full as EC2's were: each has room for half a mirror more than it keeps, and re-mirroring a LUN takes seconds of all that it can move.
  ebs: { ...org, cabinet: { kBps: 1024, mirrorMB: 5, tenantsMB: 2 }, policy: { "cabinet.reMirror": "eager" } },
  "com-fixed": { ...com, policy: { "monitor.thresholds": "consistent" } },
};

/** The policies that a scenario may set, with their choices; the first is the default (2011). */
export const policies: Readonly<Record<string, readonly string[]>> = {
  preset: ["2011", "2014"],
  "cc.onLunLoss": ["latch", "degrade"],
  "router.onNatsLoss": ["prune", "suspend"],
  "hm.freshness": ["none", "guard"],
  "monitor.thresholds": Object.keys(thresholds),
  // 2011's, too, is the second: but EC2's, not CloudFoundry.com's.
  "cabinet.reMirror": ["patient", "eager"],
  // off: what dies by itself stays dead.
  supervisors: ["on", "off"],
};

/** What a preset means for those policies that a scenario does not set by itself: the platform of that year. */
const presets: Readonly<Record<string, Readonly<Record<string, string>>>> = {
  "2011": {},
  "2014": { "cc.onLunLoss": "degrade", "router.onNatsLoss": "suspend", "hm.freshness": "guard" },
};

/** The links that apps dial are the gateway's to give away: "app>servicedb-1" and "app>servicenats-1". */
function services(ours: (name: string, role: string, parts: Partial<Component>) => Component): readonly Component[] {
  const [database, messages] = [
    { to: "servicedb-1", port: "pg" },
    { to: "servicenats-1", port: "client" },
  ];
  return [
    ours("service-1", "service", {
      secrets: ["broker-password", "messaging-operator", "messaging-system", "service-ids", "servicedb-password"],
      ports: { broker: "http" },
      links: {
        db: { ...database, class: "state" },
        "app-db": { ...database, class: "apps", from: "app" },
        messages: { ...messages, class: "state" },
        "app-messages": { ...messages, class: "apps", from: "app" },
      },
      supervised: true,
    }),
    {
      ...ours("servicedb-1", "servicedb", {}),
      prepare: ["node", bundle("servicedb")],
      secrets: ["servicedb-password"],
      command: ["tool:postgres", "-D", "{data}/pg"],
      ports: { pg: "postgres" },
      ready: "tcp:pg",
      unprivileged: true,
      supervised: true,
    },
    {
      ...ours("servicenats-1", "servicenats", {}),
      prepare: ["node", bundle("servicenats")],
      secrets: ["messaging-operator", "messaging-system"],
      command: ["tool:nats-server", "-c", "{data}/nats.conf"],
      ports: { client: "nats" },
      ready: "tcp:client",
      supervised: true,
    },
  ];
}

/** What a cabinet writes a LUN's name into (platform/base/lun-marker.ts). */
const marker = ".lun";

export const domain = "flounder.test";
const bundle = (role: string) => join(dist, "targets", "foundry", "platform", `${role}.mjs`);
const numbered = (role: string, count: number) => Array.from({ length: count }, (_, i) => `${role}-${i + 1}`);

export function topology(profile: string, timeFactor: number, policy: Readonly<Record<string, string>>): Topology {
  return topologyOf(profile, shapeOf(profiles, profile), timeFactor, policy);
}

/** The same for a shape that no profile has. */
export function topologyOf(profile: string, shape: Shape, timeFactor: number, policy: Readonly<Record<string, string>>): Topology {
  const chosen: Record<string, string> = {
    ...chosenPolicies(policies, policy),
    ...shape.policy,
    ...presets[policy.preset ?? "2011"],
    ...policy,
  };
  const luns = shape.cabinets.flatMap((cabinet, c) =>
    Array.from({ length: shape.lunsPerCabinet }, (_, l) => ({ cabinet, lun: `lun-${c * shape.lunsPerCabinet + l + 1}` })),
  );
  const env = environmentOf({ domain, profile, timers: timersMs(timeFactor), policy: chosen });
  /** The nth LUN of a cabinet is mirrored to the nth of the next one. */
  const partner = (i: number) => luns[(i + shape.lunsPerCabinet) % luns.length]!.lun;
  const mirrored = shape.cabinets.length > 1 ? { MIRRORS: writeMirrors(Object.fromEntries(luns.map(({ lun }, i) => [lun, partner(i)]))) } : {};
  const limits: Record<string, string> = shape.cabinet
    ? { CABINET_KBPS: String(shape.cabinet.kBps), MIRROR_MB: String(shape.cabinet.mirrorMB), TENANTS_MB: String(shape.cabinet.tenantsMB) }
    : {};
  const bus = { nats: { to: "nats-1", port: "client", class: "bus" } };
  const state = { ccdb: { to: "ccdb-1", port: "pg", class: "state" } };
  /** Where users come in, as they call it; with a firewall the balancers are inside. */
  const door: Contained = { outside: ["door"], published: ["front"] };
  const gateway = shape.service ? { service: { to: "service-1", port: "broker", class: "state" } } : {};
  const ours = (name: string, role: string, parts: Partial<Component>): Component => ({
    name,
    role,
    command: ["node", bundle(role)],
    env,
    links: {},
    mounts: {},
    ready: "http:admin/healthz",
    supervised: false,
    ...parts,
    secrets: [...(parts.secrets ?? []), adminLabel(name), ...(parts.links?.nats ? [busLabel(name)] : [])],
    ports: { admin: "http", ...parts.ports },
  });

  const others: Component[] = [
    {
      ...ours("ccdb-1", "ccdb", {}),
      prepare: ["node", bundle("ccdb")],
      secrets: ["ccdb-password"],
      command: ["tool:postgres", "-D", "{data}/pg"],
      ports: { pg: "postgres" },
      ready: "tcp:pg",
      unprivileged: true,
      supervised: true,
    },
    ...shape.cabinets.map((name, i) => {
      const own = luns.filter((l) => l.cabinet === name);
      const peer = shape.cabinets[(i + 1) % shape.cabinets.length]!;
      return ours(name, "cabinet", {
        secrets: [watchLabel(name), mirrorLabel],
        env: { ...env, ...mirrored, ...limits, CORDS: cords(name, shape.cabinets[0]!, own) },
        ports: { ...Object.fromEntries(own.map((l) => [l.lun, "sftp" as const])), ...(peer === name ? {} : { mirror: "http" as const }) },
        links: peer === name ? {} : { peer: { to: peer, port: "mirror", class: "storage" } },
        supervised: true,
      });
    }),
    ...numbered("cc", shape.cc).map((name) =>
      ours(name, "cc", {
        env: { ...env, ...mirrored, ...(shape.ccWorkers ? { CC_WORKERS: String(shape.ccWorkers) } : {}) },
        secrets: [adminPasswordLabel, "ccdb-password", "jwt-key", "droplets", "system-routes", watchLabel(name), ...(shape.service ? ["broker-password"] : [])],
        ports: { api: "http" },
        fronts: { api: "edge" },
        contained: { published: ["api"] },
        links: { ...bus, ...state, ...gateway },
        mounts: Object.fromEntries(luns.map((l) => [l.lun, { from: l.cabinet, port: l.lun, marker }])),
        supervised: true,
      }),
    ),
    ...numbered("dea", shape.dea).map((name, i) => {
      const disk = shape.deaLuns ? luns[i % shape.deaLuns] : undefined;
      const mounts = disk ? { [disk.lun]: { from: disk.cabinet, port: disk.lun, marker } } : {};
      const runtimes = shape.runtimes ? { RUNTIMES: shape.runtimes[i % shape.runtimes.length]!.join(",") } : {};
      return ours(name, "dea", { env: { ...env, ...runtimes }, links: bus, mounts, slots: 16, supervised: true });
    }),
    ...numbered("monitor", shape.monitor ?? 0).map((name) =>
      ours(name, "monitor", {
        secrets: [...shape.cabinets, ...numbered("cc", shape.cc)].map(watchLabel),
        env: { ...env, THRESHOLDS: JSON.stringify(thresholdsMs(thresholds[chosen["monitor.thresholds"] as keyof typeof thresholds], timeFactor)) },
        links: {
          ...bus,
          ...Object.fromEntries(shape.cabinets.map((cabinet) => [cabinet, { to: cabinet, port: "admin", class: "storage" }])),
          ...Object.fromEntries(luns.map((l) => [l.lun, { to: l.cabinet, port: l.lun, class: "storage" }])),
        },
        supervised: true,
      }),
    ),
    ...(shape.service ? services(ours) : []),
    ours("hm-1", "hm", { secrets: ["ccdb-password"], links: { ...bus, ...state }, supervised: true }),
    ...numbered("router", shape.router).map((name) =>
      ours(name, "router", { secrets: ["system-routes"], ports: { http: "http" }, links: bus, supervised: true }),
    ),
    ...numbered("lb", shape.lb).map((name, i) =>
      ours(name, "lb", {
        ports: { front: "http" },
        contained: { ...(shape.firewall || i > 0 ? {} : door), env: { BALANCER: "haproxy" } },
        links: Object.fromEntries(numbered("router", shape.router).map((to) => [to, { to, port: "http", class: "edge" }])),
        supervised: true,
      }),
    ),
    ...numbered("firewall", shape.firewall ?? 0).map((name) =>
      ours(name, "firewall", {
        ports: { front: "http" },
        // A network namespace of its own has a packet filter of its own.
        contained: { ...door, env: { FIREWALL: "nft" }, filters: true },
        links: Object.fromEntries(numbered("lb", shape.lb).map((to) => [to, { to, port: "front", class: "edge" }])),
        supervised: true,
      }),
    ),
  ];
  const users = others.filter(({ links }) => links.nats);
  const messages: Component = {
    ...ours("nats-1", "nats", {}),
    env: { ...env, BUS_USERS: users.map(({ name, role }) => `${name}=${role}`).join(",") },
    prepare: ["node", bundle("nats")],
    secrets: ["owner", "gorouter", ...users.map(({ name }) => name)].map(busLabel),
    command: ["tool:nats-server", "-c", "{data}/nats.conf"],
    ports: { client: "nats" },
    ready: "tcp:client",
    supervised: true,
  };
  const components = [messages, ...others];
  const servers = numbered("dns", shape.dns);
  // The internal zone knows every component by name.
  const names = [...components.map(({ name }) => name), ...servers];
  const named = { ...env, COMPONENTS: names.join(",") };
  const contained: Contained = {
    // Where they are is not known before they run: whoever answers looks it up.
    env: { FRONT_ADDRESSES: "door", COMPONENTS: names.map((name) => `${name}=${name}`).join(",") },
    outside: [],
    published: ["dns"],
  };
  const all = [...components, ...servers.map((name) => ours(name, "dns", { env: named, ports: { dns: "udp" }, contained, supervised: true }))];
  return { profile, domain, components: all.map((one) => ({ ...one, supervised: one.supervised && chosen.supervisors === "on" })) };
}
