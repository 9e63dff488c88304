/** What a restarted agent knows of the apps that outlived it: db/instances.json, replaced atomically on each change. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";
import type { Instance } from "./instance.js";

/** Synchronous on purpose: between a spawn and its record no other event may come, and the file is small. */
export function writeSnapshot(path: string, instances: readonly Instance[]): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.tmp`;
  // One that is still being fetched has no process to find again: the health manager will miss it and ask for it elsewhere.
  const kept = instances.filter((instance) => instance.pid !== undefined || instance.state === "CRASHED");
  writeFileSync(draft, JSON.stringify({ version: 1, instances: kept }));
  renameSync(draft, path);
}

/** Empty if there is none. A file that is no snapshot is a defect of ours or of the disk: the caller logs it and starts empty, its apps are found by their marks. */
export function readSnapshot(path: string): Instance[] {
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return [];
    throw error;
  }
  const content = JSON.parse(text) as { instances: Instance[] };
  return content.instances;
}
