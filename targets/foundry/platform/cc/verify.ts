/** Verification: every blob that the CCDB knows is read to its end and compared. It takes time, and it finds what was torn. */

import { AdminError } from "../base/admin.js";
import { config } from "../base/config.js";
import type { Database } from "./database.js";
import { StorageError } from "./helper-process.js";
import { recordVerified } from "./latch.js";
import type { Storage } from "./storage.js";

export interface Verified {
  readonly checked: number;
  /** sha1s that the LUN does not have. */
  readonly missing: readonly string[];
  /** sha1s whose content is something else. */
  readonly torn: readonly string[];
  readonly tookMs: number;
}

interface Known {
  readonly sha1: string;
  readonly size: number;
  readonly lun: string;
}

const perLun = 2;

/**
 * Rejects with AdminError 409 if a LUN cannot be read: then nothing is known. Blobs that are missing or torn are marked, so that they no longer
 * count as known and the next upload writes them again; the others are unmarked.
 */
export async function verify(database: Database, storage: Storage): Promise<Verified> {
  const from = performance.now();
  const started = await database.row<{ now: Date }>("select clock_timestamp() as now");
  const blobs = await database.rows<Known>("select sha1, size, lun from blobs order by sha1");
  const missing: string[] = [];
  const torn: string[] = [];
  const check = async ({ sha1, size, lun }: Known) => {
    try {
      const found = await storage.run(lun, { op: "hash", sha1 }, 10_000 + size / 1000);
      if (found.sha1 !== sha1 || found.size !== size) torn.push(sha1);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      if (error.code !== "ENOENT") throw new AdminError(409, `${lun} cannot be verified: ${error.message}`);
      missing.push(sha1);
    }
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
    await sql.rows("update blobs set damaged = (sha1 = any($1)) where damaged <> (sha1 = any($1))", [[...missing, ...torn]]);
    if (started) await recordVerified(sql, config().name, started.now);
  });
  return { checked: blobs.length, missing: missing.sort(), torn: torn.sort(), tookMs: Math.round(performance.now() - from) };
}
