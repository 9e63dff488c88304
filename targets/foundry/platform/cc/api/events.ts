/** Audit events: who did what to which app, and which app crashed. Types as Cloud Foundry has them. */
import { randomUUID } from "node:crypto";
import type { Sql } from "../database/database.js";
import { type Dated, iso, relation } from "./requests.js";
import type { Actor } from "./tokens.js";

export interface Target {
  readonly guid: string;
  readonly name: string;
  readonly type: "app" | "space" | "organization" | "route" | "service_instance";
  readonly space: string | null;
}
/** actor of what the platform did by itself. */
export interface EventActor {
  readonly guid: string;
  readonly name: string;
  readonly type: "user" | "client" | "app" | "process";
}

export async function record(sql: Sql, type: string, actor: Actor | EventActor, target: Target, data: object = {}): Promise<void> {
  await sql.rows(
    `insert into audit_events (guid, type, actor_guid, actor_type, actor_name, target_guid, target_type, target_name, space_guid, org_guid, data)
     values ($1, $2, $3, $4, $5, $6, $7, $8, $9, (select org_guid from spaces where guid = $9), $10)`,
    [randomUUID(), type, actor.guid, actor.type, actor.name, target.guid, target.type, target.name, target.space, JSON.stringify(data)],
  );
}

export interface EventRow extends Dated {
  readonly type: string;
  readonly actor_guid: string;
  readonly actor_type: string;
  readonly actor_name: string;
  readonly target_guid: string;
  readonly target_type: string;
  readonly target_name: string;
  readonly space_guid: string | null;
  readonly org_guid: string | null;
  readonly data: object;
}
export const presentEvent = (row: EventRow, base: string) => ({
  guid: row.guid,
  created_at: iso(row.created_at),
  updated_at: iso(row.created_at),
  type: row.type,
  actor: { guid: row.actor_guid, type: row.actor_type, name: row.actor_name },
  target: { guid: row.target_guid, type: row.target_type, name: row.target_name },
  data: row.data,
  space: row.space_guid === null ? null : relation(row.space_guid).data,
  organization: row.org_guid === null ? null : relation(row.org_guid).data,
  links: { self: { href: `${base}/v3/audit_events/${row.guid}` } },
});
