/** Credential bindings: an app gets what it needs to reach a service instance, with its next start. Asked of the broker by jobs, as instances are. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { notFound, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, baseUrl, bodyAs, list, related } from "../api/requests.js";
import type { Actor } from "../api/tokens.js";
import { findApp } from "../apps/app-rows.js";
import type { Context } from "../context.js";
import { isDuplicate, type Sql } from "../database/database.js";
import { answerWithJob } from "../jobs/jobs-api.js";
import { inProgress, type Order, orFail, theBroker } from "./service-instances.js";
import { type BindingRow, findBinding, findInstance, type InstanceRow, instanceTarget, ordered, presentBinding } from "./service-rows.js";

const newBinding = z.object({
  type: z.enum(["app"], { error: "must be 'app': this platform has no service keys" }),
  name: z.string().min(1).nullish(),
  relationships: z.object({ service_instance: related, app: related }),
});

/** Never the credentials: those are in the details. */
const columns = "b.guid, b.instance_guid, b.app_guid, b.name, b.operation, b.state, b.says, b.created_at, b.updated_at";

async function instanceFor(sql: Sql, guid: string, app: { readonly space_guid: string }): Promise<InstanceRow> {
  const instance = await findInstance(sql, guid);
  if (instance.space_guid !== app.space_guid) throw unprocessable("The service instance and the app are in different spaces.");
  if (instance.state === "in progress") throw inProgress(instance.name);
  if (instance.operation !== "create" || instance.state !== "succeeded")
    throw unprocessable(`The service instance ${instance.name} cannot be bound: ${instance.says}`);
  return instance;
}

const recordFor = async (sql: Sql, type: string, actor: Actor, binding: BindingRow): Promise<void> =>
  record(sql, type, actor, instanceTarget(await findInstance(sql, binding.instance_guid)), { app_guid: binding.app_guid });

export function serviceBindings(api: FastifyInstance, context: Context): void {
  const { database, work } = context;
  api.get("/v3/service_credential_bindings", (request) =>
    list<BindingRow>(database, request, {
      columns,
      from: "service_bindings b join service_instances i on i.guid = b.instance_guid join apps a on a.guid = b.app_guid",
      of: "b",
      filters: {
        ...{ names: "b.name", guids: "b.guid", type: "'app'::text", app_guids: "a.guid", app_names: "a.name" },
        ...{ service_instance_guids: "i.guid", service_instance_names: "i.name", service_plan_guids: "i.plan_guid" },
      },
      present: presentBinding,
    }),
  );
  api.get<ByGuid>("/v3/service_credential_bindings/:guid", async (request) =>
    presentBinding(await findBinding(database, request.params.guid), baseUrl(request)),
  );
  api.get<ByGuid>("/v3/service_credential_bindings/:guid/details", async (request) => {
    const row = await database.row<{ credentials: object }>("select credentials from service_bindings where guid = $1 and state = 'succeeded'", [
      request.params.guid,
    ]);
    if (!row) throw notFound("Service credential binding");
    return { credentials: row.credentials, syslog_drain_url: null, volume_mounts: [] };
  });

  api.post("/v3/service_credential_bindings", async (request, reply) => {
    const { name, relationships } = bodyAs(newBinding, request);
    const guid = randomUUID();
    const order: Order = { guid, actor: request.actor };
    return answerWithJob(context, request, reply, "service_bindings.create", order, async (sql) => {
      const app = await findApp(sql, relationships.app.data.guid);
      const instance = await instanceFor(sql, relationships.service_instance.data.guid, app);
      // One that failed stands in nobody's way.
      await sql.rows("delete from service_bindings where app_guid = $1 and instance_guid = $2 and operation = 'create' and state = 'failed'", [
        app.guid,
        instance.guid,
      ]);
      await sql
        .rows("insert into service_bindings (guid, instance_guid, app_guid, name) values ($1, $2, $3, $4)", [guid, instance.guid, app.guid, name ?? null])
        .catch((error: unknown) => {
          throw isDuplicate(error) ? unprocessable("The app is already bound to the service instance.") : error;
        });
      await record(sql, "audit.service_binding.start_create", request.actor, instanceTarget(instance), { app_guid: app.guid });
    });
  });
  work.on<Order>("service_bindings.create", 4, async ({ payload, commit }) => {
    const binding = await database.row<BindingRow>(`select ${columns} from service_bindings b where guid = $1`, [payload.guid]);
    const order = binding && (await ordered(database, binding.instance_guid));
    if (!order) return commit(async () => {}); // its app or its instance was deleted meanwhile
    const credentials = await orFail(database, "service_bindings", binding.guid, () => theBroker().bind(order, binding.guid, binding.app_guid));
    await commit(async (sql) => {
      const bound = await sql.row(
        "update service_bindings set state = 'succeeded', says = '', credentials = $2, updated_at = now() where guid = $1 returning guid",
        [binding.guid, JSON.stringify(credentials)],
      );
      if (bound) await recordFor(sql, "audit.service_binding.create", payload.actor, binding);
    });
  });

  api.delete<ByGuid>("/v3/service_credential_bindings/:guid", async (request, reply) => {
    const binding = await findBinding(database, request.params.guid);
    const order: Order = { guid: binding.guid, actor: request.actor };
    return answerWithJob(context, request, reply, "service_bindings.delete", order, async (sql) => {
      const marked = await sql.row(
        "update service_bindings set operation = 'delete', state = 'in progress', says = '', updated_at = now() where guid = $1 and state <> 'in progress' returning guid",
        [binding.guid],
      );
      if (!marked) throw inProgress((await findInstance(sql, binding.instance_guid)).name);
      await recordFor(sql, "audit.service_binding.start_delete", request.actor, binding);
    });
  });
  work.on<Order>("service_bindings.delete", 4, async ({ payload, commit }) => {
    const binding = await database.row<BindingRow>(`select ${columns} from service_bindings b where guid = $1`, [payload.guid]);
    const order = binding && (await ordered(database, binding.instance_guid));
    if (!order) return commit(async () => {});
    await orFail(database, "service_bindings", binding.guid, () => theBroker().unbind(order, binding.guid));
    await commit(async (sql) => {
      const released = await sql.row("update service_bindings set released = true where guid = $1 returning guid", [binding.guid]);
      await sql.rows("delete from service_bindings where guid = $1", [binding.guid]);
      if (released) await recordFor(sql, "audit.service_binding.delete", payload.actor, binding);
    });
  });

  // The row went with its app; if its instance went as well, what the broker had for it goes with that.
  work.on<{ guid: string; instance_guid: string }>("service_bindings.forget", 2, async ({ payload, commit }) => {
    const order = await ordered(database, payload.instance_guid);
    if (order) await theBroker().unbind(order, payload.guid);
    await commit(async () => {});
  });
}
