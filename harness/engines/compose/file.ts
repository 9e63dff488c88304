/**
 * From a topology to a compose document: a service for each component and for each class of links' Toxiproxy. Pure. Docker Compose v2 and 1.29.2 take it,
 * hence no `version:`, no `name:`, and a doubled $ for a plain one.
 * What is the user's comes from the environment of whoever runs compose, so the document holds no secret: FLOUNDER_ID, FLOUNDER_DIR (its run/ and logs/ are
 * shared with the containers, its secrets/<component> with that one alone), FLOUNDER_IMAGE, FLOUNDER_NET, FLOUNDER_USER. All have defaults, for running it
 * by hand; then, and only then, FOUNDATION_SECRET is in the containers' environment, and their supervisors derive what the engine writes into files.
 */
import { relative } from "node:path";
import type { Component, Topology } from "../../core.js";
import { dist } from "../../paths.js";
import { guardOf, labelsOf } from "../guard.js";
import { secretsName } from "../secrets.js";
import { mountName } from "../target-list.js";
import { type Hosts, proxyName, type Wiring, wiringEnv } from "../wiring.js";
import { addressesOf, insideSubnet } from "./docker/addresses.js";
import { labels } from "./docker/labels.js";
import { needs, rightsOf } from "./rights.js";

export { labels };

export const proxyService = (linkClass: string): string => `toxiproxy-${linkClass}`;
/** How containers are dialled: by the names of their services. */
export const hosts: Hosts = { bind: "0.0.0.0", proxyOf: proxyService };

/** Where a component has its data, and the volumes that it mounts. */
export const dataDir = "/data";
export const volumePath = (volume: string): string => `/mounts/${volume}`;
/** Whom components run as: the image's own unprivileged user, if nobody says. */
const user = "${FLOUNDER_USER:-900:900}";
/** Where a container has the folder with its component's secrets. */
const grantedDir = "/run/flounder";

/** The role of the proxies' services. */
export const proxyRole = "toxiproxy";

export type Network = "inside" | "outside";
type Words = Readonly<Record<string, string>>;
export interface Service {
  readonly image: string;
  readonly pull_policy: "never";
  readonly hostname: string;
  readonly labels: Words;
  /** Absent: root, with the rights that are given by name alone; its supervisor starts the component as RUN_AS. */
  readonly user?: string;
  readonly command: readonly string[];
  readonly environment: Words;
  readonly depends_on?: readonly string[];
  readonly networks: Readonly<Partial<Record<Network, { readonly aliases?: readonly string[]; readonly ipv4_address?: string }>>>;
  readonly extra_hosts: readonly string[];
  readonly ports?: readonly string[];
  readonly volumes: readonly string[];
  readonly restart: "no";
  readonly stop_grace_period: string;
  readonly cap_drop: readonly string[];
  readonly cap_add?: readonly string[];
  readonly devices?: readonly string[];
  readonly security_opt: readonly string[];
  readonly sysctls?: Words;
  readonly pids_limit: number;
}
export interface ComposeDocument {
  readonly services: Readonly<Record<string, Service>>;
  readonly networks: Readonly<Record<Network, { readonly labels: Words; readonly ipam?: { readonly config: readonly Words[] } }>>;
}

/** Compose puts variables in for $: a plain one is doubled. */
const plain = (text: string) => text.replaceAll("$", "$$$$");
const plainly = (env: Words): Words => Object.fromEntries(Object.entries(env).map(([name, value]) => [name, plain(value)]));
const foundation = "${FLOUNDER_ID:-by-hand}";
/** For people who start it by hand and set none. */
export const byHandSecret = "by-hand";
/** Empty is empty: the engine says so. */
const secret = `\${FOUNDATION_SECRET-${byHandSecret}}`;

