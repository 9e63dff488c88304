/** Service instances: ordered from the broker, and given back. The broker is asked by a job, so that any Cloud Controller does it, and none twice. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { CfError, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, baseUrl, bodyAs, list, related } from "../api/requests.js";
import type { Actor } from "../api/tokens.js";
import type { Context } from "../context.js";
import { type Database, isDuplicate } from "../database/database.js";
import { answerWithJob } from "../jobs/jobs-api.js";
import { type Broker, openBroker } from "./service-broker.js";
import { findInstance, type InstanceRow, instanceTarget, ordered, presentInstance } from "./service-rows.js";

export interface Order {
  readonly guid: string;
  readonly actor: Actor;
}
const newInstance = z.object({
  type: z.enum(["managed"], { error: "must be 'managed': this platform has no user-provided services" }),
  name: z.string().min(1),
  tags: z.array(z.string()).default([]),
  relationships: z.object({ space: related, service_plan: related }),
});

export const inProgress = (name: string) =>
  new CfError(409, 60016, "CF-AsyncServiceInstanceOperationInProgress", `An operation for service instance ${name} is in progress.`);

/** The foundation's one broker; there are plans only where it is. */
export function theBroker(): Broker {
  const broker = openBroker();
  if (!broker) throw unprocessable("This foundation offers no services.");
  return broker;
}

/** What the broker does not do is said in the row as well; rejects with the same error. */
export async function orFail<T>(database: Database, table: "service_instances" | "service_bindings", guid: string, act: () => Promise<T>): Promise<T> {
  try {
    return await act();
  } catch (error) {
    if (error instanceof CfError)
      await database.rows(`update ${table} set state = 'failed', says = $2, updated_at = now() where guid = $1 and state = 'in progress'`, [
        guid,
        error.detail,
      ]);
    throw error;
  }
}

export function serviceInstances(api: FastifyInstance, context: Context): void {
  const { database, work } = context;
  const columns = { columns: "i.*", of: "i", orders: { name: "i.name" }, present: presentInstance };
  api.get("/v3/service_instances", (request) =>
    list<InstanceRow>(database, request, {
      ...columns,
      from: "service_instances i join spaces s on s.guid = i.space_guid join service_plans p on p.guid = i.plan_guid",
      filters: {
        ...{ names: "i.name", guids: "i.guid", space_guids: "i.space_guid", organization_guids: "s.org_guid", type: "'managed'::text" },
        ...{ service_plan_guids: "p.guid", service_plan_names: "p.name" },
      },
    }),
  );
  api.get<ByGuid>("/v3/service_instances/:guid", async (request) => presentInstance(await findInstance(database, request.params.guid), baseUrl(request)));

  api.post("/v3/service_instances", async (request, reply) => {
    const { name, tags, relationships } = bodyAs(newInstance, request);
    const [space, plan] = [relationships.space.data.guid, relationships.service_plan.data.guid];
    const guid = randomUUID();
    const order: Order = { guid, actor: request.actor };
    return answerWithJob(context, request, reply, "service_instance.create", order, async (sql) => {
      if (!(await sql.row("select from spaces where guid = $1", [space])))
        throw unprocessable("Invalid space. Ensure that the space exists and you have access to it.");
      if (!(await sql.row("select from service_plans where guid = $1", [plan])))
        throw unprocessable("Invalid service plan. Ensure that the service plan exists, is available, and you have access to it.");
      const row = await sql
        .row<InstanceRow>("insert into service_instances (guid, space_guid, plan_guid, name, tags) values ($1, $2, $3, $4, $5) returning *", [
          ...[guid, space, plan, name],
          JSON.stringify(tags),
        ])
        .catch((error: unknown) => {
          throw isDuplicate(error) ? unprocessable(`The service instance name is taken: ${name}`) : error;
        });
      await record(sql, "audit.service_instance.start_create", request.actor, instanceTarget(row!), { request: { name, tags } });
    });
  });
  work.on<Order>("service_instance.create", 4, async ({ payload, commit }) => {
    const order = await ordered(database, payload.guid);
    if (!order) return commit(async () => {}); // its space was deleted meanwhile
    await orFail(database, "service_instances", payload.guid, () => theBroker().provision(order));
    await commit(async (sql) => {
      const row = await sql.row<InstanceRow>("update service_instances set state = 'succeeded', says = '', updated_at = now() where guid = $1 returning *", [
        payload.guid,
      ]);
      if (row) await record(sql, "audit.service_instance.create", payload.actor, instanceTarget(row));
    });
  });

  api.delete<ByGuid>("/v3/service_instances/:guid", async (request, reply) => {
    const found = await findInstance(database, request.params.guid);
    const order: Order = { guid: found.guid, actor: request.actor };
    return answerWithJob(context, request, reply, "service_instance.delete", order, async (sql) => {
      const row = await sql.row<InstanceRow>(
        "update service_instances set operation = 'delete', state = 'in progress', says = '', updated_at = now() where guid = $1 and state <> 'in progress' returning *",
        [found.guid],
      );
      if (!row) throw inProgress(found.name);
      await record(sql, "audit.service_instance.start_delete", request.actor, instanceTarget(row));
    });
  });
  /** With its bindings: apps that still run with them are on their own. */
  work.on<Order>("service_instance.delete", 4, async ({ payload, commit }) => {
    const order = await ordered(database, payload.guid);
    if (!order) return commit(async () => {});
    const bindings = await database.rows<{ guid: string }>("select guid from service_bindings where instance_guid = $1", [payload.guid]);
    await orFail(database, "service_instances", payload.guid, async () => {
      for (const { guid } of bindings) await theBroker().unbind(order, guid);
      await theBroker().deprovision(order);
    });
    await commit(async (sql) => {
      await sql.rows("update service_bindings set released = true where instance_guid = $1", [payload.guid]);
      const row = await sql.row<InstanceRow>("update service_instances set released = true where guid = $1 returning *", [payload.guid]);
      await sql.rows("delete from service_instances where guid = $1", [payload.guid]);
      if (row) await record(sql, "audit.service_instance.delete", payload.actor, instanceTarget(row));
    });
  });

  // The row went with its space; what the broker has is given back all the same.
  work.on<{ guid: string; plan_guid: string; space_guid: string }>("service_instance.forget", 2, async ({ payload, commit }) => {
    const ids = await database.row<{ service_id: string; plan_id: string }>(
      "select o.unique_id as service_id, p.unique_id as plan_id from service_plans p join service_offerings o on o.guid = p.offering_guid where p.guid = $1",
      [payload.plan_guid],
    );
    if (ids) await theBroker().deprovision({ guid: payload.guid, ...ids, organization_guid: "", space_guid: payload.space_guid });
    await commit(async () => {});
  });
}
