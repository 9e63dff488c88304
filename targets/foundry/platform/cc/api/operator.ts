/** The admin API of a Cloud Controller: what operators and the harness ask, past every proxy. */

import * as z from "zod";
import type { StorageState } from "../../../contract/storage.js";
import { AdminError, type AdminRoutes } from "../../base/admin.js";
import { config } from "../../base/config.js";
import type { Context } from "../context.js";
import { backUp, restore } from "../database/backup.js";
import { fingerprint } from "../placement/desired.js";
import { type Loss, losses, release } from "../storage/latch.js";
import { verify } from "../storage/verify.js";

function body<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  throw new AdminError(400, parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join(", "));
}

export function operator(context: Context): AdminRoutes {
  const { database, storage, work, lifecycle, scratch } = context;
  /** The latch as last read: /state must answer when the CCDB does not. */
  let known: readonly Loss[] = [];
  return {
    "GET /state": async (): Promise<StorageState> => {
      let ccdb: StorageState["ccdb"] = "reached";
      known = await losses(database).catch(() => {
        ccdb = "away";
        return known;
      });
      const degraded = config().policy["cc.onLunLoss"] === "degrade";
      const lost = degraded ? storage.lost() : known.map((loss) => loss.lun);
      return {
        readOnly: known.length > 0,
        reason: known.length > 0 ? known.map((loss) => `${loss.lun}: ${loss.reason}`).join("; ") : null,
        sinceIso: known[0]?.lost_at.toISOString() ?? null,
        lostLuns: lost,
        mounts: storage.states(),
        moved: storage.moved(),
        verified: known.every((loss) => loss.verified_at !== null),
        ccdb,
      };
    },
    "GET /varz": () => ({
      workers: { of: lifecycle.placement.workers, busy: lifecycle.placement.busy, queued: lifecycle.placement.queued, fullMs: lifecycle.placement.fullMs },
      jobs: work.running,
      storageHelper: storage.helperPid,
      proofsMs: storage.proofsMs(),
      blobsRemoved: context.sweep.removed,
    }),
    "POST /storage/verify": () => verify(database, storage, scratch),
    "POST /storage/reconsider": async () => ({ moved: await storage.reconsider() }),
    "POST /ccdb/backup": () => backUp(database, storage, scratch),
    "POST /ccdb/restore": () => restore(database, storage, scratch),
    "POST /storage/release": async (given) => {
      const { reason, unverified } = body(z.object({ reason: z.string().trim().min(1), unverified: z.boolean().default(false) }), given);
      const unusable = Object.entries(storage.states()).filter(([, state]) => state !== "usable");
      if (unusable.length > 0) throw new AdminError(409, `not released: ${unusable.map(([lun, state]) => `${lun} is ${state}`).join(", ")}`);
      if (!(await release(database, reason, unverified))) throw new AdminError(409, "not released: no verification has succeeded since the loss");
      return { released: true };
    },
    "GET /fingerprint": () => fingerprint(database),
    "GET /exists": async (_, query) => {
      const apps = query.getAll("app");
      return {
        existing: await database.rows(
          "select a.guid, a.name, a.state, p.instances from apps a join processes p on p.app_guid = a.guid and p.type = 'web' where a.guid = any($1) order by a.guid",
          [apps],
        ),
      };
    },
  };
}
