/** Manifests: what `cf push` says an app should be. Applied as a job; this makes the app. Keys that we have no use for are let through, as Cloud Foundry does. */

import type { FastifyInstance, FastifyRequest } from "fastify";
import { parse } from "yaml";
import * as z from "zod";
import { badRequest, notFound, parseError, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, refuseMetadata } from "../api/requests.js";
import type { Actor } from "../api/tokens.js";
import type { Context } from "../context.js";
import type { Sql } from "../database/database.js";
import { answerWithJob } from "../jobs/jobs-api.js";
import { type AppRow, appTarget, endpointPath, healthCheckTypes } from "./app-rows.js";
import { appName, createApp } from "./apps.js";
import { createRoute, findRoute, map, maxHost } from "./routes.js";

/** "64M", "1G", "1024MB" → MB. */
const megabytes = z.union([z.string(), z.number()]).transform((text, issue) => {
  const [, amount, unit] = /^(\d+(?:\.\d+)?)\s*([KMGT])?B?$/i.exec(String(text)) ?? [];
  const factor = { K: 1 / 1024, M: 1, G: 1024, T: 1024 * 1024 }[(unit ?? "M").toUpperCase()]!;
  if (amount !== undefined) return Math.max(Math.round(Number(amount) * factor), 1);
  issue.addIssue(`"${text}" is not an amount of memory like 64M or 1G`);
  return z.NEVER;
});
const processKeys = {
  command: z.string().nullish(),
  instances: z.number().int().min(0).max(100).optional(),
  memory: megabytes.optional(),
  disk_quota: megabytes.optional(),
  "disk-quota": megabytes.optional(),
  "health-check-type": z.enum([...healthCheckTypes, "none"]).optional(),
  "health-check-http-endpoint": z.string().regex(endpointPath, "must be a valid URI path").optional(),
  timeout: z.number().int().positive().optional(),
};
const application = z.looseObject({
  name: appName,
  ...processKeys,
  buildpack: z.string().nullish(),
  buildpacks: z.array(z.string()).nullish(),
  stack: z.string().nullish(),
  env: z.record(z.string(), z.union([z.string(), z.number(), z.boolean()]).transform(String)).nullish(),
  "default-route": z.boolean().optional(),
  "random-route": z.boolean().optional(),
  "no-route": z.boolean().optional(),
  routes: z.array(z.looseObject({ route: z.string() })).nullish(),
  processes: z.array(z.looseObject({ type: z.string(), ...processKeys })).nullish(),
});
export type Application = z.output<typeof application>;
type ProcessKeys = Omit<NonNullable<Application["processes"]>[number], "type">;

export function parseManifest(text: unknown): readonly Application[] {
  let document: unknown;
  try {
    document = parse(String(text ?? ""));
  } catch {
    throw parseError();
  }
  try {
    JSON.stringify(document);
  } catch {
    // By an alias within its own anchor: it is kept as JSON, which has no end then.
    throw unprocessable("The manifest has a part that contains itself.");
  }
  const parsed = z.looseObject({ applications: z.array(application).min(1) }).safeParse(document);
  if (!parsed.success) throw unprocessable(parsed.error.issues.map((issue) => `For application at ${issue.path.join(".")}: ${issue.message}`).join(", "));
  for (const one of parsed.data.applications) refuseMetadata(one);
  return parsed.data.applications;
}

interface Domain {
  readonly guid: string;
  readonly name: string;
}

/** "host.domain/path" → its parts, by the longest domain that fits. */
function split(route: string, domains: readonly Domain[]): { readonly domain: Domain; readonly host: string; readonly path: string } {
  const [, address = "", path = ""] = /^(?:https?:\/\/)?([^/]+)(\/.*)?$/.exec(route) ?? [];
  const name = address.toLowerCase();
  const domain = domains.filter((one) => name === one.name || name.endsWith(`.${one.name}`)).sort((a, b) => b.name.length - a.name.length)[0];
  if (!domain) throw unprocessable(`The route '${route}' did not match any existing domains.`);
  return { domain, host: name === domain.name ? "" : name.slice(0, -domain.name.length - 1), path };
}

const hostOf = (app: string) =>
  app
    .toLowerCase()
    .replace(/[^a-z0-9-]+/g, "-")
    .replace(/^-+|-+$/g, "");

/** The host name that the app's name gives; a random one is told apart by the app's guid, and there is always one. Throws CfError 422 if it gives none that is a host name. */
function defaultHost({ name, guid }: AppRow, random: boolean): string {
  const host = hostOf(name);
  const id = guid.slice(0, 8);
  if (random) return `${host.slice(0, maxHost - id.length - 1) || "app"}-${id}`.replace(/-+/g, "-");
  if (host === "") throw unprocessable(`The name '${name}' gives no host name for a default route: give a route, or random-route: true.`);
  if (host.length > maxHost) throw unprocessable(`The name '${name}' gives a host name of ${host.length} characters; it may have ${maxHost}.`);
  return host;
}

