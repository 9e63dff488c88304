/**
 * Backups of the CCDB on a LUN of the other cabinet: all rows of all tables at one instant, as JSON. Restoring is quick, and loses what was acknowledged since.
 * The record of lost storage is no part of it: going back in time must not make storage trusted again.
 */

import { readFile, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzip, gzip } from "node:zlib";
import type { BackedUp } from "../../../contract/storage.js";
import { AdminError } from "../../base/admin.js";
import { log } from "../../base/log.js";
import type { Storage } from "../storage/storage.js";
import type { Database, Sql } from "./database.js";

interface Content {
  readonly version: 1;
  readonly atIso: string;
  readonly tables: Readonly<Record<string, readonly unknown[]>>;
}

const name = "ccdb.json.gz";
const deadlineMs = 20_000;
/** A statement has little time. */
const rowsAtOnce = 200;
/** Of storage: it is in a backup, since a CCDB can be gone, but what is newer stays. */
const facts = "blobs";
const excluded = ["schema_migrations", "storage_losses"];

/** In the order in which they were made: what refers to another table comes after it. */
const tablesOf = async (sql: Sql): Promise<readonly string[]> =>
  (
    await sql.rows<{ name: string }>(
      "select relname as name from pg_class where relkind = 'r' and relnamespace = 'public'::regnamespace and relname <> all($1) order by oid",
      [excluded],
    )
  ).map((table) => table.name);

/** The last LUN: the first cabinet is the one that everything else is on. */
function lunOf(storage: Storage): string {
  const lun = [...storage.luns].sort((a, b) => a.localeCompare(b, "en", { numeric: true })).at(-1);
  if (lun === undefined) throw new AdminError(409, "no LUN is mounted");
  return lun;
}

/** Of the CCDB's advisory locks: held by whoever makes a backup. */
const lock = 20_110_425;
const oneAtATime = () => new AdminError(409, "not backed up: another Cloud Controller is making a backup; ask again when it has ended");

/**
 * One at a time: each marks the blobs that its content needs and takes the marks off all others, so that of two the one that is written last could need what the other
 * unmarked. The lock goes with its connection; marks are made on another one, since the sweeps of all must see them at once.
 */
export function backUp(database: Database, storage: Storage, scratch: string): Promise<BackedUp> {
  return database.transaction(async (held) => {
    const mine = await held.row<{ got: boolean }>("select pg_try_advisory_xact_lock($1) as got", [lock]);
    if (!mine?.got) throw oneAtATime();
    return backUpAlone(database, storage, scratch, held);
  });
}

async function backUpAlone(database: Database, storage: Storage, scratch: string, held: Sql): Promise<BackedUp> {
  const from = performance.now();
  const lun = lunOf(storage);
  // What this backup knows stays until the next one: restored, its apps must have their blobs. Those that come meanwhile are in their grace.
  await database.rows("update blobs set backed_up = true where doomed_by is null and not backed_up");
  const content = await database.transaction(async (sql): Promise<Content> => {
    await sql.rows("set transaction isolation level repeatable read, read only");
    const at = await sql.row<{ now: Date }>("select now()");
    const tables: Record<string, readonly unknown[]> = {};
    for (const table of await tablesOf(sql))
      tables[table] = (await sql.rows<{ row: unknown }>(`select to_json(t) as row from ${table} t`)).map(({ row }) => row);
    return { version: 1, atIso: at!.now.toISOString(), tables };
  });
  const needed = new Set(
    ["packages", "droplets", "package_files"].flatMap((table) =>
      (content.tables[table] as readonly { readonly sha1: string | null }[]).map(({ sha1 }) => sha1),
    ),
  );
  await database.rows("update blobs set backed_up = true where sha1 = any($1) and doomed_by is null and not backed_up", [[...needed]]);
  const local = join(scratch, "backup");
  const bytes = await promisify(gzip)(JSON.stringify(content));
  await writeFile(local, bytes);
  try {
    await storage.run(lun, { op: "save", name, local }, deadlineMs);
  } finally {
    await rm(local, { force: true });
  }
  // Only if nobody else could begin meanwhile: a connection that was lost has let go.
  await held.rows("select 1");
  await database.rows("update blobs set backed_up = false where backed_up and sha1 <> all($1)", [[...needed].filter((sha1) => sha1 !== null)]);
  const rows = Object.values(content.tables).reduce((sum, table) => sum + table.length, 0);
  log.warn({ lun, rows, bytes: bytes.length }, "CCDB backed up");
  return { lun, atIso: content.atIso, rows, bytes: bytes.length, tookMs: Math.round(performance.now() - from) };
}

/** Rejects with AdminError 409 if there is no backup, or not a whole one. */
export async function restore(database: Database, storage: Storage, scratch: string): Promise<BackedUp> {
  const from = performance.now();
  const lun = lunOf(storage);
  const local = join(scratch, "restore");
  let bytes: Buffer;
  let content: Content;
  try {
    await storage.run(lun, { op: "load", name, local }, deadlineMs);
    bytes = await readFile(local);
    content = JSON.parse((await promisify(gunzip)(bytes)).toString()) as Content;
  } catch (error) {
    throw new AdminError(409, `${lun} has no backup that can be read: ${(error as Error).message}`);
  } finally {
    await rm(local, { force: true });
  }
  await database.transaction(async (sql) => {
    const tables = await tablesOf(sql);
    // What is on the LUNs is not undone by going back in time.
    await sql.rows(`truncate ${tables.filter((table) => table !== facts).join(", ")}`);
    for (const table of tables) {
      const rows = content.tables[table] ?? [];
      for (let i = 0; i < rows.length; i += rowsAtOnce)
        await sql.rows(
          `insert into ${table} select * from json_populate_recordset(null::${table}, $1)${table === facts ? " on conflict (sha1) do nothing" : ""}`,
          [JSON.stringify(rows.slice(i, i + rowsAtOnce))],
        );
    }
    // Later events must come after those that are there again.
    await sql.rows("select setval(pg_get_serial_sequence('audit_events', 'seq'), coalesce((select max(seq) from audit_events), 0) + 1)");
  });
  const rows = Object.values(content.tables).reduce((sum, table) => sum + table.length, 0);
  log.warn({ lun, rows, from: content.atIso }, "CCDB restored: what was acknowledged since is lost");
  return { lun, atIso: content.atIso, rows, bytes: bytes.length, tookMs: Math.round(performance.now() - from) };
}
