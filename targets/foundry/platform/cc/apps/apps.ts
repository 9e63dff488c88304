/** Apps: made, changed, started, stopped, deleted; their environment and current droplet. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance, FastifyRequest } from "fastify";
import * as z from "zod";
import { notFound, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, baseUrl, bodyAs, list, relation } from "../api/requests.js";
import type { Context } from "../context.js";
import { isDuplicate, type Sql } from "../database/database.js";
import { answerWithJob } from "../jobs/jobs-api.js";
import { urisOf } from "../placement/placement.js";
import { type BoundService, byLabel, servicesOf } from "../services/service-rows.js";
import { type AppRow, appTarget, findApp, presentApp } from "./app-rows.js";

const variables = z.record(
  z.string(),
  z.union([z.string(), z.number(), z.boolean(), z.null()]).transform((value) => (value === null ? null : String(value))),
);
const lifecycleBody = z.object({ data: z.object({ buildpacks: z.array(z.string()).nullish(), stack: z.string().nullish() }).nullish() });
/** As long as Cloud Foundry's. */
export const appName = z.string().min(1).max(255);
const newApp = z.object({
  name: appName,
  relationships: z.object({ space: z.object({ data: z.object({ guid: z.string() }) }) }),
  environment_variables: variables.default({}),
  lifecycle: lifecycleBody.nullish(),
});
const changedApp = z.object({ name: appName.optional(), lifecycle: lifecycleBody.nullish() });

/** With its web process, whose guid is the app's, as in Cloud Foundry. Throws CfError 422 if the name is taken or the space is not there. */
export async function createApp(
  sql: Sql,
  app: {
    readonly name: string;
    readonly space: string;
    readonly env?: Readonly<Record<string, string>>;
    readonly buildpacks?: readonly string[];
    readonly stack?: string;
  },
): Promise<AppRow> {
  try {
    const guid = randomUUID();
    const row = await sql.row<AppRow>(
      "insert into apps (guid, space_guid, name, env, buildpacks, stack) select $1, s.guid, $3, $4, $5, $6 from spaces s where s.guid = $2 returning *",
      [guid, app.space, app.name, JSON.stringify(app.env ?? {}), JSON.stringify(app.buildpacks ?? []), app.stack ?? "flounder"],
    );
    if (!row) throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
    await sql.rows("insert into processes (guid, app_guid, type) values ($1, $1, 'web')", [guid]);
    return row;
  } catch (error) {
    if (isDuplicate(error)) throw unprocessable(`App with the name '${app.name}' already exists.`);
    throw error;
  }
}

/** Null removes a variable. */
const merged = (env: Readonly<Record<string, string>>, change: Readonly<Record<string, string | null>>) =>
  Object.fromEntries(Object.entries({ ...env, ...change }).filter((entry): entry is [string, string] => entry[1] !== null));