/** Where the image has what a command's first word, or a file of dist/, means. */
const programs: Words = { node: "node", "tool:nats-server": "nats-server", "tool:postgres": "/opt/pg/bin/postgres" };
export function inImage(command: readonly string[], ports: Readonly<Record<string, number>>): readonly string[] {
  return command.map((word, at) => {
    if (at > 0) {
      const below = relative(dist, word);
      const file = word.startsWith("/") && !below.startsWith("..") ? `/opt/flounder/dist/${below}` : word;
      return file.replaceAll("{data}", dataDir).replace(/\{port\.([^}]+)\}/g, (_, port: string) => String(ports[port]));
    }
    const program = programs[word];
    if (!program) throw new Error(`the topology starts "${word}", which the image does not have; it has ${Object.keys(programs).join(", ")}`);
    return program;
  });
}

/** So many processes and threads a container may have (Node has eleven), more where apps are. Other bounds are its supervisor's. */
const pids = 512;
const pidsOfApps = 2048;

/** Every service's address inside. */
type Addresses = ReadonlyMap<string, string>;

const common = (name: string, role: string, addresses: Addresses) => ({
  image: "${FLOUNDER_IMAGE:-flounder/platform:dev}",
  pull_policy: "never" as const,
  hostname: name,
  labels: { [labels.foundation]: foundation, [labels.role]: role, [labels.component]: name },
  volumes: ["run", "logs"].map((folder) => `\${FLOUNDER_DIR:-./state}/${folder}:/state/${folder}`),
  extra_hosts: [...addresses].map(([of, address]) => `${of}:${address}`),
  restart: "no" as const,
  pids_limit: pids,
  stop_grace_period: "1s",
});

const inside = (name: string, addresses: Addresses) => ({ inside: { ipv4_address: addresses.get(name)! } });

/** What the supervisor in every container is told, whatever it starts. */
const supervision = (name: string, supervised: boolean, signal: NodeJS.Signals): Words => ({
  FLOUNDER_FOUNDATION: foundation,
  FLOUNDER_COMPONENT: name,
  SUPERVISED: supervised ? "1" : "0",
  END_SIGNAL: signal.replace("SIG", ""),
  DATA_DIR: dataDir,
});

/** Servers that are asked to end in their own way: Postgres' SIGTERM waits for its clients, its SIGINT does not. */
const endSignal = (command: readonly string[]): NodeJS.Signals => (command[0] === "tool:postgres" ? "SIGINT" : "SIGTERM");

/**
 * Whose containers are started before: the proxies that it dials, and those of whom it dials that the topology names before it, so nobody waits in a circle.
 * Nobody's readiness is waited for; but where containers start slowly, whoever watches others would take their absence for a failure.
 */
function before(component: Component, topology: Topology, wiring: Wiring): readonly string[] {
  const dialled = [...wiring.proxies.values()].filter(({ from, to }) => from === component.name && to !== component.name);
  const earlier = topology.components.slice(0, topology.components.indexOf(component)).filter(({ name }) => dialled.some(({ to }) => to === name));
  return [...new Set([...dialled.map((proxied) => proxyService(proxied.class)), ...earlier.map(({ name }) => name)])];
}

