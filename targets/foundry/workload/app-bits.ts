/** An application's files as `cf push` sends them: a list with digests for resource matching, and a zip of those that the platform does not have yet. */
import { createHash } from "node:crypto";
import { readdir, readFile, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { buffer } from "node:stream/consumers";
import yazl from "yazl";

/** path is relative to the app, with forward slashes; mode is that of the file (0o644 …). */
export interface AppFile {
  readonly path: string;
  readonly mode: number;
  readonly content: Buffer;
}

/** An entry of POST /v3/resource_matches. */
export interface Resource {
  readonly path: string;
  readonly mode: string;
  readonly checksum: { readonly value: string };
  readonly size_in_bytes: number;
}

/** Every file below a folder, in the order of their paths. */
export async function appFiles(dir: string): Promise<readonly AppFile[]> {
  const entries = await readdir(dir, { withFileTypes: true, recursive: true });
  const paths = entries.filter((entry) => entry.isFile()).map((entry) => join(entry.parentPath, entry.name));
  const files = paths.map(async (path) => ({
    path: relative(dir, path).replaceAll("\\", "/"),
    mode: (await stat(path)).mode & 0o777,
    content: await readFile(path),
  }));
  return (await Promise.all(files)).sort((a, b) => (a.path < b.path ? -1 : 1));
}

export const resource = (file: AppFile): Resource => ({
  path: file.path,
  mode: file.mode.toString(8),
  checksum: { value: createHash("sha1").update(file.content).digest("hex") },
  size_in_bytes: file.content.length,
});

/** Times are fixed, so that the same files give the same zip. */
export async function zipOf(files: readonly AppFile[]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const file of files) zip.addBuffer(file.content, file.path, { mode: 0o100000 | file.mode, mtime: new Date("2011-04-25T12:45:00Z") });
  zip.end();
  return buffer(zip.outputStream);
}