export function apps(api: FastifyInstance, context: Context): void {
  const { database, work, lifecycle } = context;
  const show = async (request: FastifyRequest<ByGuid>) => presentApp(await findApp(database, request.params.guid), baseUrl(request));

  api.get("/v3/apps", (request) =>
    list<AppRow>(database, request, {
      columns: "a.*",
      from: "apps a join spaces s on s.guid = a.space_guid",
      of: "a",
      filters: { names: "a.name", guids: "a.guid", space_guids: "a.space_guid", organization_guids: "s.org_guid" },
      orders: { name: "a.name" },
      present: presentApp,
    }),
  );
  api.post("/v3/apps", async (request, reply) => {
    const body = bodyAs(newApp, request);
    const row = await database.transaction(async (sql) => {
      const app = await createApp(sql, {
        name: body.name,
        space: body.relationships.space.data.guid,
        env: merged({}, body.environment_variables),
        ...(body.lifecycle?.data?.buildpacks ? { buildpacks: body.lifecycle.data.buildpacks } : {}),
        ...(body.lifecycle?.data?.stack ? { stack: body.lifecycle.data.stack } : {}),
      });
      await record(sql, "audit.app.create", request.actor, appTarget(app), { request: { name: app.name } });
      return app;
    });
    return reply.code(201).send(presentApp(row, baseUrl(request)));
  });
  api.get<ByGuid>("/v3/apps/:guid", show);
  api.patch<ByGuid>("/v3/apps/:guid", async (request) => {
    const body = bodyAs(changedApp, request);
    await database.transaction(async (sql) => {
      const app = await findApp(sql, request.params.guid);
      await sql
        .rows("update apps set name = $2, buildpacks = $3, stack = $4, updated_at = now() where guid = $1", [
          app.guid,
          body.name ?? app.name,
          JSON.stringify(body.lifecycle?.data?.buildpacks ?? app.buildpacks),
          body.lifecycle?.data?.stack ?? app.stack,
        ])
        .catch((error: unknown) => {
          throw isDuplicate(error) ? unprocessable(`App with the name '${body.name}' already exists.`) : error;
        });
      await record(sql, "audit.app.update", request.actor, appTarget(app), { request: body });
    });
    return show(request);
  });

  api.delete<ByGuid>("/v3/apps/:guid", async (request, reply) => {
    const app = await findApp(database, request.params.guid);
    return answerWithJob(context, request, reply, "app.delete", { guid: app.guid }, (sql) =>
      record(sql, "audit.app.delete-request", request.actor, appTarget(app), {}),
    );
  });
  work.on<{ guid: string }>("app.delete", 4, async ({ payload, commit }) => {
    await commit((sql) => sql.rows("delete from apps where guid = $1", [payload.guid]));
    lifecycle.stopAll(payload.guid);
    lifecycle.updated(payload.guid);
  });

  const act = async (request: FastifyRequest<ByGuid>, type: string, change: (sql: Sql, app: AppRow) => Promise<boolean>) => {
    const changed = await database.transaction(async (sql) => {
      const app = await sql.row<AppRow>("select * from apps where guid = $1 for update", [request.params.guid]);
      if (!app) throw notFound("App");
      const did = await change(sql, app);
      if (did) await record(sql, type, request.actor, appTarget(app), {});
      return did;
    });
    if (changed) await lifecycle.apply(database, request.params.guid, type !== "audit.app.start");
    return show(request);
  };
  api.post<ByGuid>("/v3/apps/:guid/actions/start", (request) =>
    act(request, "audit.app.start", async (sql, app) => {
      if (app.state === "STARTED") return false;
      await lifecycle.markStarted(sql, app.guid);
      return true;
    }),
  );
  api.post<ByGuid>("/v3/apps/:guid/actions/restart", (request) =>
    act(request, "audit.app.restart", async (sql, app) => {
      await lifecycle.markStarted(sql, app.guid);
      return true;
    }),
  );
  api.post<ByGuid>("/v3/apps/:guid/actions/stop", (request) =>
    act(request, "audit.app.stop", async (sql, app) => {
      if (app.state === "STOPPED") return false;
      await lifecycle.markStopped(sql, app.guid);
      return true;
    }),
  );

  api.get<ByGuid>("/v3/apps/:guid/env", async (request) => {
    const app = await findApp(database, request.params.guid);
    const { uris, services } = (await database.row<{ uris: string[]; services: BoundService[] }>(
      `select array(${urisOf}) as uris, ${servicesOf} as services from apps a where a.guid = $1`,
      [app.guid],
    ))!;
    return {
      staging_env_json: {},
      running_env_json: {},
      environment_variables: app.env,
      system_env_json: { VCAP_SERVICES: byLabel(services) },
      application_env_json: {
        VCAP_APPLICATION: { application_id: app.guid, application_name: app.name, name: app.name, application_uris: uris, uris, space_id: app.space_guid },
      },
    };
  });
  api.get<ByGuid>("/v3/apps/:guid/environment_variables", async (request) => ({ var: (await findApp(database, request.params.guid)).env }));
  api.patch<ByGuid>("/v3/apps/:guid/environment_variables", async (request) => {
    const body = bodyAs(z.object({ var: variables.default({}) }), request);
    return database.transaction(async (sql) => {
      const app = await findApp(sql, request.params.guid);
      const env = merged(app.env, body.var);
      await sql.rows("update apps set env = $2, updated_at = now() where guid = $1", [app.guid, JSON.stringify(env)]);
      await record(sql, "audit.app.update", request.actor, appTarget(app), { request: { environment_variables: "[PRIVATE DATA HIDDEN]" } });
      return { var: env };
    });
  });

  api.get<ByGuid>("/v3/apps/:guid/relationships/current_droplet", async (request) => relation((await findApp(database, request.params.guid)).current_droplet));
  api.patch<ByGuid>("/v3/apps/:guid/relationships/current_droplet", async (request) => {
    const { data } = bodyAs(z.object({ data: z.object({ guid: z.string() }) }), request);
    await database.transaction(async (sql) => {
      const app = await findApp(sql, request.params.guid);
      const droplet = await sql.row("select guid from droplets where guid = $1 and app_guid = $2 and state = 'STAGED'", [data.guid, app.guid]);
      if (!droplet) throw unprocessable("Unable to assign current droplet. Ensure the droplet exists and belongs to this app.");
      await sql.rows("update apps set current_droplet = $2, updated_at = now() where guid = $1", [app.guid, data.guid]);
      await record(sql, "audit.app.droplet.mapped", request.actor, appTarget(app), { request: { droplet_guid: data.guid } });
    });
    return relation(data.guid);
  });
}
