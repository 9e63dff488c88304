/** flounder.config.ts of a project that is attached: its bounds, and what is asked. */
import { existsSync } from "node:fs";
import { resolve } from "node:path";
import { z } from "zod";
import { importOwn } from "../authors/own-module.js";
import type { Asked } from "../core.js";
import { boundsSchema } from "../engines/attached/bounds.js";
import { FlounderError } from "../errors.js";
import { endpointSchema, watchedOf } from "../watch/endpoints.js";

/** An endpoint as `flounder watch --config` has it, with a name and a plane. A URL or TCP address whose host is a service of the project is asked at that service. */
const probe = endpointSchema.extend({
  name: z.string().min(1).max(100),
  plane: z.enum(["control", "data"]).default("data"),
  /** inside: at the service's own address; outside: where its port is published. Default: inside for a service's name, outside for any other address. */
  from: z.enum(["outside", "inside"]).optional(),
});

export const configSchema = boundsSchema.extend({ probes: z.array(probe).default([]) });
export type ProjectConfig = z.output<typeof configSchema>;
/** What a config file default-exports. */
export type FlounderConfig = z.input<typeof configSchema>;

export const defaultConfig: ProjectConfig = configSchema.parse({});
const defaults = { periodMs: 100, deadlineMs: 1000 };
/** Stands for the address of a port that moves. */
export const somewhere = "0.0.0.0";

/** A file's default export, checked. Absent: flounder.config.ts, .mjs or .js of this folder, else the defaults. Rejects with FlounderError "usage". */
export async function readConfig(path?: string): Promise<ProjectConfig> {
  const found = path ?? ["flounder.config.ts", "flounder.config.mjs", "flounder.config.js"].find((name) => existsSync(name));
  if (found === undefined) return defaultConfig;
  const parsed = configSchema.safeParse(await importOwn(resolve(found), "file"));
  if (parsed.success) return parsed.data;
  const [issue] = parsed.error.issues;
  throw new FlounderError("usage", `${found}: ${issue!.path.join(".") || "the file"}: ${issue!.message}`, "docs/attach.md says what it may have");
}

/** The probes of a config as questions; `services` are the names whose addresses we know. Throws FlounderError "usage". */
export function asksOf({ probes }: Pick<ProjectConfig, "probes">, services: ReadonlySet<string>): readonly Asked[] {
  const placed = probes.map(({ plane, from, ...spec }) => {
    const at = addressIn(spec, services);
    if (!at && from === "inside")
      throw new FlounderError(
        "usage",
        `probe ${spec.name}: from "inside" needs a service's name as its host`,
        `the project has ${[...services].sort().join(", ")}`,
      );
    return { plane, from: from ?? (at ? ("inside" as const) : ("outside" as const)), at, spec: at ? { ...spec, ...moved(spec, at) } : spec };
  });
  const watched = watchedOf(
    placed.map(({ spec }) => spec),
    defaults,
  );
  return placed.map(({ plane, from, at, spec }, i): Asked => {
    const { question, periodUs, deadlineUs } = watched[i]!.target;
    return { name: spec.name, plane, from, periodMs: periodUs / 1000, deadlineMs: deadlineUs / 1000, question, ...(at ? { at } : {}) };
  });
}

/** Of a member of the project: its service, and port → how it is asked. */
interface Listening {
  readonly service: string;
  readonly ports: Readonly<Record<string, string>>;
}

/** Without probes in the config: what each published HTTP port answers, outside and at the service's own address; every answer but a server's error is one. */
export function asksOfPorts(members: readonly Listening[], isPublished: (service: string, port: number) => boolean): readonly Asked[] {
  const seen = new Set<string>();
  return members.flatMap(({ service, ports }) =>
    Object.entries(ports).flatMap(([text, kind]) => {
      const port = Number(text);
      const name = `${service}:${port}`;
      if (kind !== "http" || seen.has(name) || !isPublished(service, port)) return [];
      seen.add(name);
      const question = { kind: "http", url: `http://${somewhere}:${port}/`, connection: "fresh", follow: false, expect: { statuses: [[100, 499]] } } as const;
      return (["outside", "inside"] as const).map((from): Asked => ({ name, plane: "data", from, ...defaults, question, at: { role: service, port } }));
    }),
  );
}

/** A service's port, where the question has a service's name. */
function addressIn({ url, tcp }: { readonly url?: string | undefined; readonly tcp?: string | undefined }, services: ReadonlySet<string>): Asked["at"] {
  const address = url ?? (tcp === undefined ? undefined : `tcp://${tcp}`);
  if (address === undefined || !URL.canParse(address)) return undefined;
  const { hostname, port, protocol } = new URL(address);
  return services.has(hostname) ? { role: hostname, port: Number(port) || (protocol === "https:" ? 443 : 80) } : undefined;
}
/** The same question where a service's name and port stand no more. Its name goes along as the Host header, as a client inside would send it. */
function moved(spec: { readonly url?: string | undefined; readonly headers?: Readonly<Record<string, string>> | undefined }, at: NonNullable<Asked["at"]>) {
  if (spec.url === undefined) return { tcp: `${somewhere}:${at.port}` };
  const url = new URL(spec.url);
  const host = url.host;
  url.hostname = somewhere;
  const hasHost = Object.keys(spec.headers ?? {}).some((name) => name.toLowerCase() === "host");
  return { url: url.href, ...(hasHost ? {} : { headers: { ...spec.headers, Host: host } }) };
}
