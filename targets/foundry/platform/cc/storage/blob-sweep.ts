/**
 * Removes blobs that nobody refers to: neither a package nor a droplet, no file of a package, nor the last backup of the CCDB. Only rows are followed: files that have none
 * are somebody else's. A row is doomed first, then its file and the mirror's copy go, then the row. Only the Cloud Controller that doomed a row ends it, since the removal
 * of a stopped one could come late; one that starts again goes on with its own.
 */
import { config } from "../../base/config.js";
import { log } from "../../base/log.js";
import type { Database } from "../database/database.js";
import { isAway } from "../database/database.js";
import { StorageError } from "./helper-process.js";
import { notLatched } from "./latch.js";
import type { Storage } from "./storage.js";

/** A blob is looked at so often within its grace. */
const looks = 4;
const atOnce = 50;
const deadlineMs = 10_000;

interface Doomed {
  readonly sha1: string;
  readonly lun: string;
  readonly birth: string;
}

export class BlobSweep {
  removed = 0;
  #sweeping = false;

  constructor(
    readonly database: Database,
    readonly storage: Storage,
    readonly graceMs: number,
  ) {}

  start(): void {
    setInterval(() => void this.#sweep(), this.graceMs / looks);
  }

  async #sweep(): Promise<void> {
    if (this.#sweeping) return;
    this.#sweeping = true;
    try {
      while ((await this.#round()) === atOnce);
    } catch (error) {
      if (!isAway(error)) log.error({ err: error }, "sweeping blobs");
    } finally {
      this.#sweeping = false;
    }
  }

  /** How many were removed. */
  async #round(): Promise<number> {
    const { name } = config();
    const usable = Object.entries(this.storage.states()).flatMap(([lun, state]) => (state === "usable" ? [lun] : []));
    await this.database.rows(
      `update blobs set doomed_by = $1 where sha1 in (
         select b.sha1 from blobs b where doomed_by is null and not backed_up and used_at < now() - $2 * interval '1 ms' and lun = any($3) and ${notLatched}
         and not exists (select from package_files f where f.sha1 = b.sha1) and not exists (select from packages k where k.sha1 = b.sha1)
         and not exists (select from droplets d where d.sha1 = b.sha1) order by used_at limit ${atOnce} for update of b skip locked)
       -- Again, of the row as it is once it is ours: it may have been used meanwhile.
       and doomed_by is null and used_at < now() - $2 * interval '1 ms'`,
      [name, this.graceMs, usable],
    );
    const doomed = await this.database.rows<Doomed>(
      `select sha1, lun, birth from blobs where doomed_by = $1 and lun = any($2) and ${notLatched} order by used_at limit ${atOnce}`,
      [name, usable],
    );
    let removed = 0;
    for (const one of doomed) if (await this.#remove(one)) removed++;
    this.removed += removed;
    return removed;
  }

  async #remove({ sha1, lun, birth }: Doomed): Promise<boolean> {
    try {
      await this.storage.run(lun, { op: "remove", sha1 }, deadlineMs);
      const partner = this.storage.mirrorOf(lun);
      if (partner !== undefined) await this.storage.run(partner, { op: "remove", sha1, mirrorOf: lun }, deadlineMs);
    } catch (error) {
      if (!(error instanceof StorageError)) throw error;
      log.warn({ sha1, lun, why: error.message }, "blob not removed yet");
      return false;
    }
    await this.database.rows("delete from blobs where birth = $1 and doomed_by = $2", [birth, config().name]);
    return true;
  }
}
