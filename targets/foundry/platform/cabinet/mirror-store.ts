/**
 * The mirrors that a cabinet keeps: copies of blobs, below mirror/<lun> of its own LUNs, taken over HTTP. GET /<lun> lists what is there, PUT /<lun>/<sha1>
 * adds to it. A marker in such a folder makes the mirror the LUN: from then on it is written to, and takes no more copies.
 * A whole new copy grows beside the one that is there (PUT /<lun>/<copy>/<sha1>) and replaces it when it is complete (POST /<lun>/<copy>): until then both need
 * room. DELETE /<lun>/<copy> ends one that is not completed, DELETE /<lun> a mirror. PUT /<lun>/proof is read and forgotten: what can be moved shows that the way is wide enough.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readdirSync, renameSync, rmSync, statSync, writeFileSync } from "node:fs";
import { open } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { join } from "node:path";
import { mirrorFolder } from "../../contract/mirrors.js";
import { markerFile } from "../base/lun-marker.js";
import { refuse, refused } from "../base/who.js";
import type { Bandwidth } from "./bandwidth.js";

export interface Kept {
  readonly lun: string;
  /** Ours, that holds the copy, and its folder. */
  readonly partner: string;
  readonly dir: string;
}
export interface StoreSettings {
  readonly kept: readonly Kept[];
  readonly roomBytes: number;
  readonly bandwidth: Bandwidth;
  /** Whoever brings it is a cabinet of ours. */
  readonly token: string;
  /** No power at that LUN now. */
  readonly isDark: (lun: string) => boolean;
  /** No room on that LUN at all. */
  readonly isFull: (lun: string) => boolean;
}
interface UnderWay {
  bytes: number;
  lastMs: number;
}

/** As large as a package may be. */
const maxBytes = 2 ** 30;
const drafts = "mirror/under-way";
/** A copy that nobody went on with for so long was left behind by a cabinet that could not say so. */
const leftBehindMs = 10_000;
/** Older ones have nothing on its way any more. */
const droppedMost = 1000;
const isSha1 = (name: string) => /^[0-9a-f]{40}$/.test(name);

export class MirrorStore {
  #usedBytes = 0;
  /** Of copies that are being written. */
  #coming = 0;
  roomBytes: number;
  /** Copies that are not complete, by <lun>/<copy>. */
  readonly #underWay = new Map<string, UnderWay>();
  /** Copies that were given up: what was still on its way of them comes after that, and is not wanted. */
  readonly #dropped = new Set<string>();

  constructor(readonly settings: StoreSettings) {
    this.roomBytes = settings.roomBytes;
    for (const { dir, lun } of settings.kept) {
      rmSync(join(dir, drafts), { recursive: true, force: true });
      mkdirSync(join(dir, mirrorFolder(lun), "blobs"), { recursive: true });
      this.#usedBytes += this.#bytesOf(lun);
    }
  }

