/** What the engine tells a component about itself, read from its environment. One clear error names the variable that is missing or malformed. */
import { type Env, givenBy, need } from "../../contract/environment.js";
import type { TimersMs } from "../../contract/timers.js";
import { granted } from "./secrets.js";

export interface Address {
  readonly host: string;
  readonly port: number;
}

/** Where an app may listen, and under which address the routers reach it. */
export interface Slot extends Address {
  readonly listen: number;
}

export interface Config {
  /** "cc-1" */
  readonly name: string;
  /** The foundation's id. */
  readonly foundation: string;
  readonly domain: string;
  readonly dataDir: string;
  readonly bindHost: string;
  /** By which others on the same network call this machine: HOST_NAME, else where we listen. */
  readonly host: string;
  /** Number to listen on at bindHost. */
  port(name: string): number;
  /** Every port, by its key in lower case with dashes. */
  ports(): Readonly<Record<string, number>>;
  /** The address that others dial for a port of ours. */
  advertise(name: string): Address;
  link(name: string): Address;
  /** Every link, by its key in lower case with dashes: "nats", "router-1". */
  links(): Readonly<Record<string, Address>>;
  /** Mounted LUNs: "lun-1" → path. */
  mounts(): Readonly<Record<string, string>>;
  /** App slots; empty if the component has none. */
  slots(): readonly Slot[];
  /** ms, already divided by the foundation's time factor where that applies. */
  readonly timers: TimersMs;
  readonly policy: Readonly<Record<string, string>>;
  /** hmac-sha256 of the label under the foundation's secret, as hex. Throws for a label that the topology does not grant to this component. */
  secret(label: string): string;
}

const variable = (prefix: string, name: string) => `${prefix}_${name.toUpperCase().replace(/[^A-Z0-9]/g, "_")}`;

function portOf(text: string, name: string): number {
  const port = Number(text);
  if (!/^\d+$/.test(text) || port < 1 || port > 65_535) throw new Error(`environment variable ${name} is "${text}"; expected a port of 1 to 65535`);
  return port;
}
function addressOf(text: string, name: string): Address {
  const colon = text.lastIndexOf(":");
  if (colon < 1) throw new Error(`environment variable ${name} is "${text}"; expected host:port`);
  return { host: text.slice(0, colon), port: portOf(text.slice(colon + 1), name) };
}
/** Variables with this prefix, by the rest of their name as the topology wrote it. */
function group<T>(env: Env, prefix: string, read: (value: string, name: string) => T): Record<string, T> {
  const found: Record<string, T> = {};
  for (const [name, value] of Object.entries(env))
    if (value && name.startsWith(`${prefix}_`))
      found[
        name
          .slice(prefix.length + 1)
          .toLowerCase()
          .replaceAll("_", "-")
      ] = read(value, name);
  return found;
}
function slotOf(text: string): Slot {
  const [listen = "", host = "", port = ""] = text.split(":");
  if (!host) throw new Error(`environment variable SLOTS has "${text}"; expected listen:host:port`);
  return { listen: portOf(listen, "SLOTS"), host, port: portOf(port, "SLOTS") };
}

/** Reads an environment; everything that every component needs is checked at once, the rest when asked for. */
export function readConfig(env: Env): Config {
  return {
    ...givenBy(env),
    name: need(env, "FLOUNDER_COMPONENT"),
    foundation: need(env, "FLOUNDER_FOUNDATION"),
    dataDir: need(env, "DATA_DIR"),
    bindHost: need(env, "BIND_HOST"),
    host: env.HOST_NAME || need(env, "BIND_HOST"),
    port(name) {
      const key = variable("PORT", name);
      return portOf(need(env, key), key);
    },
    ports: () => group(env, "PORT", portOf),
    advertise(name) {
      const key = variable("ADVERTISE", name);
      return addressOf(need(env, key), key);
    },
    link(name) {
      const key = variable("LINK", name);
      return addressOf(need(env, key), key);
    },
    links: () => group(env, "LINK", addressOf),
    mounts: () => group(env, "MOUNT", (path) => path),
    slots: () => (env.SLOTS ? env.SLOTS.split(",").map(slotOf) : []),
    secret: granted(env),
  };
}

let own: Config | undefined;
/** This process's configuration. */
export function config(): Config {
  own ??= readConfig(process.env);
  return own;
}
