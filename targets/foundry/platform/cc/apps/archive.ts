/** Archives on local disk: a package zipped, a droplet packed (unzip.ts takes them apart). The same files give the same bytes, so the same blobs. */
import { createWriteStream } from "node:fs";
import { readdir, readlink, stat } from "node:fs/promises";
import { join, relative } from "node:path";
import { pipeline } from "node:stream/promises";
import * as tar from "tar";
import yazl from "yazl";
import { linkBits } from "./unzip.js";

const epoch = new Date("2011-04-25T12:45:00Z");
/** Every path below dir, in an order that does not depend on the file system. */
async function tree(dir: string): Promise<readonly string[]> {
  const entries = await readdir(dir, { recursive: true, withFileTypes: true });
  return entries.map((entry) => relative(dir, join(entry.parentPath, entry.name))).sort();
}

export async function zipFolder(dir: string, archive: string): Promise<void> {
  const zip = new yazl.ZipFile();
  const written = pipeline(zip.outputStream, createWriteStream(archive));
  for (const path of await tree(dir)) {
    const full = join(dir, path);
    const to = await readlink(full).catch(() => undefined);
    if (to !== undefined) {
      zip.addBuffer(Buffer.from(to), path, { mtime: epoch, mode: linkBits | 0o777 });
      continue;
    }
    const facts = await stat(full);
    if (facts.isDirectory()) zip.addEmptyDirectory(path, { mtime: epoch, mode: 0o040755 });
    else zip.addFile(full, path, { mtime: epoch, mode: 0o100000 | (facts.mode & 0o777) });
  }
  zip.end();
  await written;
}

export async function tarFolder(dir: string, archive: string): Promise<void> {
  await tar.c({ file: archive, cwd: dir, gzip: { level: 6 }, portable: true, mtime: epoch, noDirRecurse: true }, [...(await tree(dir))]);
}
