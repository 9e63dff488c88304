/** Routes and what they lead to. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import * as z from "zod";
import { config } from "../../base/config.js";
import { systemHosts } from "../../base/system-routes.js";
import { notFound, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, baseUrl, bodyAs, common, type Dated, type List, list, related, relation } from "../api/requests.js";
import type { Context } from "../context.js";
import { isDuplicate, type Sql } from "../database/database.js";
import { answerWithJob } from "../jobs/jobs-api.js";
import { appTarget, findApp } from "./app-rows.js";

interface Destination {
  readonly guid: string;
  readonly app_guid: string;
  readonly process_type: string;
}
export interface RouteRow extends Dated {
  readonly space_guid: string;
  readonly domain_guid: string;
  readonly domain_name: string;
  readonly host: string;
  readonly path: string;
  readonly destinations: readonly Destination[];
}

/** Of one label of a host name (RFC 1035 §2.3.4). */
export const maxHost = 63;
/** Ours: whoever had them would be taken for the platform, and be given passwords. */
const reserved = new Set(["api", "uaa", "login"]);

const newRoute = z.object({
  host: z
    .string()
    .max(maxHost)
    .regex(/^(\*|[\w-]*)$/)
    .default(""),
  path: z
    .string()
    .max(128)
    .regex(/^(\/.*)?$/)
    .default(""),
  relationships: z.object({ space: related, domain: related }),
});
const destinationsBody = z.object({
  destinations: z.array(z.object({ app: z.object({ guid: z.string(), process: z.object({ type: z.string() }).nullish() }) })),
});

const columns = `r.*, d.name as domain_name,
  coalesce((select jsonb_agg(jsonb_build_object('guid', x.guid, 'app_guid', x.app_guid, 'process_type', x.process_type) order by x.guid) from destinations x where x.route_guid = r.guid), '[]') as destinations`;
const from = "routes r join domains d on d.guid = r.domain_guid join spaces s on s.guid = r.space_guid";

export const hostName = (row: { readonly host: string; readonly domain_name: string; readonly path: string }): string =>
  `${row.host === "" ? "" : `${row.host}.`}${row.domain_name}${row.path}`;

const presentDestination = (row: Destination) => ({
  guid: row.guid,
  app: { guid: row.app_guid, process: { type: row.process_type } },
  weight: null,
  port: 8080,
  protocol: "http1",
});
function presentRoute(row: RouteRow, base: string) {
  return {
    ...common(row, base, "routes"),
    protocol: "http",
    host: row.host,
    path: row.path,
    port: null,
    url: hostName(row),
    options: {},
    destinations: row.destinations.map(presentDestination),
    relationships: { space: relation(row.space_guid), domain: relation(row.domain_guid) },
  };
}

export async function findRoute(sql: Sql, condition: string, values: readonly unknown[]): Promise<RouteRow | undefined> {
  return sql.row<RouteRow>(`select ${columns} from ${from} where ${condition}`, values);
}

/** Throws CfError 422 for a host on the foundation's own domain that no app can have: the bare domain is everybody's. */
function checkShared(host: string): void {
  if (host === "") throw unprocessable("Missing host. Routes in shared domains must have a host defined.");
  if (reserved.has(host)) throw unprocessable(`Host '${host}' is reserved for the system.`);
}

/** Throws CfError 422 if it is taken, or can be nobody's. */
export async function createRoute(
  sql: Sql,
  route: { readonly space: string; readonly domain: string; readonly host: string; readonly path: string },
): Promise<RouteRow> {
  try {
    const guid = randomUUID();
    const made = await sql.row(
      "insert into routes (guid, space_guid, domain_guid, host, path) select $1, s.guid, d.guid, $4, $5 from spaces s, domains d where s.guid = $2 and d.guid = $3 returning guid",
      [guid, route.space, route.domain, route.host.toLowerCase(), route.path],
    );
    if (!made) throw unprocessable("Invalid domain or space. Ensure that both exist and you have access to them.");
    const row = (await findRoute(sql, "r.guid = $1", [guid]))!;
    if (row.domain_name === config().domain) checkShared(row.host);
    if (row.domain_name === config().domain) checkShared(row.host);
    const whole = hostName({ ...row, path: "" });
    if (systemHosts(config().domain).includes(whole)) throw unprocessable(`Host '${whole}' is reserved for the system.`);
    return row;
  } catch (error) {
    if (isDuplicate(error)) throw unprocessable(`Route already exists with host '${route.host}' and path '${route.path}'.`);
    throw error;
  }
}

/** Nothing if it is mapped already. */
export async function map(sql: Sql, route: string, app: string, processType = "web"): Promise<void> {
  await sql.rows("insert into destinations (guid, route_guid, app_guid, process_type) values ($1, $2, $3, $4) on conflict do nothing", [
    randomUUID(),
    route,
    app,
    processType,
  ]);
}

