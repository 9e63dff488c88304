/** Organizations, spaces, roles and domains. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import type { Context } from "../context.js";
import { isDuplicate, type Sql } from "../database/database.js";
import { answerWithJob } from "../jobs/jobs-api.js";
import { unprocessable } from "./cf-error.js";
import { record } from "./events.js";
import { type ByGuid, baseUrl, bodyAs, common, type Dated, find, list, related, relation } from "./requests.js";

interface Org extends Dated {
  readonly name: string;
  readonly suspended: boolean;
}
interface Space extends Dated {
  readonly name: string;
  readonly org_guid: string;
}
interface Domain extends Dated {
  readonly name: string;
  readonly internal: boolean;
}
interface Role extends Dated {
  readonly type: string;
  readonly user_guid: string;
  readonly org_guid: string | null;
  readonly space_guid: string | null;
}

const presentOrg = (row: Org, base: string) => ({
  ...common(row, base, "organizations"),
  name: row.name,
  suspended: row.suspended,
  relationships: { quota: relation(null) },
});
const presentSpace = (row: Space, base: string) => ({
  ...common(row, base, "spaces"),
  name: row.name,
  relationships: { organization: relation(row.org_guid), quota: relation(null) },
});
const presentDomain = (row: Domain, base: string) => ({
  ...common(row, base, "domains"),
  name: row.name,
  internal: row.internal,
  router_group: null,
  supported_protocols: ["http"],
  relationships: { organization: relation(null), shared_organizations: { data: [] } },
});
const presentRole = (row: Role, base: string) => ({
  ...common(row, base, "roles"),
  type: row.type,
  relationships: { user: relation(row.user_guid), organization: relation(row.org_guid), space: relation(row.space_guid) },
});

const newOrg = z.object({ name: z.string().min(1), suspended: z.boolean().default(false) });
const newSpace = z.object({ name: z.string().min(1), relationships: z.object({ organization: related }) });
const newDomain = z.object({ name: z.string().min(1), internal: z.boolean().nullish() });
const newRole = z.object({
  type: z.string(),
  relationships: z.object({
    user: z.object({ data: z.object({ guid: z.string().optional(), username: z.string().optional() }) }),
    organization: related.optional(),
    space: related.optional(),
  }),
});

/** Turns a duplicate into CfError 422. */
async function unique<T>(detail: string, act: Promise<T>): Promise<T> {
  try {
    return await act;
  } catch (error) {
    if (isDuplicate(error)) throw unprocessable(detail);
    throw error;
  }
}

/** The apps in an org or a space end with it. */
async function removePlace(context: Context, sql: Sql, condition: string, guid: string): Promise<readonly string[]> {
  const apps = await sql.rows<{ guid: string }>(`select a.guid from apps a join spaces s on s.guid = a.space_guid where ${condition}`, [guid]);
  for (const app of apps) context.lifecycle.stopAll(app.guid);
  return apps.map((app) => app.guid);
}

