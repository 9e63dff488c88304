/** Files that a component runs from: written whole or not at all. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import { dirname } from "node:path";

export function writeAtomically(path: string, text: string, mode = 0o644): void {
  mkdirSync(dirname(path), { recursive: true });
  const draft = `${path}.${process.pid}.tmp`;
  writeFileSync(draft, text, { mode });
  renameSync(draft, path);
}

/** The JSON saved at `path`; where there is no file yet, `initial` is saved first. */
export function savedJson(path: string, initial: object): unknown {
  try {
    return JSON.parse(readFileSync(path, "utf8"));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
    writeAtomically(path, `${JSON.stringify(initial, null, 2)}\n`);
    return JSON.parse(JSON.stringify(initial));
  }
}
