/** Blobs (files of apps, packages, droplets) by sha1, sharded by their digest over all LUNs; the CCDB knows each one's size and LUN. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { stat } from "node:fs/promises";
import { blobstoreUnavailable, CfError, notFound, unavailable } from "./cf-error.js";
import type { Database } from "./database.js";
import { StorageError } from "./helper-process.js";
import type { BlobOp, Storage } from "./storage.js";

export interface Blob {
  readonly sha1: string;
  readonly size: number;
}
interface KeptBlob extends Blob {
  readonly lun: string;
  readonly damaged: boolean;
}

/** For the operation itself, and for each byte at a slow 1 MB/s. */
const baseDeadlineMs = 5000;
const deadlineMs = (size: number) => baseDeadlineMs + size / 1000;

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

  /** Puts a local file onto its LUN unless it is there, then into the CCDB. */
  async keep(local: string, known?: Blob): Promise<Blob> {
    return this.#refusing(async () => this.#keep(local, known ?? (await digest(local))));
  }
  async #keep(local: string, blob: Blob): Promise<Blob> {
    const kept = await this.#find(blob.sha1);
    const lun = kept?.lun ?? this.#lunOf(blob.sha1);
    if (kept && !kept.damaged) {
      const there = await this.#run(lun, { op: "size", sha1: blob.sha1 }, 0).catch((error: unknown) => {
        if (error instanceof StorageError && error.code === "ENOENT") return undefined;
        throw error;
      });
      if (there?.size === blob.size) return blob;
    }
    await this.#run(lun, { op: "put", sha1: blob.sha1, local }, blob.size);
    await this.database.rows("insert into blobs (sha1, size, lun) values ($1, $2, $3) on conflict (sha1) do update set size = excluded.size, damaged = false", [
      blob.sha1,
      blob.size,
      lun,
    ]);
    return blob;
  }

  /** Copies a blob into a local file and checks it: from its LUN, else from the mirror. */
  async fetch(sha1: string, local: string): Promise<void> {
    const kept = await this.#find(sha1);
    if (!kept) throw notFound("Blob");
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
    if (!kept) return false;
    return this.#run(kept.lun, { op: "size", sha1 }, 0).then(
      ({ size }) => size === kept.size,
      () => this.storage.mirrorOf(kept.lun) !== undefined, // fetch() will find out
    );
  }

  /** Those that the platform has whole, as far as it knows: by sha1, with their size. */
  async known(sha1s: readonly string[]): Promise<ReadonlyMap<string, number>> {
    const rows = await this.database.rows<Blob & { lun: string }>("select sha1, size, lun from blobs where sha1 = any($1) and not damaged", [sha1s]);
    const lost = this.storage.lost();
    return new Map(rows.filter(({ lun }) => !lost.includes(lun)).map(({ sha1, size }) => [sha1, size]));
  }

  #lunOf(sha1: string): string {
    const { luns } = this.storage;
    const lun = luns[Number.parseInt(sha1.slice(0, 8), 16) % luns.length];
    if (lun === undefined) throw unavailable("No LUN is mounted");
    return lun;
  }
  #find(sha1: string): Promise<KeptBlob | undefined> {
    return this.database.row<KeptBlob>("select sha1, size, lun, damaged from blobs where sha1 = $1", [sha1]);
  }
  #run(lun: string, op: BlobOp, size: number): Promise<Blob> {
    if (this.storage.lost().includes(lun)) throw unavailable(`Storage ${lun} is lost`);
    return this.storage.run(lun, op, deadlineMs(size));
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
