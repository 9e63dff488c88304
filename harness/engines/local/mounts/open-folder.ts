/**
 * A folder that a foundation's own users can reach: clones, tools and state folders often lie below a 0700 home, into which they cannot go. Everybody may walk
 * through it and nobody list it; what is in it belongs to one user each.
 */
import {
  chmodSync,
  chownSync,
  constants,
  copyFileSync,
  existsSync,
  linkSync,
  lstatSync,
  mkdirSync,
  mkdtempSync,
  readdirSync,
  readFileSync,
  readlinkSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { FlounderError } from "../../../errors.js";
import type { Owner } from "../../secrets.js";

export type User = Owner;

/** Whom Postgres runs as where we are root and a foundation cannot have users of its own; undefined if we are not root ourselves. */
export function unprivilegedUser(): User | undefined {
  if (process.geteuid?.() !== 0) return undefined;
  const line = readFileSync("/etc/passwd", "utf8")
    .split("\n")
    .find((entry) => entry.startsWith("nobody:"));
  const [, , uid, gid] = line?.split(":") ?? [];
  if (!uid || !gid)
    throw new FlounderError("environment", 'there is no user "nobody" in /etc/passwd, and Postgres refuses to run as root', "run flounder as an ordinary user");
  return { uid: Number(uid), gid: Number(gid) };
}

/** Everybody may walk to it and read it. */
export function reachable(path: string): boolean {
  for (let dir = dirname(path); ; dir = dirname(dir)) {
    if ((statSync(dir).mode & 0o001) === 0) return false;
    if (dir === dirname(dir)) break;
  }
  return readable(path);
}
function readable(path: string): boolean {
  const wanted = statSync(path).isDirectory() ? 0o005 : 0o004;
  return (statSync(path).mode & wanted) === wanted;
}

const places = () => [...new Set([tmpdir(), "/var/tmp", "/tmp"])];

/** Those that were made for this foundation, as their names say and their owner: no file must tell where they are. */
export function openFolders(id: string): string[] {
  return places()
    .filter((place) => existsSync(place))
    .flatMap((place) => readdirSync(place).map((name) => join(place, name)))
    .filter((path) => {
      const name = basename(path);
      if (!name.startsWith(`flounder-${id}-`) || !/^[A-Za-z0-9]{6}$/.test(name.slice(`flounder-${id}-`.length))) return false;
      const found = lstatSync(path, { throwIfNoEntry: false });
      return found?.isDirectory() === true && found.uid === process.geteuid?.();
    });
}

/** Users of the foundation's own that have something in it; those of the machine itself (below 65,536) are no mark of anything. */
export function usersOf(openDir: string): number[] {
  const found = readdirSync(openDir, { withFileTypes: true, recursive: false }).flatMap((entry) => {
    const path = join(openDir, entry.name);
    return entry.isDirectory() ? [path, ...readdirSync(path).map((name) => join(path, name))] : [path];
  });
  return [...new Set(found.map((path) => lstatSync(path, { throwIfNoEntry: false })?.uid ?? 0))].filter((uid) => uid > 65_535);
}

export function makeOpenFolder(id: string): string {
  const place = places().find((dir) => existsSync(dir) && reachable(dir));
  if (!place)
    throw new FlounderError(
      "environment",
      `an unprivileged user cannot reach ${tmpdir()}, /var/tmp or /tmp`,
      "set TMPDIR to a folder that everybody can reach",
    );
  const dir = mkdtempSync(join(place, `flounder-${id}-`));
  chmodSync(dir, 0o711);
  return dir;
}

/** A folder below it that everybody may walk through, or that `owner` has for itself. */
export function makeFolder(path: string, mode: number, owner?: User): void {
  mkdirSync(path, { recursive: true });
  chmodSync(path, mode);
  if (owner) chownSync(path, owner.uid, owner.gid);
}

/** The same file under another name, which costs nothing; a copy where that cannot be, or others may not read it. */
function put(file: string, at: string): void {
  if (existsSync(at)) return;
  try {
    if (readable(file)) {
      linkSync(file, at);
      return;
    }
  } catch {
    // Another file system, or one without such names.
  }
  copyFileSync(file, at, constants.COPYFILE_FICLONE);
  chmodSync(at, 0o755);
}
function putAll(from: string, to: string): void {
  mkdirSync(to, { recursive: true });
  chmodSync(to, 0o755);
  for (const entry of readdirSync(from, { withFileTypes: true })) {
    const [file, at] = [join(from, entry.name), join(to, entry.name)];
    if (entry.isDirectory()) putAll(file, at);
    else if (!entry.isSymbolicLink()) put(file, at);
    else if (!existsSync(at)) symlinkSync(readlinkSync(file), at);
  }
}

/** The same file, or that file in the open folder if the user could not reach it; bundles with those beside them, which they start. */
export function reachableFile(file: string, openDir: string): string {
  // What lies in the open folder is a component's own, and private to its user once it was started.
  if (!isAbsolute(file) || file.startsWith(`${openDir}/`) || !existsSync(file) || reachable(file)) return file;
  const bin = join(openDir, "bin");
  if (!existsSync(bin)) {
    makeFolder(bin, 0o755);
    writeFileSync(join(bin, "package.json"), '{ "type": "module" }\n', { mode: 0o644 });
  }
  if (file.endsWith(".mjs")) for (const name of readdirSync(dirname(file))) if (name.endsWith(".mjs")) put(join(dirname(file), name), join(bin, name));
  put(file, join(bin, basename(file)));
  return join(bin, basename(file));
}

/** The same for a program that needs the folders beside it (<prefix>/bin/postgres, with lib and share). */
export function reachableProgram(program: string, openDir: string): string {
  if (reachable(program)) return program;
  const copy = join(openDir, basename(program));
  putAll(dirname(dirname(program)), copy);
  return join(copy, "bin", basename(program));
}
