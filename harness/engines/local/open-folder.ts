/** A folder that an unprivileged user can reach, for what refuses to run as root (Postgres): clones and state folders often lie below a 0700 home. */
import { chmodSync, constants, copyFileSync, cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, statSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, dirname, isAbsolute, join } from "node:path";
import { FlounderError } from "../../errors.js";

export interface User {
  readonly uid: number;
  readonly gid: number;
}

/** Whom unprivileged components run as; undefined if we are not root ourselves. */
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
  const wanted = statSync(path).isDirectory() ? 0o005 : 0o004;
  return (statSync(path).mode & wanted) === wanted;
}

export function makeOpenFolder(id: string): string {
  const place = [tmpdir(), "/var/tmp", "/tmp"].find((dir) => existsSync(dir) && reachable(dir));
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

/** The same file, or a copy in the open folder if the user could not reach it. */
export function reachableFile(file: string, openDir: string): string {
  // What lies in the open folder is the component's own, and private to its user once it was started.
  if (!isAbsolute(file) || file.startsWith(`${openDir}/`) || !existsSync(file) || reachable(file)) return file;
  const copy = join(openDir, "bin", basename(file));
  if (!existsSync(copy)) {
    mkdirSync(dirname(copy), { recursive: true, mode: 0o755 });
    copyFileSync(file, copy, constants.COPYFILE_FICLONE);
    chmodSync(copy, 0o755);
  }
  return copy;
}

/** The same for a program that needs the folders beside it (<prefix>/bin/postgres, with lib and share). */
export function reachableProgram(program: string, openDir: string): string {
  if (reachable(program)) return program;
  const prefix = dirname(dirname(program));
  const copy = join(openDir, basename(program));
  if (!existsSync(copy)) {
    cpSync(prefix, copy, { recursive: true, verbatimSymlinks: true, mode: constants.COPYFILE_FICLONE });
    chmodSync(copy, 0o755);
  }
  return join(copy, "bin", basename(program));
}