  get usedBytes(): number {
    return this.#usedBytes;
  }
  get underWay(): readonly string[] {
    return [...this.#underWay.keys()];
  }
  #kept(lun: string): Kept | undefined {
    return this.settings.kept.find((one) => one.lun === lun);
  }
  /** Of the mirror, or of a copy that is under way. */
  #root(lun: string, copy?: string): string {
    return join(this.#kept(lun)!.dir, copy === undefined ? mirrorFolder(lun) : join(drafts, `${lun}.${copy}`));
  }
  #bytesOf(lun: string): number {
    return this.list(lun).reduce((sum, sha1) => sum + statSync(join(this.#root(lun), "blobs", sha1.slice(0, 2), sha1)).size, 0);
  }
  list(lun: string): readonly string[] {
    const blobs = join(this.#root(lun), "blobs");
    if (!existsSync(blobs)) return []; // moved away: its LUN has no power
    return readdirSync(blobs).flatMap((shard) => readdirSync(join(blobs, shard)).filter(isSha1));
  }
  isServing(lun: string): boolean {
    return existsSync(join(this.#root(lun), markerFile));
  }
  /** From now on the mirror is the LUN. */
  failOver(lun: string): void {
    writeFileSync(join(this.#root(lun), markerFile), lun);
  }

  /** HTTP status of a copy: 201, 400 what came is not what it is called, 409 this mirror is the LUN now, 410 its copy was given up, 503 no power, 507 no room. Refused before anything is read if it can be. */
  async take(lun: string, copy: string | undefined, sha1: string, bytes: number, pieces: AsyncIterable<Buffer>): Promise<number> {
    const { isDark, isFull } = this.settings;
    const { partner } = this.#kept(lun)!;
    const isDropped = () => copy !== undefined && this.#dropped.has(`${lun}/${copy}`);
    if (this.isServing(lun)) return 409;
    if (isDark(partner)) return 503;
    if (isDropped()) return 410;
    const path = join(this.#root(lun, copy), "blobs", sha1.slice(0, 2), sha1);
    if (existsSync(path)) return 201;
    if (this.#usedBytes + bytes > this.roomBytes) {
      this.#clear();
      this.#count();
    }
    if (this.#usedBytes + bytes > this.roomBytes || isFull(partner)) return 507;
    // Its room is taken while it comes: several come at once.
    this.#usedBytes += bytes;
    this.#coming += bytes;
    const draft = `${path}.${randomBytes(4).toString("hex")}.part`;
    let status = 400;
    try {
      mkdirSync(join(path, ".."), { recursive: true });
      const came = (await this.#write(draft, pieces)) === sha1 ? (isDark(partner) ? 503 : this.isServing(lun) ? 409 : isDropped() ? 410 : 201) : 400;
      if (came === 201) renameSync(draft, path);
      status = came;
    } finally {
      this.#coming -= bytes;
      if (status !== 201) {
        this.#usedBytes -= bytes;
        rmSync(draft, { force: true });
      }
    }
    if (copy !== undefined && status === 201) {
      const under = this.#underWay.get(`${lun}/${copy}`);
      this.#underWay.set(`${lun}/${copy}`, { bytes: (under?.bytes ?? 0) + bytes, lastMs: Date.now() });
    }
    return status;
  }
  /** Its sha1. */
  async #write(draft: string, pieces: AsyncIterable<Buffer>): Promise<string> {
    const hash = createHash("sha1");
    const file = await open(draft, "w");
    try {
      for await (const piece of pieces) {
        await this.settings.bandwidth.pass(piece.length, "mirrors");
        hash.update(piece);
        await file.writeFile(piece);
      }
    } finally {
      await file.close();
    }
    return hash.digest("hex");
  }
  /** The new copy is the mirror from now on; what only the old one had is gone with it. */
  complete(lun: string, copy: string): number {
    if (this.isServing(lun)) return 409;
    const blobs = join(this.#root(lun), "blobs");
    this.#usedBytes -= this.#bytesOf(lun);
    rmSync(blobs, { recursive: true });
    const fresh = join(this.#root(lun, copy), "blobs");
    mkdirSync(fresh, { recursive: true });
    renameSync(fresh, blobs);
    rmSync(this.#root(lun, copy), { recursive: true });
    this.#underWay.delete(`${lun}/${copy}`);
    return 201;
  }
  /** The mirror itself: it is kept elsewhere now. */
  forget(lun: string): number {
    if (this.isServing(lun)) return 409;
    this.#usedBytes -= this.#bytesOf(lun);
    const blobs = join(this.#root(lun), "blobs");
    rmSync(blobs, { recursive: true });
    mkdirSync(blobs);
    return 200;
  }
  drop(lun: string, copy: string): number {
    rmSync(this.#root(lun, copy), { recursive: true, force: true });
    this.#usedBytes -= this.#underWay.get(`${lun}/${copy}`)?.bytes ?? 0;
    this.#underWay.delete(`${lun}/${copy}`);
    this.#dropped.add(`${lun}/${copy}`);
    if (this.#dropped.size > droppedMost) this.#dropped.delete(this.#dropped.values().next().value!);
    return 200;
  }
  /** Cloud Controllers remove copies of blobs that nobody wants any more, past us. */
  #count(): void {
    this.#usedBytes =
      this.settings.kept.reduce((sum, { lun }) => sum + this.#bytesOf(lun), 0) +
      [...this.#underWay.values()].reduce((sum, { bytes }) => sum + bytes, 0) +
      this.#coming;
  }
  #clear(): void {
    for (const [key, { lastMs }] of this.#underWay) if (Date.now() - lastMs > leftBehindMs) this.drop(...(key.split("/") as [string, string]));
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const no = refused(request, [this.settings.token], false);
    if (no) return refuse(response, no);
    const [, lun = "", second = "", third] = (request.url ?? "").split("/");
    const [copy, sha1] = third === undefined ? [undefined, second] : [second, third];
    const answer = (status: number) => {
      request.resume(); // what is not wanted any more
      response.writeHead(status).end();
    };
    if (!this.#kept(lun) || (copy !== undefined && !/^\d+$/.test(copy))) return answer(404);
    if (request.method === "GET") return void response.writeHead(200, { "content-type": "application/json" }).end(JSON.stringify(this.list(lun)));
    if (request.method === "POST" && /^\d+$/.test(sha1)) return answer(this.complete(lun, sha1));
    if (request.method === "DELETE" && sha1 === "") return answer(this.forget(lun));
    if (request.method === "DELETE" && /^\d+$/.test(sha1)) return answer(this.drop(lun, sha1));
    if (request.method !== "PUT" || !(isSha1(sha1) || sha1 === "proof")) return answer(400);
    const bytes = Number(request.headers["content-length"]);
    if (!(bytes <= maxBytes)) return answer(413);
    if (sha1 !== "proof") return answer(await this.take(lun, copy, sha1, bytes, request));
    for await (const piece of request) await this.settings.bandwidth.pass((piece as Buffer).length, "mirrors");
    answer(this.settings.isDark(this.#kept(lun)!.partner) ? 503 : 200);
  }
  listen(host: string, port: number): Promise<void> {
    const server = createServer((request, response) => void this.#answer(request, response).catch(() => response.destroy()));
    return new Promise((resolve, reject) => {
      server.once("error", reject);
      server.listen(port, host, resolve);
    });
  }
}
