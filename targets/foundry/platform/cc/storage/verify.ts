/** Verification: every blob that the CCDB knows is read to its end and compared. It takes time, and it finds what was torn. */

import { rm } from "node:fs/promises";
import { join } from "node:path";
import type { Verified } from "../../../contract/storage.js";
import { AdminError } from "../../base/admin.js";
import { config } from "../../base/config.js";
import { log } from "../../base/log.js";
import type { Database } from "../database/database.js";
import { fromMirror, pin } from "./blobs.js";
import { StorageError } from "./helper-process.js";
import { recordVerified } from "./latch.js";
import type { Storage } from "./storage.js";

interface Known {
  readonly sha1: string;
  readonly size: number;
  readonly lun: string;
}

const perLun = 2;

/**
 * Rejects with AdminError 409 if a LUN cannot be read: then nothing is known. Blobs that are missing or torn are marked, so that they no longer
 * count as known and the next upload writes them again, unless the mirror has them: then they are written back; the others are unmarked.
 */
export async function verify(database: Database, storage: Storage, scratch: string): Promise<Verified> {
  const from = performance.now();
  const started = await database.row<{ now: Date }>("select clock_timestamp() as now");
  const blobs = await database.rows<Known>("select sha1, size, lun from blobs where arrived and doomed_by is null order by sha1");
  const missing: string[] = [];
  const torn: string[] = [];
  const repaired: string[] = [];
  const repair = async (blob: Known) => {
    const local = join(scratch, `repair-${blob.sha1}`);
    try {
      if (!(await fromMirror(storage, blob, local))) return;
      await storage.run(blob.lun, { op: "put", sha1: blob.sha1, local }, 10_000 + blob.size / 1000);
      repaired.push(blob.sha1);
    } catch (error) {
      log.warn({ err: error, sha1: blob.sha1, lun: blob.lun }, "not repaired");
    } finally {
      await rm(local, { force: true });
    }
  };
  const check = async (blob: Known) => {
    const { sha1, size, lun } = blob;
    try {
      const found = await storage.run(lun, { op: "hash", sha1 }, 10_000 + size / 1000);
      if (found.sha1 === sha1 && found.size === size) return;
      torn.push(sha1);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (error.code !== "ENOENT") throw new AdminError(409, `${lun} cannot be verified: ${error.message}`);
      // It may have been removed meanwhile, since nobody refers to it any more.
      if (!(await pin(database, [sha1])).has(sha1)) return;
      missing.push(sha1);
    }
    await repair(blob);
  };
  const unusable = Object.entries(storage.states()).filter(([, state]) => state !== "usable");
  if (unusable.length > 0) throw new AdminError(409, `cannot verify while ${unusable.map(([lun, state]) => `${lun} is ${state}`).join(", ")}`);
  await Promise.all(
    storage.luns.map(async (lun) => {
      const rest = blobs.filter((blob) => blob.lun === lun);
      const worker = async () => {
        for (let next = rest.pop(); next; next = rest.pop()) await check(next);
      };
      await Promise.all(Array.from({ length: perLun }, worker));
    }),
  );
  await database.transaction(async (sql) => {
    const damaged = [...missing, ...torn].filter((sha1) => !repaired.includes(sha1));
    await sql.rows("update blobs set damaged = (sha1 = any($1)) where damaged <> (sha1 = any($1))", [damaged]);
    if (started) await recordVerified(sql, config().name, started.now);
  });
  return { checked: blobs.length, missing: missing.sort(), torn: torn.sort(), repaired: repaired.sort(), tookMs: Math.round(performance.now() - from) };
}
