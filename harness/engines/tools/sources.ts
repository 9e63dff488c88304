/** Where the Go sources of our own tools lie: one module, whose go.sum pins the checksum of everything that is built from it. */
import { createHash } from "node:crypto";
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { root } from "../../paths.js";

export const sources = join(root, "harness", "engines", "tools", "go");

/** A name for what is built of one of its packages: it changes with that, and with what the module pins. */
export function sourcesDigest(name: string): string {
  const digest = createHash("sha256");
  const own = readdirSync(join(sources, name)).map((file) => join(name, file));
  for (const file of ["go.mod", "go.sum", ...own.sort()]) digest.update(`${file}\n`).update(readFileSync(join(sources, file)));
  return digest.digest("hex").slice(0, 12);
}
