/** Brings the CCDB to the current schema and seeds it. Several Cloud Controllers may do it at once: an advisory lock lets one pass at a time. */
import { createHash } from "node:crypto";
import Postgrator from "postgrator";
import { config } from "../base/config.js";
import type { Database, Sql } from "./database.js";
import { migrations } from "./schema.js";
import { seed } from "./seed.js";

const lockKey = 20110425;

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

async function run(sql: Sql): Promise<void> {
  await sql.rows(`select pg_advisory_xact_lock(${lockKey})`);
  const migrator = new Migrator({
    driver: "pg",
    schemaTable: "schema_migrations",
    execQuery: async (query) => ({ rows: [...(await sql.rows(query))] }),
    execSqlScript: async (script) => {
      await script
        .split(/;\n/)
        .reduce<Promise<unknown>>((before, statement) => before.then(() => (statement.trim() ? sql.rows(statement) : undefined)), Promise.resolve());
    },
  });
  await migrator.migrate();
  await seed(sql, { domain: config().domain, adminPassword: config().secret("admin-password").slice(0, 20) });
}

/** All or nothing, and nothing if it was done before. */
export const migrate = (database: Database): Promise<void> => database.transaction(run);
