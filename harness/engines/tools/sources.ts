/** Where the Go sources of our own tools lie: one module, whose go.sum pins the checksum of everything that is built from it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../paths.js";

export const sources = join(root, "harness", "engines", "tools", "go");

/** A name for what is built of them: it changes with them. */
export function sourcesDigest(): string {
  const digest = createHash("sha256");
  for (const file of readdirSync(sources, { recursive: true, encoding: "utf8" }).sort()) {
    const path = join(sources, file);
    if (statSync(path).isFile()) digest.update(`${file}\n`).update(readFileSync(path));
  }
  return digest.digest("hex").slice(0, 12);
}
