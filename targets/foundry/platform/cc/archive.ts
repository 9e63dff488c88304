/** Archives on local disk: an uploaded zip taken apart, a package zipped, a droplet packed. The same files give the same bytes, so the same blobs. */
import { createWriteStream } from "node:fs";
import { chmod, mkdir, readdir, readlink, stat, symlink } from "node:fs/promises";
import { dirname, join, relative, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import * as tar from "tar";
import yauzl from "yauzl";
import yazl from "yazl";
import { unprocessable } from "./cf-error.js";

const epoch = new Date("2011-04-25T12:45:00Z");
const typeBits = 0o170000;
const linkBits = 0o120000;

const invalid = (why: string) => unprocessable(`The app package is invalid: ${why}`);

/** The path within dir; throws if it would leave it. */
export function inside(dir: string, path: string): string {
  const full = resolve(dir, path);
  if (path === "" || (full !== dir && !full.startsWith(`${dir}/`))) throw invalid(`"${path}" is not a path within the app`);
  return full;
}
/** What the owner can always do: read, write, and enter folders. */
const fileMode = (mode: number) => mode & 0o777 || 0o644;

/** Through the central directory: `cf` writes sizes behind the data. Resolves with the paths of the files, relative to dir; folders, empty files and modes are kept. */
export async function unzip(archive: string, dir: string): Promise<readonly string[]> {
  const zip = await new Promise<yauzl.ZipFile>((done, fail) =>
    yauzl.open(archive, { lazyEntries: true, autoClose: false }, (error, file) => (error || !file ? fail(invalid(String(error?.message))) : done(file))),
  );
  const files: string[] = [];
  const take = async (entry: yauzl.Entry) => {
    const path = inside(dir, entry.fileName);
    if (entry.fileName.endsWith("/")) return mkdir(path, { recursive: true });
    await mkdir(dirname(path), { recursive: true });
    const stream = await new Promise<NodeJS.ReadableStream>((done, fail) =>
      zip.openReadStream(entry, (error, found) => (error || !found ? fail(error) : done(found))),
    );
    const mode = entry.externalFileAttributes >>> 16;
    if ((mode & typeBits) === linkBits) {
      const to = (await buffer(stream)).toString();
      inside(dir, relative(dir, resolve(dirname(path), to)));
      return symlink(to, path);
    }
    await pipeline(stream, createWriteStream(path));
    await chmod(path, fileMode(mode) | 0o600);
    files.push(entry.fileName);
  };
  try {
    await new Promise<void>((done, fail) => {
      zip.on("entry", (entry: yauzl.Entry) => take(entry).then(() => zip.readEntry(), fail));
      zip.on("error", (error: Error) => fail(invalid(error.message)));
      zip.on("end", () => done());
      zip.readEntry();
    });
  } finally {
    zip.close();
  }
  return files;
}

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
