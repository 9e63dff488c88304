/** Takes a Toxiproxy that somebody else runs, so that all other commands work on its proxies as on a foundation's links. Nothing of it is changed. */
import { join } from "node:path";
import type { Asked } from "../core.js";
import { attachedName } from "../engines/attached-toxiproxy/engine.js";
import { findProxies, type Proxies, urlIn } from "../engines/attached-toxiproxy/proxies.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import { startKeeper } from "../keeper/start.js";
import { loadTarget } from "../registry.js";
import { newFoundation } from "../state/foundation.js";
import { writeWhole } from "../state/own-file.js";
import { asksOf, type ProjectConfig, readConfig } from "./project-config.js";

const engine = "attached-toxiproxy";

export interface FoundToxiproxy {
  readonly found: Proxies;
  readonly config: ProjectConfig;
  readonly asks: readonly Asked[];
}
export interface Permission {
  /** It may be another machine's. */
  readonly remote?: boolean | undefined;
  /** Proxies that have toxics of somebody else's may be broken as well. */
  readonly beside?: boolean | undefined;
}

/** Looks, and touches nothing. */
export async function lookAtToxiproxy(
  address: string,
  configPath: string | undefined,
  { remote = false, beside = false }: Permission,
): Promise<FoundToxiproxy> {
  const url = urlIn(address, remote);
  const config = await readConfig(configPath);
  const found = await findProxies(url, { ...config, beside });
  const asks = config.probes.length > 0 ? asksOf(config, new Set()) : asksOfProxies(found);
  return { found, config, asks };
}

const defaults = { periodMs: 100, deadlineMs: 1000 };
/** Every answer but a server's error is one. */
const asksOfProxies = ({ proxies }: Proxies): readonly Asked[] =>
  proxies
    .filter(({ protocol }) => protocol === "http")
    .map(({ name, host, port }): Asked => {
      const question = { kind: "http", url: `http://${host}:${port}/`, connection: "fresh", follow: false, expect: { statuses: [[100, 499]] } } as const;
      return { name, plane: "data", from: "outside", ...defaults, question };
    });

/** Starts its keeper, which stays until `flounder detach`. */
export async function attachToxiproxy({ found, config, asks }: FoundToxiproxy, id: string, say: (line: string) => void): Promise<KeeperClient> {
  const system = await loadTarget("toxiproxy");
  const spec = await newFoundation({ id, system, profile: new URL(found.url).host, timeFactor: 1, policy: {}, engine });
  const { dir, secret: _, ...rest } = spec;
  const { blastRadius, longestS, recover } = config;
  const file = { spec: rest, found, rails: { blastRadius, longestS }, asks, ...(recover === undefined ? {} : { recover }) };
  writeWhole(join(dir, attachedName), JSON.stringify(file, null, 1));
  return startKeeper(spec, say, { stays: true });
}
