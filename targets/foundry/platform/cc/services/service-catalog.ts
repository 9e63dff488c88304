/** What may be ordered: brokers, their offerings and plans. Learned once from the broker's catalog, by whichever Cloud Controller comes first. */
import { randomUUID } from "node:crypto";
import type { FastifyInstance } from "fastify";
import { log } from "../../base/log.js";
import { sleep } from "../../base/until.js";
import { type ByGuid, baseUrl, common, type Dated, find, list, relation } from "../api/requests.js";
import type { Context } from "../context.js";
import type { Database } from "../database/database.js";
import type { Broker, Catalog } from "./service-broker.js";

interface BrokerRow extends Dated {
  readonly name: string;
  readonly url: string;
}
interface OfferingRow extends Dated {
  readonly name: string;
  readonly description: string;
  readonly tags: readonly string[];
  readonly unique_id: string;
  readonly broker_guid: string;
}
interface PlanRow extends Dated {
  readonly name: string;
  readonly description: string;
  readonly free: boolean;
  readonly unique_id: string;
  readonly offering_guid: string;
}

const brokerName = "gateway";
const retryMs = 1000;

async function keep(database: Database, url: string, { services }: Catalog): Promise<void> {
  await database.transaction(async (sql) => {
    const made = await sql.row<{ guid: string }>(
      "insert into service_brokers (guid, name, url) values ($1, $2, $3) on conflict (name) do update set url = excluded.url returning guid",
      [randomUUID(), brokerName, url],
    );
    for (const { id, name, description, tags, plans } of services) {
      const offering = await sql.row<{ guid: string }>(
        `insert into service_offerings (guid, broker_guid, unique_id, name, description, tags) values ($1, $2, $3, $4, $5, $6)
         on conflict (unique_id) do update set name = excluded.name, description = excluded.description, tags = excluded.tags returning guid`,
        [randomUUID(), made!.guid, id, name, description, JSON.stringify(tags)],
      );
      for (const plan of plans)
        await sql.rows(
          `insert into service_plans (guid, offering_guid, unique_id, name, description, free) values ($1, $2, $3, $4, $5, $6) on conflict (unique_id) do nothing`,
          [randomUUID(), offering!.guid, plan.id, plan.name, plan.description, plan.free],
        );
    }
  });
}

/** Resolves when the catalog is known; waits for the broker as long as it takes. */
export async function learnCatalog(database: Database, broker: Broker): Promise<void> {
  for (let said = ""; ; await sleep(retryMs)) {
    try {
      if (await database.row("select from service_offerings")) return;
      await keep(database, broker.url, await broker.catalog());
      return;
    } catch (error) {
      const says = (error as Error).message;
      if (says !== said) log.warn({ why: says }, "the catalog of services is not known yet; trying again");
      said = says;
    }
  }
}

const presentBroker = (row: BrokerRow, base: string) => ({ ...common(row, base, "service_brokers"), name: row.name, url: row.url, relationships: {} });
const presentOffering = (row: OfferingRow, base: string) => ({
  ...common(row, base, "service_offerings"),
  name: row.name,
  description: row.description,
  available: true,
  tags: row.tags,
  requires: [],
  shareable: false,
  documentation_url: null,
  broker_catalog: {
    id: row.unique_id,
    metadata: {},
    features: { plan_updateable: false, bindable: true, instances_retrievable: false, bindings_retrievable: false, allow_context_updates: false },
  },
  relationships: { service_broker: relation(row.broker_guid) },
});
const presentPlan = (row: PlanRow, base: string) => ({
  ...common(row, base, "service_plans"),
  name: row.name,
  description: row.description,
  visibility_type: "public",
  available: true,
  free: row.free,
  costs: [],
  maintenance_info: {},
  broker_catalog: { id: row.unique_id, metadata: {}, maximum_polling_duration: null, features: { plan_updateable: false, bindable: true } },
  schemas: { service_instance: { create: { parameters: {} }, update: { parameters: {} } }, service_binding: { create: { parameters: {} } } },
  relationships: { service_offering: relation(row.offering_guid) },
});

/** Every offering is to be had in every space. */
const wherever = ["space_guids", "organization_guids"];

export function serviceCatalog(api: FastifyInstance, { database }: Context): void {
  api.get("/v3/service_brokers", (request) =>
    list<BrokerRow>(database, request, {
      columns: "b.*",
      from: "service_brokers b",
      of: "b",
      filters: { names: "b.name", guids: "b.guid" },
      orders: { name: "b.name" },
      present: presentBroker,
    }),
  );
  api.get("/v3/service_offerings", (request) =>
    list<OfferingRow>(database, request, {
      columns: "o.*",
      from: "service_offerings o join service_brokers b on b.guid = o.broker_guid",
      of: "o",
      also: wherever,
      filters: { names: "o.name", guids: "o.guid", available: "'true'::text", service_broker_guids: "b.guid", service_broker_names: "b.name" },
      orders: { name: "o.name" },
      present: presentOffering,
    }),
  );
  api.get("/v3/service_plans", (request) =>
    list<PlanRow>(database, request, {
      columns: "p.*",
      from: "service_plans p join service_offerings o on o.guid = p.offering_guid join service_brokers b on b.guid = o.broker_guid",
      of: "p",
      also: wherever,
      filters: {
        ...{ names: "p.name", guids: "p.guid", available: "'true'::text" },
        ...{ service_offering_guids: "o.guid", service_offering_names: "o.name", service_broker_guids: "b.guid", service_broker_names: "b.name" },
      },
      orders: { name: "p.name" },
      present: presentPlan,
    }),
  );
  api.get<ByGuid>("/v3/service_offerings/:guid", async (request) =>
    presentOffering(await find<OfferingRow>(database, "service_offerings", "Service offering", request.params.guid), baseUrl(request)),
  );
  api.get<ByGuid>("/v3/service_plans/:guid", async (request) =>
    presentPlan(await find<PlanRow>(database, "service_plans", "Service plan", request.params.guid), baseUrl(request)),
  );
}
