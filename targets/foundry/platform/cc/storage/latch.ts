/** The read-only latch: it lives in the CCDB, so that every Cloud Controller and the Health Manager find it there, also after a restart. */
import { log } from "../../base/log.js";
import type { Database, Sql } from "../database/database.js";

export interface Loss {
  readonly lun: string;
  readonly declared_by: string;
  readonly reason: string;
  readonly lost_at: Date;
  readonly verified_at: Date | null;
}

/** A condition for statements that must do nothing while the latch is set. */
export const notLatched = "not exists (select from storage_latch)";

export const losses = (sql: Sql): Promise<readonly Loss[]> =>
  sql.rows<Loss>("select lun, declared_by, reason, lost_at, verified_at from storage_latch order by lost_at");

/** From now on everybody is read-only; nothing if that LUN was declared before. */
export async function declareLost(database: Database, lun: string, by: string, reason: string): Promise<void> {
  const declared = await database.row(
    "insert into storage_losses (lun, declared_by, reason) values ($1, $2, $3) on conflict (lun) where released_at is null do nothing returning id",
    [lun, by, reason],
  );
  if (declared) log.error({ lun, reason }, "storage declared lost: read-only");
}

/** A verification that began at `startedAt` (the CCDB's clock) vouches for what was lost before it. */
export async function recordVerified(sql: Sql, by: string, startedAt: Date): Promise<void> {
  await sql.rows("update storage_losses set verified_at = $1, verified_by = $2 where released_at is null and lost_at <= $1", [startedAt, by]);
}

/** Ends read-only mode; false if a loss that is not verified stands against it, unless somebody takes that upon himself. */
export async function release(database: Database, reason: string, unverified = false): Promise<boolean> {
  return database.transaction(async (sql) => {
    const open = await sql.rows<{ verified_at: Date | null }>("select verified_at from storage_losses where released_at is null for update");
    if (!unverified && open.some((loss) => loss.verified_at === null)) return false;
    await sql.rows("update storage_losses set released_at = now(), release_reason = $1 where released_at is null", [reason]);
    if (open.length > 0) log.warn({ reason }, "storage released: no longer read-only");
    return true;
  });
}