async function applyRoutes(sql: Sql, app: AppRow, wanted: Application): Promise<void> {
  if (wanted["no-route"]) {
    await sql.rows("delete from destinations where app_guid = $1", [app.guid]);
    return;
  }
  const domains = await sql.rows<Domain>("select guid, name from domains where not internal order by created_at");
  const mapped = await sql.row("select guid from destinations where app_guid = $1", [app.guid]);
  const given = (wanted.routes ?? []).map(({ route }) => split(route, domains));
  const [shared] = domains;
  if (given.length === 0 && !mapped && (wanted["default-route"] || wanted["random-route"]) && shared) {
    given.push({ domain: shared, host: defaultHost(app, wanted["random-route"] === true), path: "" });
  }
  for (const { domain, host, path } of given) {
    const found = await findRoute(sql, "r.domain_guid = $1 and r.host = $2 and r.path = $3", [domain.guid, host, path]);
    if (found && found.space_guid !== app.space_guid) throw unprocessable(`Routes cannot be mapped to destinations in different spaces.`);
    const route = found ?? (await createRoute(sql, { space: app.space_guid, domain: domain.guid, host, path }));
    await map(sql, route.guid, app.guid);
  }
}

async function applyProcess(sql: Sql, app: string, type: string, keys: ProcessKeys): Promise<void> {
  const check = keys["health-check-type"];
  const health =
    check === undefined
      ? null
      : JSON.stringify({
          type: check === "none" ? "process" : check,
          data: {
            timeout: keys.timeout ?? null,
            invocation_timeout: null,
            ...(check === "http" ? { endpoint: keys["health-check-http-endpoint"] ?? "/" } : {}),
          },
        });
  // "null" and "default" mean: what staging finds.
  const command = keys.command === null || keys.command === "null" || keys.command === "default" ? null : keys.command;
  await sql.rows(
    `update processes set command = case when $3 then $4 else command end, instances = coalesce($5, instances), memory_mb = coalesce($6, memory_mb),
       disk_mb = coalesce($7, disk_mb), health_check = coalesce($8, health_check), updated_at = now() where app_guid = $1 and type = $2`,
    [
      app,
      type,
      keys.command !== undefined,
      command ?? null,
      keys.instances ?? null,
      keys.memory ?? null,
      keys["disk-quota"] ?? keys.disk_quota ?? null,
      health,
    ],
  );
}

interface Applied {
  readonly app: AppRow;
  readonly instancesBefore: number;
}
async function apply(sql: Sql, space: string, wanted: Application, actor: Actor): Promise<Applied> {
  const buildpacks = wanted.buildpacks ?? (wanted.buildpack ? [wanted.buildpack] : undefined);
  const found = await sql.row<AppRow>("select * from apps where space_guid = $1 and name = $2 for update", [space, wanted.name]);
  const app = found ?? (await createApp(sql, { name: wanted.name, space }));
  await sql.rows("update apps set buildpacks = coalesce($2, buildpacks), stack = coalesce($3, stack), env = env || $4, updated_at = now() where guid = $1", [
    app.guid,
    buildpacks === undefined ? null : JSON.stringify(buildpacks),
    wanted.stack ?? null,
    JSON.stringify(wanted.env ?? {}),
  ]);
  const web = (await sql.row<{ instances: number }>("select instances from processes where app_guid = $1 and type = 'web'", [app.guid]))!;
  await applyProcess(sql, app.guid, "web", wanted);
  for (const { type, ...keys } of wanted.processes ?? []) if (type === "web") await applyProcess(sql, app.guid, type, keys);
  await applyRoutes(sql, app, wanted);
  await record(sql, found ? "audit.app.update" : "audit.app.create", actor, appTarget(app), { request: { name: wanted.name, instances: wanted.instances } });
  return { app, instancesBefore: web.instances };
}

export function manifests(api: FastifyInstance, context: Context): void {
  const { database, work, lifecycle } = context;
  const space = async (request: FastifyRequest<ByGuid>) => {
    const found = await database.row<{ guid: string }>("select guid from spaces where guid = $1", [request.params.guid]);
    if (!found) throw notFound("Space");
    return found.guid;
  };
  api.post<ByGuid>("/v3/spaces/:guid/actions/apply_manifest", async (request, reply) => {
    if (!/yaml/.test(request.headers["content-type"] ?? "")) throw badRequest("Content-Type must be yaml");
    const payload = { space: await space(request), applications: parseManifest(request.body), actor: request.actor };
    return answerWithJob(context, request, reply, "space.apply_manifest", payload);
  });
  work.on<{ space: string; applications: Application[]; actor: Actor }>("space.apply_manifest", 4, async ({ payload, commit }) => {
    const applied: Applied[] = [];
    await commit(async (sql) => {
      for (const wanted of payload.applications) applied.push(await apply(sql, payload.space, wanted, payload.actor));
    });
    for (const { app, instancesBefore } of applied) {
      await lifecycle.scaled(database, app.guid, instancesBefore);
      await lifecycle.routesChanged(database, app.guid);
    }
  });
  // A difference is only shown to the developer; an empty one is a complete answer.
  api.post<ByGuid>("/v3/spaces/:guid/manifest_diff", async (request, reply) => {
    await space(request);
    parseManifest(request.body);
    return reply.code(201).send({ diff: [] });
  });
}
