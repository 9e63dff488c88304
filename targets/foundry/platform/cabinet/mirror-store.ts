/**
 * The mirrors that a cabinet keeps for another one: copies of blobs, below mirror/<lun> of its own LUNs, taken over HTTP (PUT /<lun>/<sha1>, GET /<lun>).
 * A marker in such a folder makes the mirror the LUN: from then on it is written to, and takes no more copies.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, statSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { mirrorFolder } from "../base/mirrors.js";

interface Kept {
  /** The LUN of the other cabinet. */
  readonly lun: string;
  /** Ours, that holds the copy, and its folder. */
  readonly partner: string;
  readonly dir: string;
}

const maxBytes = 256 * 2 ** 20;

export class MirrorStore {
  #usedBytes = 0;

  constructor(
    readonly kept: readonly Kept[],
    readonly roomBytes: number,
    /** No power at that LUN now. */
    readonly isDark: (lun: string) => boolean,
  ) {
    for (const { dir, lun } of kept) {
      mkdirSync(join(dir, mirrorFolder(lun), "blobs"), { recursive: true });
      for (const sha1 of this.list(lun)) this.#usedBytes += statSync(this.#path(lun, sha1)).size;
    }
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }
  #root(lun: string): string | undefined {
    const found = this.kept.find((one) => one.lun === lun);
    return found && join(found.dir, mirrorFolder(lun));
  }
  #path(lun: string, sha1: string): string {
    return join(this.#root(lun)!, "blobs", sha1.slice(0, 2), sha1);
  }
  list(lun: string): readonly string[] {
    const blobs = join(this.#root(lun)!, "blobs");
    return readdirSync(blobs).flatMap((shard) => readdirSync(join(blobs, shard)).filter((name) => /^[0-9a-f]{40}$/.test(name)));
  }
  isServing(lun: string): boolean {
    return existsSync(join(this.#root(lun)!, ".lun"));
  }
  /** From now on the mirror is the LUN. */
  failOver(lun: string): void {
    writeFileSync(join(this.#root(lun)!, ".lun"), lun);
  }

  /** HTTP status of a copy: 201, 400 what came is not what it is called, 409 this mirror is the LUN now, 503 no power, 507 no room. */
  take(lun: string, sha1: string, bytes: Buffer): number {
    if (this.isServing(lun)) return 409;
    if (this.isDark(this.kept.find((one) => one.lun === lun)!.partner)) return 503;
    if (createHash("sha1").update(bytes).digest("hex") !== sha1) return 400;
    const path = this.#path(lun, sha1);
    if (existsSync(path)) return 201;
    if (this.#usedBytes + bytes.length > this.roomBytes) return 507;
    mkdirSync(join(path, ".."), { recursive: true });
    const draft = `${path}.${randomBytes(4).toString("hex")}.part`;
    writeFileSync(draft, bytes);
    renameSync(draft, path);
    this.#usedBytes += bytes.length;
    return 201;
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const [, lun = "", sha1 = ""] = (request.url ?? "").split("/");
    if (!this.#root(lun)) return void response.writeHead(404).end();
    if (request.method === "GET") return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(this.list(lun)));
    if (request.method !== "PUT" || !/^[0-9a-f]{40}$/.test(sha1)) return void response.writeHead(400).end();
    const pieces: Buffer[] = [];
    let size = 0;
    for await (const piece of request) {
      size += (piece as Buffer).length;
      if (size > maxBytes) return void response.writeHead(413).end();
      pieces.push(piece as Buffer);
    }
    response.writeHead(this.take(lun, sha1, Buffer.concat(pieces))).end();
  }
  listen(host: string, port: number): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  }
}