export function routes(api: FastifyInstance, context: Context): void {
  const { database, work, lifecycle } = context;
  const find = async (sql: Sql, guid: string): Promise<RouteRow> => {
    const row = await findRoute(sql, "r.guid = $1", [guid]);
    if (!row) throw notFound("Route");
    return row;
  };
  const spec: List<RouteRow> = {
    columns,
    from,
    of: "r",
    also: ["app_guids"],
    filters: {
      guids: "r.guid",
      space_guids: "r.space_guid",
      domain_guids: "r.domain_guid",
      organization_guids: "s.org_guid",
      hosts: "r.host",
      paths: "r.path",
      ports: "''",
    },
    present: presentRoute,
  };
  const leadsTo = (number: number) => `exists (select from destinations x where x.route_guid = r.guid and x.app_guid = any($${number}))`;
  api.get("/v3/routes", (request) => {
    const apps = (request.query as { app_guids?: string }).app_guids;
    return list(database, request, apps === undefined ? spec : { ...spec, where: { sql: leadsTo(1), values: [String(apps).split(",")] } });
  });
  api.get<ByGuid>("/v3/apps/:guid/routes", async (request) => {
    await findApp(database, request.params.guid);
    return list(database, request, { ...spec, where: { sql: leadsTo(1), values: [[request.params.guid]] } });
  });
  api.post("/v3/routes", async (request, reply) => {
    const body = bodyAs(newRoute, request);
    const row = await database.transaction((sql) =>
      createRoute(sql, { space: body.relationships.space.data.guid, domain: body.relationships.domain.data.guid, host: body.host, path: body.path }),
    );
    return reply.code(201).send(presentRoute(row, baseUrl(request)));
  });
  api.get<ByGuid>("/v3/routes/:guid", async (request) => presentRoute(await find(database, request.params.guid), baseUrl(request)));
  api.delete<ByGuid>("/v3/routes/:guid", async (request, reply) => {
    const route = await find(database, request.params.guid);
    return answerWithJob(context, request, reply, "route.delete", { guid: route.guid, apps: route.destinations.map((to) => to.app_guid) });
  });
  work.on<{ guid: string; apps: string[] }>("route.delete", 2, async ({ payload, commit }) => {
    await commit((sql) => sql.rows("delete from routes where guid = $1", [payload.guid]));
    for (const app of payload.apps) await lifecycle.routesChanged(database, app);
  });

  const shown = (request: FastifyRequest, row: RouteRow) => ({
    destinations: row.destinations.map(presentDestination),
    links: { self: { href: `${baseUrl(request)}/v3/routes/${row.guid}/destinations` } },
  });
  api.get<ByGuid>("/v3/routes/:guid/destinations", async (request) => shown(request, await find(database, request.params.guid)));
  const mapAll = async (request: FastifyRequest<ByGuid>, replace: boolean) => {
    const { destinations } = bodyAs(destinationsBody, request);
    const before = await find(database, request.params.guid);
    const after = await database.transaction(async (sql) => {
      if (replace) await sql.rows("delete from destinations where route_guid = $1", [before.guid]);
      for (const { app: to } of destinations) {
        const app = await findApp(sql, to.guid);
        await map(sql, before.guid, app.guid, to.process?.type);
        await record(sql, "audit.app.map-route", request.actor, appTarget(app), { route_guid: before.guid });
      }
      return find(sql, before.guid);
    });
    for (const app of new Set([...before.destinations, ...after.destinations].map((to) => to.app_guid))) await lifecycle.routesChanged(database, app);
    return shown(request, after);
  };
  api.post<ByGuid>("/v3/routes/:guid/destinations", (request) => mapAll(request, false));
  api.patch<ByGuid>("/v3/routes/:guid/destinations", (request) => mapAll(request, true));
  api.delete<{ Params: { guid: string; destination: string } }>("/v3/routes/:guid/destinations/:destination", async (request, reply) => {
    const route = await find(database, request.params.guid);
    const gone = route.destinations.find((to) => to.guid === request.params.destination);
    if (!gone) throw unprocessable("Unable to unmap route from destination. Ensure the route has a destination with this guid.");
    await database.transaction(async (sql) => {
      await sql.rows("delete from destinations where guid = $1", [gone.guid]);
      await record(sql, "audit.app.unmap-route", request.actor, appTarget(await findApp(sql, gone.app_guid)), { route_guid: route.guid });
    });
    await lifecycle.routesChanged(database, gone.app_guid);
    return reply.code(204).send();
  });
  api.get<ByGuid>("/v3/domains/:guid/route_reservations", async (request) => {
    const { host = "", path = "" } = request.query as { host?: string; path?: string };
    const row = await findRoute(database, "r.domain_guid = $1 and r.host = $2 and r.path = $3", [request.params.guid, host, path]);
    return { matching_route: row !== undefined };
  });
}
