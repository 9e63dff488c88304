/**
 * An uploaded zip taken apart on local disk. What it says is a stranger's: nothing is written outside the folder, through no chain of links, and no more than the app may
 * have on its disk. Whatever is not so is the client's mistake, before the first byte is written where that can be known.
 */
import { createWriteStream } from "node:fs";
import { chmod, mkdir, symlink } from "node:fs/promises";
import { dirname, relative, resolve } from "node:path";
import { buffer } from "node:stream/consumers";
import { pipeline } from "node:stream/promises";
import yauzl from "yauzl";
import { leaves, maxTargetOctets } from "../../base/links.js";
import { CfError, unavailable, unprocessable } from "../api/cf-error.js";

const typeBits = 0o170000;
export const linkBits = 0o120000;
const folderBits = 0o040000;
const fileBits = 0o100000;
/** More files than this no app has; each of them costs an inode, whatever it weighs. */
export const maxEntries = 200_000;

export const invalid = (why: string) => unprocessable(`The app package is invalid: ${why}`);
export const tooLarge = (maxBytes: number) => invalid(`unpacked it is larger than the app's disk quota of ${Math.round(maxBytes / 2 ** 20)} MB`);

/** Of names and contents that no file system or inflater takes. */
const clientsMistakes = /^(ENAMETOOLONG|EEXIST|ENOTDIR|EISDIR|EINVAL|EILSEQ|ELOOP|ENOENT|Z_\w+)$/;

/** What went wrong with somebody's archive, as the client is told it. */
export function asInvalid(error: unknown): unknown {
  if (error instanceof CfError) return error;
  const { code, message } = error as NodeJS.ErrnoException;
  if (code === "ENOSPC" || code === "EDQUOT") return unavailable("There is no room for the app package now");
  return code === undefined || clientsMistakes.test(code) ? invalid(code === undefined ? message : `${code} at one of its entries`) : error;
}

/** The path within dir; throws if it would leave it, or is dir itself. */
export function inside(dir: string, path: string): string {
  const full = resolve(dir, path);
  if (path.includes("\0") || !full.startsWith(`${dir}/`)) throw invalid(`"${path}" is not a path within the app`);
  return full;
}
/** What the owner can always do: read, write, and enter folders. Never more than that: no set-user-id. */
const fileMode = (mode: number) => mode & 0o777 || 0o644;

interface Planned {
  readonly entry: yauzl.Entry;
  readonly path: string;
  readonly mode: number;
}

/** Every entry of the central directory: `cf` writes sizes behind the data. */
function entriesOf(zip: yauzl.ZipFile): Promise<readonly yauzl.Entry[]> {
  const entries: yauzl.Entry[] = [];
  return new Promise((done, fail) => {
    zip.on("entry", (entry: yauzl.Entry) => {
      entries.push(entry);
      zip.readEntry();
    });
    zip.once("error", fail).once("end", () => done(entries));
    zip.readEntry();
  });
}

const contentOf = (zip: yauzl.ZipFile, entry: yauzl.Entry) =>
  new Promise<NodeJS.ReadableStream>((done, fail) => zip.openReadStream(entry, (error, found) => (error || !found ? fail(error) : done(found))));

/** What each entry is. Throws CfError 422 for what no app consists of: a device, a fifo, a path twice, more than maxBytes. */
function plan(entries: readonly yauzl.Entry[], dir: string, maxBytes: number) {
  const [folders, files, links]: [Planned[], Planned[], Planned[]] = [[], [], []];
  const seen = new Set<string>();
  let bytes = 0;
  for (const entry of entries) {
    const isFolder = entry.fileName.endsWith("/");
    if (isFolder && resolve(dir, entry.fileName) === dir) continue;
    const path = relative(dir, inside(dir, entry.fileName));
    const mode = entry.externalFileAttributes >>> 16;
    const type = mode & typeBits;
    const planned = { entry, path, mode };
    if (isFolder) {
      folders.push(planned);
      continue;
    }
    if (seen.has(path)) throw invalid(`"${path}" is in it twice`);
    seen.add(path);
    bytes += entry.uncompressedSize;
    if (bytes > maxBytes) throw tooLarge(maxBytes);
    if (type === linkBits) {
      if (entry.uncompressedSize > maxTargetOctets) throw invalid(`the link "${path}" leads too far`);
      links.push(planned);
    } else if (type === 0 || type === fileBits) files.push(planned);
    else if (type === folderBits) folders.push(planned);
    else throw invalid(`"${path}" is neither a file, a folder nor a link`);
  }
  return { folders, files, links, bytes };
}

export interface Unzipped {
  /** Relative to the folder. */
  readonly files: readonly string[];
  readonly bytes: number;
}

/** Folders, empty files and modes are kept. Links come last: until then no path leads through one. Throws CfError 422. */
export async function unzip(archive: string, dir: string, maxBytes: number): Promise<Unzipped> {
  const zip = await new Promise<yauzl.ZipFile>((done, fail) =>
    yauzl.open(archive, { lazyEntries: true, autoClose: false }, (error, file) => (error || !file ? fail(invalid(String(error?.message))) : done(file))),
  );
  try {
    if (zip.entryCount > maxEntries) throw invalid(`it has ${zip.entryCount} entries; an app may have ${maxEntries}`);
    const { folders, files, links, bytes } = plan(await entriesOf(zip), dir, maxBytes);
    const targets = new Map<string, string>();
    for (const { entry, path } of links) targets.set(path, (await buffer(await contentOf(zip, entry))).toString());
    for (const [path, target] of targets)
      if (leaves(path, target, (at) => targets.get(at))) throw invalid(`the link "${path}" leads out of the app, to "${target}"`);

    for (const { path } of folders) await mkdir(resolve(dir, path), { recursive: true });
    for (const { entry, path, mode } of files) {
      const full = resolve(dir, path);
      await mkdir(dirname(full), { recursive: true });
      await pipeline(await contentOf(zip, entry), createWriteStream(full, { flags: "wx" }));
      await chmod(full, fileMode(mode) | 0o600);
    }
    for (const [path, target] of targets) {
      const full = resolve(dir, path);
      await mkdir(dirname(full), { recursive: true });
      await symlink(target, full);
    }
    return { files: files.map(({ path }) => path), bytes };
  } catch (error) {
    throw asInvalid(error);
  } finally {
    zip.close();
  }
}
