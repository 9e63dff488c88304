/** Service instances and bindings as rows, as v3 shows them, and as apps get to know them. */

import type { Target } from "../api/events.js";
import { common, type Dated, find, iso, relation } from "../api/requests.js";
import type { Sql } from "../database/database.js";
import type { Ordered } from "./service-broker.js";

interface Operated {
  readonly operation: "create" | "delete";
  readonly state: "in progress" | "succeeded" | "failed";
  readonly says: string;
}
export interface InstanceRow extends Dated, Operated {
  readonly name: string;
  readonly space_guid: string;
  readonly plan_guid: string;
  readonly tags: readonly string[];
}
export interface BindingRow extends Dated, Operated {
  readonly name: string | null;
  readonly instance_guid: string;
  readonly app_guid: string;
}

export const findInstance = (sql: Sql, guid: string): Promise<InstanceRow> => find(sql, "service_instances", "Service instance", guid);
export const findBinding = (sql: Sql, guid: string): Promise<BindingRow> => find(sql, "service_bindings", "Service credential binding", guid);
/** As its broker knows it; undefined if it is gone. */
export const ordered = (sql: Sql, instance: string): Promise<Ordered | undefined> =>
  sql.row<Ordered>(
    `select i.guid, o.unique_id as service_id, p.unique_id as plan_id, s.org_guid as organization_guid, s.guid as space_guid
     from service_instances i join service_plans p on p.guid = i.plan_guid join service_offerings o on o.guid = p.offering_guid join spaces s on s.guid = i.space_guid
     where i.guid = $1`,
    [instance],
  );

export const instanceTarget = ({ guid, name, space_guid }: InstanceRow): Target => ({ guid, name, type: "service_instance", space: space_guid });

const lastOperation = (row: Operated & Dated) => ({
  last_operation: { type: row.operation, state: row.state, description: row.says, created_at: iso(row.created_at), updated_at: iso(row.updated_at) },
});

export function presentInstance(row: InstanceRow, base: string) {
  const shared = common(row, base, "service_instances");
  return {
    ...shared,
    name: row.name,
    type: "managed",
    tags: row.tags,
    maintenance_info: {},
    upgrade_available: false,
    dashboard_url: null,
    ...lastOperation(row),
    relationships: { space: relation(row.space_guid), service_plan: relation(row.plan_guid) },
    links: {
      ...shared.links,
      space: { href: `${base}/v3/spaces/${row.space_guid}` },
      service_plan: { href: `${base}/v3/service_plans/${row.plan_guid}` },
      service_credential_bindings: { href: `${base}/v3/service_credential_bindings?service_instance_guids=${row.guid}` },
    },
  };
}

export function presentBinding(row: BindingRow, base: string) {
  const shared = common(row, base, "service_credential_bindings");
  return {
    ...shared,
    name: row.name,
    type: "app",
    ...lastOperation(row),
    relationships: { app: relation(row.app_guid), service_instance: relation(row.instance_guid) },
    links: {
      ...shared.links,
      details: { href: `${base}/v3/service_credential_bindings/${row.guid}/details` },
      app: { href: `${base}/v3/apps/${row.app_guid}` },
      service_instance: { href: `${base}/v3/service_instances/${row.instance_guid}` },
    },
  };
}

/** One entry of VCAP_SERVICES; whoever starts the app puts those of one label together. */
export interface BoundService {
  readonly label: string;
  readonly [key: string]: unknown;
}
/** What the app `a` of the statement around it is bound to, as a column of BoundService[]. */
export const servicesOf = `coalesce((select jsonb_agg(jsonb_build_object('binding_guid', b.guid, 'binding_name', b.name, 'credentials', b.credentials,
    'instance_guid', i.guid, 'instance_name', i.name, 'label', o.name, 'name', coalesce(b.name, i.name), 'plan', p.name, 'provider', null,
    'syslog_drain_url', null, 'tags', o.tags || i.tags, 'volume_mounts', '[]'::jsonb) order by b.created_at, b.guid)
  from service_bindings b join service_instances i on i.guid = b.instance_guid join service_plans p on p.guid = i.plan_guid join service_offerings o on o.guid = p.offering_guid
  where b.app_guid = a.guid and b.operation = 'create' and b.state = 'succeeded'), '[]'::jsonb)`;

export function byLabel(services: readonly BoundService[]): Readonly<Record<string, readonly BoundService[]>> {
  const labels: Record<string, BoundService[]> = {};
  for (const service of services) {
    labels[service.label] ??= [];
    labels[service.label]!.push(service);
  }
  return labels;
}