function componentService(component: Component, topology: Topology, wiring: Wiring, addresses: Addresses): Service {
  const { name, role, command, prepare, contained = {} } = component;
  const ports = wiring.ports.get(name)!;
  const first = before(component, topology, wiring);
  const prepared = prepare && inImage(prepare, ports);
  if (prepared?.some((word) => /\s/.test(word))) throw new Error(`${name} is prepared by "${prepared.join('" "')}": no word may have a blank in it`);
  const mounts = Object.keys(component.mounts).map((volume) => {
    const { class: of, listen } = wiring.proxies.get(mountName(name, volume))!;
    return `${volume}=${hosts.proxyOf(of)}:${listen}`;
  });
  const needed = needs(component);
  const shared = common(name, role, addresses);
  const secrets = labelsOf(component);
  return {
    ...shared,
    ...(needed.length > 0 ? {} : { user }),
    pids_limit: component.slots ? pidsOfApps : pids,
    command: ["supervise", ...inImage(command, ports)].map(plain),
    environment: {
      ...supervision(name, component.supervised, endSignal(command)),
      HOME: dataDir,
      ...granted(secrets),
      ...(needed.length > 0 ? { RUN_AS: user } : {}),
      ...(needed.includes("namespaces") ? { WHOLE_PROC: "1" } : {}),
      ...(needed.includes("packets") ? { AMBIENT: "net_admin" } : {}),
      ...plainly({
        HOST_NAME: name,
        ...component.env,
        ...wiringEnv(component, wiring, hosts, volumePath),
        ...(prepared ? { PREPARE: prepared.join(" ") } : {}),
        ...(mounts.length > 0 ? { SSHFS: mounts.join(" ") } : {}),
        ...contained.env,
      }),
    },
    ...(first.length > 0 ? { depends_on: first } : {}),
    networks: { ...inside(name, addresses), ...(contained.outside ? { outside: contained.outside.length > 0 ? { aliases: contained.outside } : {} } : {}) },
    ...(contained.published ? { ports: contained.published.flatMap((port) => published(ports[port]!, component.ports[port] === "udp")) } : {}),
    ...(secrets.length > 0 ? { volumes: [...shared.volumes, grantedVolume(name)] } : {}),
    ...rightsOf(needed),
  };
}
const published = (port: number, udp: boolean) => ["tcp", ...(udp ? ["udp"] : [])].map((over) => `127.0.0.1:${port}:${port}/${over}`);

const granted = (secrets: readonly string[]) =>
  secrets.length > 0 ? { SECRETS: secrets.join(" "), SECRETS_FILE: `${grantedDir}/${secretsName}`, FOUNDATION_SECRET: secret } : {};
const grantedVolume = (name: string) => `\${FLOUNDER_DIR:-./state}/secrets/${name}:${grantedDir}:ro`;

/** One proxy on each line, so that people can read it. */
function proxies(linkClass: string, wiring: Wiring): string {
  const all = [...wiring.proxies.values()].filter((proxied) => proxied.class === linkClass);
  const each = all.map(({ target, listen, to, upstream }) =>
    JSON.stringify({ name: proxyName(target), listen: `${hosts.bind}:${listen}`, upstream: `${to}:${upstream}`, enabled: true }),
  );
  return `[\n${each.join(",\n")}\n]`;
}
function proxiesService(linkClass: string, port: number, wiring: Wiring, addresses: Addresses): Service {
  const name = proxyService(linkClass);
  const shared = common(name, proxyRole, addresses);
  const guard = guardOf(linkClass, wiring);
  const start = `printenv PROXIES > /tmp/proxies.json; exec flounder-toxiproxy -host ${hosts.bind} -port ${port} -config /tmp/proxies.json`;
  return {
    ...shared,
    user,
    command: ["supervise", "bash", "-c", plain(start)],
    environment: {
      ...supervision(name, true, "SIGTERM"),
      ...granted(guard.secrets),
      LOG_LEVEL: "warn",
      GUARD: plain(guard.text),
      PROXIES: plain(proxies(linkClass, wiring)),
    },
    volumes: [...shared.volumes, grantedVolume(name)],
    networks: inside(name, addresses),
    ...rightsOf([]),
  };
}

export function composeFile(topology: Topology, wiring: Wiring): ComposeDocument {
  const network = { labels: { [labels.foundation]: foundation } };
  const addresses = addressesOf([...[...wiring.servers.keys()].map(proxyService), ...topology.components.map(({ name }) => name)]);
  return {
    services: Object.fromEntries([
      ...[...wiring.servers].map(([of, port]) => [proxyService(of), proxiesService(of, port, wiring, addresses)] as const),
      ...topology.components.map((component) => [component.name, componentService(component, topology, wiring, addresses)] as const),
    ]),
    networks: { inside: { ...network, ipam: { config: [insideSubnet] } }, outside: network },
  };
}
