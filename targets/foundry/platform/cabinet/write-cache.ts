/**
 * What is lost with a shelf's power: a model. Its controllers confirm a flush as soon as the bytes are in their cache, which has no battery, and write
 * them to the disks later. So whatever was written during the last `cacheMs`, flushed or not, is at the mercy of chance: it may have got to the disk,
 * be torn, or not be there. The very last write always tears: it was under way.
 */
import { lstatSync, readdirSync, rmSync, statSync, truncateSync } from "node:fs";
import { join, relative } from "node:path";
import { markerFile } from "../base/lun-marker.js";
import { chanceOf } from "../router/chance.js";

export interface Damage {
  /** Below the LUN's root. */
  readonly path: string;
  readonly how: "torn" | "gone";
}

function* files(dir: string): Generator<string> {
  for (const entry of readdirSync(dir, { withFileTypes: true })) {
    const path = join(dir, entry.name);
    if (entry.isDirectory()) yield* files(path);
    else if (entry.isFile() && entry.name !== markerFile) yield path;
  }
}
const mtimeOf = (path: string) => statSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0;

/** Synchronous: nobody must write meanwhile. */
export function loseCache(root: string, cacheMs: number, seed: number): readonly Damage[] {
  const since = Date.now() - cacheMs;
  const young = [...files(root)]
    .map((path) => ({ path, mtimeMs: mtimeOf(path) }))
    .filter(({ mtimeMs }) => mtimeMs >= since)
    .sort((a, b) => b.mtimeMs - a.mtimeMs || (a.path < b.path ? -1 : 1));
  const random = chanceOf(`cache ${seed}`);
  const lost: Damage[] = [];
  for (const [i, { path }] of young.entries()) {
    const luck = random();
    const where = random();
    const how = i === 0 || luck < 0.3 ? "torn" : luck < 0.4 ? "gone" : undefined;
    if (how === undefined) continue;
    if (how === "gone") rmSync(path, { force: true });
    else truncateSync(path, Math.floor(lstatSync(path).size * where));
    lost.push({ path: relative(root, path), how });
  }
  return lost;
}
