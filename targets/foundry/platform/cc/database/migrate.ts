/** Brings the CCDB to the current schema and seeds it. Several Cloud Controllers may do it at once: an advisory lock lets one pass at a time. */

import { createHash } from "node:crypto";
import Postgrator from "postgrator";
import { adminPasswordLabel, typed } from "../../../contract/secrets.js";
import { config } from "../../base/config.js";
import type { Database, Sql } from "./database.js";
import { migrations } from "./schema.js";
import { seed } from "./seed.js";

const lockKey = 20110425;
const schemaTable = "schema_migrations";

/** Postgrator looks for files; ours are text in the bundle. */
class Migrator extends Postgrator {
  /** Where Postgrator keeps what it found; its types leave it out. */
  migrations: Postgrator.Migration[] = [];

  override async getMigrations(): Promise<Postgrator.Migration[]> {
    this.migrations = migrations.map(({ name, sql }, i) => ({
      version: i + 1,
      action: "do",
      name,
      filename: name,
      md5: createHash("md5").update(sql).digest("hex"),
      getSql: () => sql,
    }));
    return this.migrations;
  }
}

class Busy extends Error {}

async function run(sql: Sql): Promise<void> {
  // Not waited for: a wait would outlast the time that a statement is given. Whoever is second comes back and finds it done.
  const lock = await sql.row<{ mine: boolean }>(`select pg_try_advisory_xact_lock(${lockKey}) as mine`);
  if (!lock?.mine) throw new Busy("another Cloud Controller is at it");
  const migrator = new Migrator({
    driver: "pg",
    schemaTable,
    execQuery: async (query) => ({ rows: [...(await sql.rows(query))] }),
    execSqlScript: async (script) => {
      for (const statement of script.split(/;\n/)) if (statement.trim()) await sql.rows(statement);
    },
  });
  await migrator.migrate();
  await seed(sql, { domain: config().domain, adminPassword: typed(config().secret(adminPasswordLabel)) });
}

/** The seeds were committed with the schema. */
async function isDone(database: Database): Promise<boolean> {
  const table = await database.row<{ found: string | null }>(`select to_regclass('${schemaTable}') as found`);
  if (!table?.found) return false;
  return (await database.row<{ version: number }>(`select max(version) as version from ${schemaTable}`))?.version === migrations.length;
}

/** All or nothing; nothing if it was done before. False if another Cloud Controller is at it. */
export async function migrate(database: Database): Promise<boolean> {
  if (await isDone(database)) return true;
  try {
    await database.transaction(run);
    return true;
  } catch (error) {
    if (error instanceof Busy) return false;
    throw error;
  }
}
