/** Blobs (files of apps, packages, droplets) by sha1, sharded by their digest over all LUNs; the CCDB knows each one's size and LUN. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { sleep } from "../../base/until.js";
import { blobstoreUnavailable, CfError, noRoom, notFound, unavailable } from "../api/cf-error.js";
import type { Database, Sql } from "../database/database.js";
import { StorageError } from "./helper-process.js";
import type { BlobOp, Storage } from "./storage.js";

export interface Blob {
  readonly sha1: string;
  readonly size: number;
}
interface KeptBlob extends Blob {
  readonly lun: string;
  readonly damaged: boolean;
  readonly arrived: boolean;
  readonly birth: string;
}

/** For the operation itself, and for each byte at a slow 1 MB/s. */
const baseDeadlineMs = 5000;
const deadlineMs = (size: number) => baseDeadlineMs + size / 1000;

/** While a blob is written its row is used again and again, so that nobody removes it. */
const usedEveryMs = 10_000;
/** So long one that is being removed from the only LUN there is is waited for. */
const doomedMs = 10_000;
const pollMs = 100;
const attempts = 5;
/** Matches that were seen so lately need not be written down again. */
const freshS = 10;

/**
 * Says that these are used now; resolves with those that are there, and not about to be removed. Whoever refers to one commits that together with this: a sweep
 * (blob-sweep.ts) either sees the reference, or finds the row newly used, or was first, and then it is not among those that are there.
 */
export async function pin(sql: Sql, sha1s: readonly string[]): Promise<ReadonlySet<string>> {
  // In order: two who pin the same ones must not wait for each other.
  const rows = await sql.rows<{ sha1: string }>(
    `with mine as (select sha1 from blobs where sha1 = any($1) and arrived and doomed_by is null order by sha1 for update)
     update blobs b set used_at = clock_timestamp() from mine where b.sha1 = mine.sha1 returning b.sha1`,
    [sha1s],
  );
  return new Set(rows.map(({ sha1 }) => sha1));
}

/** sha1 and size of a local file. */
export async function digest(path: string): Promise<Blob> {
  const hash = createHash("sha1");
  for await (const piece of createReadStream(path)) hash.update(piece as Buffer);
  return { sha1: hash.digest("hex"), size: (await stat(path)).size };
}

/** Copies a blob into a local file from the mirror of its LUN; false if that has it not, or not whole. */
export async function fromMirror(storage: Storage, { sha1, size, lun }: Blob & { readonly lun: string }, local: string): Promise<boolean> {
  const partner = storage.mirrorOf(lun);
  if (partner === undefined) return false;
  const read = await storage.run(partner, { op: "get", sha1, local, mirrorOf: lun }, deadlineMs(size)).catch(() => undefined);
  return read?.sha1 === sha1 && read.size === size;
}

export class Blobs {
  constructor(
    readonly database: Database,
    readonly storage: Storage,
  ) {}