export function places(api: FastifyInstance, context: Context): void {
  const { database, work, lifecycle } = context;

  api.get("/v3/organizations", (request) =>
    list<Org>(database, request, {
      columns: "o.*",
      from: "orgs o",
      of: "o",
      filters: { names: "o.name", guids: "o.guid" },
      orders: { name: "o.name" },
      present: presentOrg,
    }),
  );
  api.post("/v3/organizations", async (request, reply) => {
    const { name, suspended } = bodyAs(newOrg, request);
    const row = await unique(
      `Organization '${name}' already exists.`,
      database.row<Org>("insert into orgs (guid, name, suspended) values ($1, $2, $3) returning *", [randomUUID(), name, suspended]),
    );
    return reply.code(201).send(presentOrg(row!, baseUrl(request)));
  });
  api.get<ByGuid>("/v3/organizations/:guid", async (request) =>
    presentOrg(await find<Org>(database, "orgs", "Organization", request.params.guid), baseUrl(request)),
  );
  api.delete<ByGuid>("/v3/organizations/:guid", async (request, reply) => {
    const org = await find<Org>(database, "orgs", "Organization", request.params.guid);
    return answerWithJob(context, request, reply, "organization.delete", { guid: org.guid }, (sql) =>
      record(sql, "audit.organization.delete-request", request.actor, { guid: org.guid, name: org.name, type: "organization", space: null }),
    );
  });
  work.on<{ guid: string }>("organization.delete", 2, async ({ payload, commit }) => {
    let apps: readonly string[] = [];
    await commit(async (sql) => {
      apps = await removePlace(context, sql, "s.org_guid = $1", payload.guid);
      await sql.rows("delete from orgs where guid = $1", [payload.guid]);
    });
    for (const app of apps) lifecycle.updated(app);
  });

  api.get("/v3/spaces", (request) =>
    list<Space>(database, request, {
      columns: "s.*",
      from: "spaces s",
      of: "s",
      filters: { names: "s.name", guids: "s.guid", organization_guids: "s.org_guid" },
      orders: { name: "s.name" },
      present: presentSpace,
    }),
  );
  api.post("/v3/spaces", async (request, reply) => {
    const { name, relationships } = bodyAs(newSpace, request);
    const row = await unique(
      "Name must be unique per organization",
      database.transaction(async (sql) => {
        const made = await sql.row<Space>("insert into spaces (guid, name, org_guid) select $1, $2, guid from orgs where guid = $3 returning *", [
          randomUUID(),
          name,
          relationships.organization.data.guid,
        ]);
        if (!made) throw unprocessable("Invalid organization. Ensure the organization exists and you have access to it.");
        await record(sql, "audit.space.create", request.actor, { guid: made.guid, name, type: "space", space: made.guid });
        return made;
      }),
    );
    return reply.code(201).send(presentSpace(row, baseUrl(request)));
  });
  api.get<ByGuid>("/v3/spaces/:guid", async (request) => presentSpace(await find<Space>(database, "spaces", "Space", request.params.guid), baseUrl(request)));
  api.delete<ByGuid>("/v3/spaces/:guid", async (request, reply) => {
    const space = await find<Space>(database, "spaces", "Space", request.params.guid);
    return answerWithJob(context, request, reply, "space.delete", { guid: space.guid }, (sql) =>
      record(sql, "audit.space.delete-request", request.actor, { guid: space.guid, name: space.name, type: "space", space: space.guid }),
    );
  });
  work.on<{ guid: string }>("space.delete", 2, async ({ payload, commit }) => {
    let apps: readonly string[] = [];
    await commit(async (sql) => {
      apps = await removePlace(context, sql, "s.guid = $1", payload.guid);
      await sql.rows("delete from spaces where guid = $1", [payload.guid]);
    });
    for (const app of apps) lifecycle.updated(app);
  });

  api.get("/v3/roles", (request) =>
    list<Role>(database, request, {
      columns: "r.*",
      from: "roles r",
      of: "r",
      filters: { types: "r.type", user_guids: "r.user_guid", organization_guids: "r.org_guid", space_guids: "r.space_guid" },
      present: presentRole,
    }),
  );
  api.post("/v3/roles", async (request, reply) => {
    const { type, relationships } = bodyAs(newRole, request);
    const { guid, username } = relationships.user.data;
    const user = await database.row<{ guid: string; username: string }>("select guid, username from users where guid = $1 or username = $2", [
      guid ?? "",
      username ?? "",
    ]);
    if (!user) throw unprocessable(`No user exists with the username '${username ?? guid}'.`);
    const row = await unique(
      `User '${user.username}' already has '${type}' role.`,
      database.row<Role>("insert into roles (guid, type, username, user_guid, org_guid, space_guid) values ($1, $2, $3, $4, $5, $6) returning *", [
        randomUUID(),
        type,
        user.username,
        user.guid,
        relationships.organization?.data.guid ?? null,
        relationships.space?.data.guid ?? null,
      ]),
    );
    return reply.code(201).send(presentRole(row!, baseUrl(request)));
  });

  const domains = {
    columns: "d.*",
    from: "domains d",
    of: "d",
    filters: { names: "d.name", guids: "d.guid" },
    orders: { name: "d.name" },
    present: presentDomain,
  };
  api.get("/v3/domains", (request) => list<Domain>(database, request, domains));
  api.get("/v3/organizations/:guid/domains", (request) => list<Domain>(database, request, domains));
  api.post("/v3/domains", async (request, reply) => {
    const { name, internal } = bodyAs(newDomain, request);
    const row = await unique(
      `The domain name "${name}" is already in use`,
      database.row<Domain>("insert into domains (guid, name, internal) values ($1, $2, $3) returning *", [randomUUID(), name.toLowerCase(), internal ?? false]),
    );
    return reply.code(201).send(presentDomain(row!, baseUrl(request)));
  });
  api.get<ByGuid>("/v3/domains/:guid", async (request) =>
    presentDomain(await find<Domain>(database, "domains", "Domain", request.params.guid), baseUrl(request)),
  );
  api.delete<ByGuid>("/v3/domains/:guid", async (request, reply) => {
    const domain = await find<Domain>(database, "domains", "Domain", request.params.guid);
    return answerWithJob(context, request, reply, "domain.delete", { guid: domain.guid });
  });
  work.on<{ guid: string }>("domain.delete", 2, async ({ payload, commit }) => {
    let apps: readonly { app_guid: string }[] = [];
    await commit(async (sql) => {
      apps = await sql.rows("select distinct x.app_guid from destinations x join routes r on r.guid = x.route_guid where r.domain_guid = $1", [payload.guid]);
      await sql.rows("delete from domains where guid = $1", [payload.guid]);
    });
    for (const { app_guid } of apps) await lifecycle.routesChanged(database, app_guid);
  });
}
