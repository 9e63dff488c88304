/** Apps and their processes as rows, and as v3 shows them. */

import type { Target } from "../api/events.js";
import { common, type Dated, find, relation } from "../api/requests.js";
import type { Sql } from "../database/database.js";

export interface AppRow extends Dated {
  readonly name: string;
  readonly space_guid: string;
  readonly state: "STARTED" | "STOPPED";
  readonly buildpacks: readonly string[];
  readonly stack: string;
  readonly env: Readonly<Record<string, string>>;
  readonly current_droplet: string | null;
  readonly running_droplet: string | null;
  readonly version: string;
}
export const healthCheckTypes = ["port", "http", "process"] as const;
/** A path as it goes out in a request's first line. */
export const endpointPath = /^\/[\x21-\x7e]*$/;

export interface ProcessRow extends Dated {
  readonly app_guid: string;
  readonly type: string;
  readonly command: string | null;
  readonly instances: number;
  readonly memory_mb: number;
  readonly disk_mb: number;
  readonly health_check: {
    readonly type: (typeof healthCheckTypes)[number];
    readonly data: { readonly timeout?: number | null; readonly endpoint?: string | null };
  };
}

export const findApp = (sql: Sql, guid: string): Promise<AppRow> => find(sql, "apps", "App", guid);
export const appTarget = (app: { guid: string; name: string; space_guid: string }): Target => ({
  guid: app.guid,
  name: app.name,
  type: "app",
  space: app.space_guid,
});

export function presentApp(row: AppRow, base: string) {
  const shared = common(row, base, "apps");
  const link = (path: string, method?: string) => ({ href: `${base}/v3/apps/${row.guid}/${path}`, ...(method === undefined ? {} : { method }) });
  return {
    ...shared,
    name: row.name,
    state: row.state,
    lifecycle: { type: "buildpack", data: { buildpacks: row.buildpacks, stack: row.stack } },
    relationships: { space: relation(row.space_guid), current_droplet: relation(row.current_droplet) },
    links: {
      ...shared.links,
      space: { href: `${base}/v3/spaces/${row.space_guid}` },
      processes: link("processes"),
      packages: link("packages"),
      environment_variables: link("environment_variables"),
      current_droplet: link("droplets/current"),
      droplets: link("droplets"),
      start: link("actions/start", "POST"),
      stop: link("actions/stop", "POST"),
    },
  };
}

export function presentProcess(row: ProcessRow, base: string) {
  const shared = common(row, base, "processes");
  const link = (path: string, method?: string) => ({ href: `${base}/v3/processes/${row.guid}/${path}`, ...(method === undefined ? {} : { method }) });
  return {
    ...shared,
    version: row.guid,
    type: row.type,
    command: row.command,
    user: "vcap",
    instances: row.instances,
    memory_in_mb: row.memory_mb,
    disk_in_mb: row.disk_mb,
    log_rate_limit_in_bytes_per_second: -1,
    health_check: row.health_check,
    readiness_health_check: { type: "process", data: { invocation_timeout: null, interval: null } },
    relationships: { app: relation(row.app_guid), revision: null },
    links: { ...shared.links, scale: link("actions/scale", "POST"), stats: link("stats"), app: { href: `${base}/v3/apps/${row.app_guid}` } },
  };
}
/** Lists hide the command. */
export const presentListedProcess = (row: ProcessRow, base: string) => ({
  ...presentProcess(row, base),
  command: row.command === null ? null : "[PRIVATE DATA HIDDEN IN LISTS]",
});
