/** Files of a state folder: written whole and to the disk, read only where they are plain files of our own, put aside where they are no good. */
import { closeSync, constants, fstatSync, fsyncSync, lstatSync, openSync, readFileSync, renameSync, rmSync, writeSync } from "node:fs";
import { dirname } from "node:path";

const maxBytes = 64 * 1024 * 1024;

/** The text of a plain file that is ours and that nobody else may write; throws with what is wrong with it otherwise. Symbolic links are not followed. */
export function readOwn(path: string): string {
  // O_NONBLOCK: a pipe in its place must not hold us.
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK);
  try {
    const { uid, mode, size, ...stat } = fstatSync(file);
    if ((mode & constants.S_IFMT) !== constants.S_IFREG) throw new Error("it is no plain file");
    if (uid !== process.geteuid?.()) throw new Error(`it belongs to user ${uid}, not to us`);
    if ((mode & 0o022) !== 0) throw new Error(`others may write it (mode ${(mode & 0o777).toString(8)})`);
    if (stat.nlink > 1) throw new Error("it has a second name");
    if (size > maxBytes) throw new Error(`it is longer than ${maxBytes} bytes`);
    return readFileSync(file, "utf8");
  } finally {
    closeSync(file);
  }
}
/** Something has that name: a file, a folder, or a link to nowhere. */
export const isThere = (path: string): boolean => lstatSync(path, { throwIfNoEntry: false }) !== undefined;

/** Gives what is no good another name, so that it can be looked at; returns the sentence for whoever asked. */
export function setAside(path: string, error: unknown): string {
  const why = error instanceof Error ? error.message.split("\n")[0] : String(error);
  let aside = `${path}.damaged`;
  for (let n = 2; isThere(aside); n++) aside = `${path}.damaged-${n}`;
  try {
    renameSync(path, aside);
    return `${path} is no good (${why}): it is now ${aside}`;
  } catch (cause) {
    return `${path} is no good (${why}), and cannot be renamed: ${(cause as Error).message}`;
  }
}

/** Replaces a small file as a whole: a reader sees the old one or the new one, also after the machine has lost its power. */
export function writeWhole(path: string, text: string, mode = 0o600): void {
  const draft = `${path}.${process.pid}.tmp`;
  try {
    const file = openSync(draft, "w", mode);
    try {
      writeAll(file, Buffer.from(text));
      fsyncSync(file);
    } finally {
      closeSync(file);
    }
    renameSync(draft, path);
  } catch (error) {
    rmSync(draft, { force: true });
    throw error;
  }
  const folder = openSync(dirname(path), "r");
  try {
    fsyncSync(folder);
  } finally {
    closeSync(folder);
  }
}

/** A disk that becomes full takes a part without an error; the next write says so. */
export function writeAll(file: number, bytes: Buffer, at: number | null = null): void {
  for (let done = 0; done < bytes.length; ) done += writeSync(file, bytes, done, bytes.length - done, at === null ? null : at + done);
}
