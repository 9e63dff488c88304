/**
 * Configuration and desired state as words: equal before and after, or something was not healed.
 * Never pids, instance ids, ports or which DEA: these change when the platform does its work.
 */

import type { Call, Topology } from "../../../harness/core.js";
import { edgeWays } from "../adapters/edge.js";
import type { StorageState } from "../contract/storage.js";
import { isProbeApp } from "../workload/sample-apps.js";

/** What a DEA says of one instance (GET /instances). */
export interface Instance {
  readonly name: string;
  readonly index: number;
  readonly state: string;
  readonly listenPort: number;
}

type Words = Record<string, string>;

const noAnswer = "no answer";

export async function fingerprint(topology: Topology, call: Call): Promise<Readonly<Words>> {
  const names = (role: string) => topology.components.filter((component) => component.role === role).map((component) => component.name);
  const parts = await Promise.all([
    ...topology.components.filter((component) => component.ports.admin !== undefined).map((component) => answers(call, component.name)),
    desired(call, names("cc")),
    ...names("cc").map((cc) => storage(call, cc)),
    ...names("router").map((router) => table(call, router)),
    instances(call, names("dea")),
    ...names("lb").map((lb) => backends(call, lb)),
    ...topology.components.filter((component) => edgeWays(component).config).map((component) => config(call, component.name)),
  ]);
  return Object.fromEntries(Object.entries(Object.assign({}, ...parts) as Words).sort(([a], [b]) => (a < b ? -1 : 1)));
}

const answers = async (call: Call, name: string): Promise<Words> => ({
  [name]: await call(name, "/healthz").then(
    () => "answers",
    () => noAnswer,
  ),
});

/** Apps, routes, spaces and the latch, from the first CC that answers: all read one database. */
async function desired(call: Call, ccs: readonly string[]): Promise<Words> {
  for (const cc of ccs) {
    const words = await asked<Words>(call, cc, "/fingerprint");
    if (words) return Object.fromEntries(Object.entries(words).map(([key, word]) => [`desired ${key}`, word]));
  }
  return { desired: noAnswer };
}

async function storage(call: Call, cc: string): Promise<Words> {
  const state = await asked<StorageState>(call, cc, "/state");
  if (!state) return { [`${cc} storage`]: noAnswer };
  const mounts = Object.entries(state.mounts).map(([lun, word]) => [`${cc} ${lun}`, word] as const);
  return { [`${cc} storage`]: state.readOnly ? "read-only" : "writable", ...Object.fromEntries(mounts) };
}

/** Hosts that a router knows, not the addresses behind them. */
async function table(call: Call, router: string): Promise<Words> {
  const [routes, { held, poison } = { held: undefined, poison: null }] = await Promise.all([
    asked<Record<string, readonly unknown[]>>(call, router, "/routes"),
    asked<{ held: boolean; poison: string | null }>(call, router, "/table"),
  ]);
  if (!routes || held === undefined) return { [`${router} table`]: noAnswer };
  const known = Object.keys(routes).filter((host) => !isProbeApp(host) && (routes[host]?.length ?? 0) > 0);
  return {
    [`${router} table`]: held ? "held" : poison === null ? "open" : `poisoned: ${poison}`,
    ...Object.fromEntries(known.map((host) => [`${router} knows ${host}`, "yes"])),
  };
}

/** Who runs: "app-1/0": "RUNNING", once per index wherever it is. */
async function instances(call: Call, deas: readonly string[]): Promise<Words> {
  const words: Words = {};
  for (const found of await Promise.all(deas.map((dea) => asked<readonly Instance[]>(call, dea, "/instances"))))
    for (const { name, index, state } of found ?? [])
      if (!isProbeApp(name) && state === "RUNNING") {
        const key = `${name}/${index}`;
        words[key] = words[key] === undefined ? state : `${words[key]} and ${state}`;
      }
  return words;
}

async function backends(call: Call, lb: string): Promise<Words> {
  const routers = await asked<readonly { router: string; healthy: boolean }[]>(call, lb, "/backends");
  if (!routers) return { [`${lb} backends`]: noAnswer };
  return Object.fromEntries(routers.map(({ router, healthy }) => [`${lb} to ${router}`, healthy ? "healthy" : "unhealthy"]));
}

/** What it runs from, in its own words, never how often it was changed. */
async function config(call: Call, name: string): Promise<Words> {
  const facts = await asked<{ running: unknown }>(call, name, "/config");
  return { [`${name} config`]: facts === undefined ? noAnswer : JSON.stringify(facts.running) };
}

/** undefined when it does not answer. */
export async function asked<T>(call: Call, component: string, path: string): Promise<T | undefined> {
  try {
    return (await call(component, path)) as T;
  } catch {
    return undefined;
  }
}
