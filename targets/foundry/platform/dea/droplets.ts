/** The DEA's own droplet cache, by sha1. Concurrent requests for one droplet share one download; what does not hash to its name is thrown away. */
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, readdir, rename, rm, stat, utimes } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import * as tar from "tar";

/** No byte for so long ends a download: a Cloud Controller that hangs must not keep an instance STARTING for ever. */
const silenceMs = 10_000;

export class DropletCache {
  readonly #dir: string;
  readonly #downloads = new Map<string, Promise<string>>();

  constructor(dir: string) {
    this.#dir = dir;
  }

  /** Path of the verified archive. Rejects if it cannot be had. */
  async fetch(sha1: string, uri: string): Promise<string> {
    const path = join(this.#dir, `${sha1}.tgz`);
    const running = this.#downloads.get(sha1);
    if (running) return running;
    const now = new Date();
    // The time stamp says when it was last wanted; prune goes by it.
    const cached = await utimes(path, now, now).then(
      () => true,
      () => false,
    );
    if (cached) return path;
    // Another request may have begun during the look.
    const download = this.#downloads.get(sha1) ?? this.#download(sha1, uri, path).finally(() => this.#downloads.delete(sha1));
    this.#downloads.set(sha1, download);
    return download;
  }

  async #download(sha1: string, uri: string, path: string): Promise<string> {
    await mkdir(this.#dir, { recursive: true });
    const draft = `${path}.${randomBytes(4).toString("hex")}.part`;
    const hash = createHash("sha1");
    try {
      const body = await open(uri);
      const hashing = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          done(null, chunk);
        },
      });
      await pipeline(body, hashing, createWriteStream(draft));
      const found = hash.digest("hex");
      if (found !== sha1) throw new Error(`droplet from ${uri} has sha1 ${found}, expected ${sha1}`);
      await rename(draft, path);
      return path;
    } finally {
      await rm(draft, { force: true });
    }
  }

  /** Removes droplets that nobody wanted for `ageMs`, and drafts of an agent that died. */
  async prune(ageMs: number): Promise<void> {
    for (const name of await readdir(this.#dir).catch(() => [])) {
      const path = join(this.#dir, name);
      const facts = await stat(path).catch(() => undefined);
      if (facts && Date.now() - facts.mtimeMs > ageMs) await rm(path, { force: true });
    }
  }
}

function open(uri: string): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    const request = get(uri, { agent: false }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`GET ${uri} answered ${response.statusCode}`));
    });
    request.setTimeout(silenceMs, () => request.destroy(new Error(`GET ${uri}: no byte for ${silenceMs} ms`)));
    request.once("error", reject);
  });
}

/** Unpacks a droplet (startup, app/, logs/) into a folder that is made for it; gives the bytes of its files. */
export async function unpack(archive: string, dir: string): Promise<number> {
  let bytes = 0;
  await mkdir(dir, { recursive: true });
  await tar.x({
    file: archive,
    cwd: dir,
    onReadEntry: (entry) => {
      bytes += entry.size;
    },
  });
  return bytes;
}