  /** Puts a local file onto its LUN unless it is there. Whoever refers to it pins it. */
  async keep(local: string, known?: Blob): Promise<Blob> {
    return this.#refusing(async () => this.#keep(local, known ?? (await digest(local))));
  }
  async #keep(local: string, blob: Blob): Promise<Blob> {
    for (let attempt = 1; ; attempt++) {
      const { lun, birth, arrived, damaged } = await this.#begin(blob);
      if (arrived && !damaged) {
        const there = await this.#run(lun, { op: "size", sha1: blob.sha1 }, 0).catch((error: unknown) => {
          if (error instanceof StorageError && error.code === "ENOENT") return undefined;
          throw error;
        });
        if (there?.size === blob.size) return blob;
      }
      const used = setInterval(
        () => void this.database.rows("update blobs set used_at = clock_timestamp() where birth = $1 and doomed_by is null", [birth]).catch(() => {}),
        usedEveryMs,
      );
      try {
        await this.#run(lun, { op: "put", sha1: blob.sha1, local }, blob.size);
      } catch (error) {
        // Whoever removed it took our draft for one that a crash had left.
        if (error instanceof StorageError && error.code === "ENOENT" && attempt < attempts) continue;
        throw error;
      } finally {
        clearInterval(used);
      }
      const kept = await this.database.row(
        "update blobs set arrived = true, damaged = false, size = $2, used_at = clock_timestamp() where birth = $1 and doomed_by is null returning sha1",
        [birth, blob.size],
      );
      if (kept) return blob;
      // It took longer than anybody waits for: it was removed meanwhile.
    }
  }
  /**
   * Its row, before anything is written. One that is being removed begins anew on another LUN: the removal may come late, where a LUN hangs; only
   * where there is no other one it is waited for.
   */
  async #begin({ sha1, size }: Blob): Promise<KeptBlob> {
    const [lun, next] = this.#lunsOf(sha1);
    for (const endMs = performance.now() + doomedMs; ; await sleep(pollMs)) {
      const kept = await this.database.row<KeptBlob>(
        `insert into blobs (sha1, size, lun, arrived, used_at) values ($1, $2, $3, false, clock_timestamp())
         on conflict (sha1) do update set used_at = clock_timestamp(), doomed_by = null, arrived = blobs.arrived and blobs.doomed_by is null,
           birth = case when blobs.doomed_by is null then blobs.birth else gen_random_uuid() end,
           lun = case when blobs.doomed_by is null then blobs.lun when blobs.lun = $3 then $4 else $3 end
         where blobs.doomed_by is null or $3 <> $4
         returning sha1, size, lun, damaged, arrived, birth`,
        [sha1, size, lun, next],
      );
      if (kept) return kept;
      if (performance.now() > endMs) throw unavailable(`Blob ${sha1} is being removed from ${lun}; push again`);
    }
  }

  /** A package is made of these from now on; resolves with those that are there. */
  async refer(owner: string, sha1s: readonly string[]): Promise<ReadonlySet<string>> {
    await this.database.rows("insert into package_files (package_guid, sha1) select $1, unnest($2::text[]) on conflict do nothing", [owner, sha1s]);
    return pin(this.database, sha1s);
  }

  /** Copies a blob into a local file and checks it: from its LUN, else from the mirror. */
  async fetch(sha1: string, local: string): Promise<void> {
    const kept = await this.#find(sha1);
    if (!kept?.arrived) throw notFound("Blob");
    const read = await this.#refusing(() => this.#run(kept.lun, { op: "get", sha1, local }, kept.size)).catch(async (error: unknown) => {
      if (await fromMirror(this.storage, kept, local)) return kept;
      throw error;
    });
    if (read.sha1 === sha1 && read.size === kept.size) return;
    if (!(await fromMirror(this.storage, kept, local))) throw new CfError(500, 150007, "CF-BlobstoreError", `Blob ${sha1} on ${kept.lun} is damaged`);
  }

  /** Does the storage give this blob, by a look at its size? Waits for a LUN that stalls. */
  async reads(sha1: string): Promise<boolean> {
    const kept = await this.#find(sha1);
    if (!kept?.arrived) return false;
    return this.#run(kept.lun, { op: "size", sha1 }, 0).then(
      ({ size }) => size === kept.size,
      () => this.storage.mirrorOf(kept.lun) !== undefined, // fetch() will find out
    );
  }

  /** Those that the platform has whole, as far as it knows: by sha1, with their size. They are kept for a while from now on. */
  async known(sha1s: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.rows<Blob & { lun: string; stale: boolean }>(
      `select sha1, size, lun, used_at < now() - interval '${freshS} s' as stale from blobs where sha1 = any($1) and arrived and not damaged and doomed_by is null`,
      [sha1s],
    );
    const stale = rows.filter((row) => row.stale).map(({ sha1 }) => sha1);
    const pinned = await pin(this.database, stale);
    const lost = this.storage.lost();
    return new Map(rows.filter(({ lun, sha1, stale }) => !lost.includes(lun) && (!stale || pinned.has(sha1))).map(({ sha1, size }) => [sha1, size]));
  }

  /** Where it belongs, and the one that comes next; the same where there is only one. */
  #lunsOf(sha1: string): readonly [string, string] {
    const { luns } = this.storage;
    const at = Number.parseInt(sha1.slice(0, 8), 16) % luns.length;
    const lun = luns[at];
    if (lun === undefined) throw unavailable("No LUN is mounted");
    return [lun, luns[(at + 1) % luns.length]!];
  }
  #find(sha1: string): Promise<KeptBlob | undefined> {
    return this.database.row<KeptBlob>("select sha1, size, lun, damaged, arrived, birth from blobs where sha1 = $1", [sha1]);
  }
  #run(lun: string, op: BlobOp, size: number): Promise<Blob> {
    if (this.storage.lost().includes(lun)) throw unavailable(`Storage ${lun} is lost`);
    return this.storage.run(lun, op, deadlineMs(size)).catch((error: unknown) => {
      throw error instanceof StorageError && error.code === "ENOSPC" ? noRoom(lun) : error;
    });
  }
  /** What the client is told when a LUN does not do what it must. */
  async #refusing<T>(act: () => Promise<T>): Promise<T> {
    try {
      return await act();
    } catch (error) {
      if (error instanceof StorageError) throw blobstoreUnavailable(`Failed to perform operation on the blobstore: ${error.message}`);
      throw error;
    }
  }
}
