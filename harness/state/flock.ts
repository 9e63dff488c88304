/**
 * Locks that the kernel drops with their process, whatever happens to that: flock (util-linux) on a file, or a folder, of ours alone. Whoever can open a file can lock it,
 * so nobody else may be able to: a name that everybody can take (an abstract socket, a file in /tmp) keeps its owner out.
 */
import { spawnSync } from "node:child_process";
import { closeSync, constants, fstatSync, lstatSync, mkdirSync, openSync, rmSync } from "node:fs";
import { userInfo } from "node:os";
import { dirname, join } from "node:path";
import { FlounderError } from "../errors.js";
import { foundationsDir } from "../paths.js";

export interface Lock {
  release(): void;
}

/** Locks what is open; false: somebody else has it. Throws an Error where it cannot be locked at all. The lock belongs to the open file: it stays when flock has gone. */
export function flock(file: number): boolean {
  const ask = (program: string) => spawnSync(program, ["-n", "-x", "3"], { stdio: ["ignore", "ignore", "ignore", file] });
  const onPath = ask("flock");
  const { status, error } = onPath.error ? ask("/usr/bin/flock") : onPath;
  if (status === 0) return true;
  if (status === 1) return false;
  throw error ?? new Error(`flock ended with ${status}`);
}

/** Makes the folder if it is not there; throws unless it is ours, and nobody else may write into it. */
function ownFolder(dir: string): string {
  mkdirSync(dir, { recursive: true, mode: 0o700 });
  const { uid, mode } = lstatSync(dir);
  if ((mode & constants.S_IFMT) === constants.S_IFDIR && uid === process.geteuid?.() && (mode & 0o022) === 0) return dir;
  throw new FlounderError("environment", `${dir} must be a folder of ours alone`, "chmod go-w it if it is yours, else remove it");
}

/**
 * Where the locks of this user are that count on the whole machine: in the home folder that the system knows, whatever HOME and XDG_STATE_HOME say, so that two
 * who ask see each other. A user without a home has them beside their foundations.
 */
export function locksDir(): string {
  try {
    return ownFolder(join(userInfo().homedir, ".local", "state", "flounder", "locks"));
  } catch {
    return ownFolder(join(foundationsDir(), "..", "locks"));
  }
}

/** Takes the lock of that name (a path); undefined: somebody has it. The file goes when the lock is released; one that a dead process left is in nobody's way. */
export function lockFile(path: string): Lock | undefined {
  ownFolder(dirname(path));
  for (;;) {
    const file = openSync(path, constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600);
    const isStill = () => lstatSync(path, { throwIfNoEntry: false })?.ino === fstatSync(file).ino;
    try {
      if (!flock(file)) {
        closeSync(file);
        return undefined;
      }
    } catch (cause) {
      closeSync(file);
      throw new FlounderError("environment", `${path} cannot be locked: ${(cause as Error).message}`, "flock must be there (Debian: util-linux)", { cause });
    }
    const release = () => {
      if (isStill()) rmSync(path, { force: true });
      closeSync(file);
    };
    // Whoever had it may have removed it while we waited for nothing: the next one would lock another file of that name.
    if (isStill()) return { release };
    closeSync(file);
  }
}
