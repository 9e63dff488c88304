/** What a new foundation has: an administrator, a place for developers, a place for probes, and the shared domain. */
import { randomUUID } from "node:crypto";
import type { Sql } from "./database.js";
import { hashPassword } from "./passwords.js";

/** What probes make lives in this org, apart from what a fingerprint compares. */
export const probesOrg = "flounder-probes";

const places = [
  { org: "flounder", space: "dev" },
  { org: probesOrg, space: "probes" },
];

/** Idempotent; changes nothing that is there. */
export async function seed(sql: Sql, facts: { readonly domain: string; readonly adminPassword: string }): Promise<void> {
  const { salt, hash } = await hashPassword(facts.adminPassword);
  await sql.rows("insert into users (guid, username, salt, password_hash) values ($1, 'admin', $2, $3) on conflict (username) do nothing", [
    randomUUID(),
    salt,
    hash,
  ]);
  for (const { org, space } of places) {
    await sql.rows("insert into orgs (guid, name) values ($1, $2) on conflict (name) do nothing", [randomUUID(), org]);
    await sql.rows("insert into spaces (guid, org_guid, name) select $1, guid, $2 from orgs where name = $3 on conflict (org_guid, name) do nothing", [
      randomUUID(),
      space,
      org,
    ]);
  }
  await sql.rows("insert into domains (guid, name) values ($1, $2) on conflict (name) do nothing", [randomUUID(), facts.domain]);
}
