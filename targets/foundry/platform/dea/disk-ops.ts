/** What a DEA does on the disk where its droplet cache (staged/) and instance folders (apps/) are: a LUN, or its own folder where none is mounted. */
import { randomBytes } from "node:crypto";
import { copyFile, lstat, mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { dirname, join } from "node:path";
import { lunAt } from "../base/lun-marker.js";
import { unpack } from "./unpack.js";

export type DiskOp =
  /** Answered without touching the disk: tells a helper that is stuck from a disk that hangs. */
  | { readonly op: "ping" }
  /** Is this droplet in the cache? Its time stamp says from then on that it was wanted now. 1 or 0. */
  | { readonly op: "has"; readonly sha1: string }
  /** Copies a local file into the cache. */
  | { readonly op: "keep"; readonly sha1: string; readonly local: string }
  /** Unpacks a droplet of the cache into an instance folder, if it has no more than maxBytes; gives the bytes of its files. */
  | { readonly op: "unpack"; readonly sha1: string; readonly folder: string; readonly maxBytes: number }
  | { readonly op: "remove"; readonly folder: string }
  /** Removes every instance folder but these. */
  | { readonly op: "sweep"; readonly keep: readonly string[] }
  /** Removes droplets that nobody wanted for ageMs, and drafts of an agent that died. */
  | { readonly op: "prune"; readonly ageMs: number }
  /** `du` of one instance folder, or only a look at the disk; gives the bytes. */
  | { readonly op: "look"; readonly folder?: string };

export interface Disk {
  /** Instance folders and droplets are below it. */
  readonly root: string;
  /** The LUN's name and mount point; absent: a local folder, which has no marker. */
  readonly lun?: { readonly name: string; readonly path: string };
}

async function checkMarker({ lun }: Disk): Promise<void> {
  if (!lun) return;
  const found = await lunAt(lun.path);
  if (found !== lun.name) throw new Error(`${lun.path} says it is "${found}", expected "${lun.name}"`);
}

async function bytesBelow(dir: string): Promise<number> {
  let bytes = 0;
  for (const entry of await readdir(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    bytes += entry.isDirectory() ? await bytesBelow(path) : (await lstat(path)).size;
  }
  return bytes;
}

/** The number that the operation gives, else 0. Rejects with the errno of the disk. */
export async function runDiskOp(disk: Disk, asked: DiskOp): Promise<number> {
  if (asked.op === "ping") return 0;
  await checkMarker(disk);
  const cache = join(disk.root, "staged");
  const apps = join(disk.root, "apps");
  const droplet = (sha1: string) => join(cache, `${sha1}.tgz`);
  switch (asked.op) {
    case "has": {
      const now = new Date();
      return utimes(droplet(asked.sha1), now, now).then(
        () => 1,
        (error: NodeJS.ErrnoException) => {
          if (error.code === "ENOENT") return 0;
          throw error;
        },
      );
    }
    case "keep": {
      const path = droplet(asked.sha1);
      const draft = `${path}.${randomBytes(4).toString("hex")}.part`;
      await mkdir(dirname(path), { recursive: true });
      try {
        await copyFile(asked.local, draft);
        await rename(draft, path);
      } finally {
        await rm(draft, { force: true });
      }
      return 0;
    }
    case "unpack":
      return unpack(droplet(asked.sha1), join(apps, asked.folder), asked.maxBytes);
    case "remove":
      await rm(join(apps, asked.folder), { recursive: true, force: true });
      return 0;
    case "sweep":
      for (const name of await readdir(apps).catch(() => [])) if (!asked.keep.includes(name)) await rm(join(apps, name), { recursive: true, force: true });
      return 0;
    case "prune":
      for (const name of await readdir(cache).catch(() => [])) {
        const facts = await stat(join(cache, name)).catch(() => undefined);
        if (facts && Date.now() - facts.mtimeMs > asked.ageMs) await rm(join(cache, name), { force: true });
      }
      return 0;
    case "look":
      return asked.folder === undefined ? 0 : bytesBelow(join(apps, asked.folder));
  }
}
