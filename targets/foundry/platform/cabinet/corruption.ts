/** Blobs that lie: a byte of each is flipped in place; what they were is kept beside the LUNs, so that it can be put back by any later process. */
import { createHash } from "node:crypto";
import { copyFileSync, existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { chanceOf } from "../router/chance.js";

interface Lun {
  readonly lun: string;
  readonly dir: string;
}
interface Blob {
  readonly lun: string;
  readonly path: string;
  readonly sha1: string;
}

const list = (dir: string) => (existsSync(dir) ? readdirSync(dir).sort() : []);
const isBlob = (name: string) => /^[0-9a-f]{40}$/.test(name);
const sha1Of = (path: string) => createHash("sha1").update(readFileSync(path)).digest("hex");

export class Corruption {
  constructor(
    readonly luns: readonly Lun[],
    /** Where what was corrupted is kept: <lun>/<sha1>. */
    readonly saved: string,
  ) {}

  #blobs(): readonly Blob[] {
    return this.luns.flatMap(({ lun, dir }) =>
      list(join(dir, "blobs")).flatMap((shard) =>
        list(join(dir, "blobs", shard))
          .filter(isBlob)
          .map((sha1) => ({ lun, sha1, path: join(dir, "blobs", shard, sha1) })),
      ),
    );
  }
  #corrupted(): readonly Blob[] {
    return this.luns.flatMap(({ lun, dir }) => list(join(this.saved, lun)).map((sha1) => ({ lun, sha1, path: join(dir, "blobs", sha1.slice(0, 2), sha1) })));
  }

  /** At least one, if there is any; those that are corrupted already stay so. */
  corrupt(percent: number, seed: number): readonly string[] {
    const blobs = [...this.#blobs()];
    const random = chanceOf(`corrupt ${seed}`);
    const chosen = Array.from({ length: Math.ceil((blobs.length * percent) / 100) }, () => blobs.splice(Math.floor(random() * blobs.length), 1)[0]!);
    for (const { lun, sha1, path } of chosen) {
      const kept = join(this.saved, lun, sha1);
      const bytes = readFileSync(path);
      const at = Math.floor(random() * bytes.length);
      if (existsSync(kept) || bytes.length === 0) continue;
      mkdirSync(join(this.saved, lun), { recursive: true });
      copyFileSync(path, kept);
      bytes[at] = (bytes[at] ?? 0) ^ 0x20;
      writeFileSync(path, bytes);
    }
    return this.#corrupted().map(({ sha1 }) => sha1);
  }
  restore(): void {
    for (const { lun, sha1, path } of this.#corrupted()) {
      copyFileSync(join(this.saved, lun, sha1), path);
      rmSync(join(this.saved, lun, sha1));
    }
  }
  /** Those that are not what their name says. */
  lying(): readonly string[] {
    return this.#corrupted()
      .filter(({ sha1, path }) => !existsSync(path) || sha1Of(path) !== sha1)
      .map(({ sha1 }) => sha1);
  }
}
