/** The DEA's own droplet cache, by sha1. Concurrent requests for one droplet share one download; what does not hash to its name is thrown away. */
import { createHash, randomBytes } from "node:crypto";
import { createWriteStream } from "node:fs";
import { mkdir, rm } from "node:fs/promises";
import { get } from "node:http";
import { join } from "node:path";
import { Transform } from "node:stream";
import { pipeline } from "node:stream/promises";
import type { DiskRunner } from "./disk-process.js";

/** No byte for so long ends a download: a Cloud Controller that hangs must not keep an instance STARTING for ever. */
const silenceMs = 10_000;

export class DropletCache {
  readonly #downloads = new Map<string, Promise<void>>();

  constructor(
    readonly disk: DiskRunner,
    /** A local folder for downloads under way. */
    readonly scratch: string,
  ) {}

  /** Resolves when the verified archive is in the cache. Rejects if it cannot be had, or has more than maxBytes. */
  async fetch(sha1: string, uri: string, maxBytes: number): Promise<void> {
    const running = this.#downloads.get(sha1);
    if (running) return running;
    if ((await this.disk.run({ op: "has", sha1 })) === 1) return;
    // Another request may have begun during the look.
    const download = this.#downloads.get(sha1) ?? this.#download(sha1, uri, maxBytes).finally(() => this.#downloads.delete(sha1));
    this.#downloads.set(sha1, download);
    return download;
  }

  async #download(sha1: string, uri: string, maxBytes: number): Promise<void> {
    await mkdir(this.scratch, { recursive: true });
    const draft = join(this.scratch, `${sha1}.${randomBytes(4).toString("hex")}.part`);
    const hash = createHash("sha1");
    let octets = 0;
    try {
      const body = await open(uri);
      const hashing = new Transform({
        transform(chunk: Buffer, _encoding, done) {
          hash.update(chunk);
          octets += chunk.length;
          done(octets > maxBytes ? new Error(`droplet from ${uri} is larger than the app's disk`) : null, chunk);
        },
      });
      await pipeline(body, hashing, createWriteStream(draft));
      const found = hash.digest("hex");
      if (found !== sha1) throw new Error(`droplet from ${shown(uri)} has sha1 ${found}, expected ${sha1}`);
      await this.disk.run({ op: "keep", sha1, local: draft });
    } finally {
      await rm(draft, { force: true });
    }
  }
}

/** Without the password in it. */
const shown = (uri: string) => uri.replace(/\/\/[^/@]*@/, "//");

function open(uri: string): Promise<NodeJS.ReadableStream> {
  return new Promise((resolve, reject) => {
    const request = get(uri, { agent: false }, (response) => {
      if (response.statusCode === 200) return resolve(response);
      response.resume();
      reject(new Error(`GET ${shown(uri)} answered ${response.statusCode}`));
    });
    request.setTimeout(silenceMs, () => request.destroy(new Error(`GET ${shown(uri)}: no byte for ${silenceMs} ms`)));
    request.once("error", reject);
  });
}
