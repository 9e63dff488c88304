/**
 * Where a foundation's keeper is found, and who may be it. The door is a socket in the foundation's folder, which nobody else can make or replace; the lock is a flock
 * on that folder, which the kernel drops with its process. Neither is a name that a stranger could take.
 */
import { closeSync, constants, fchmodSync, fstatSync, openSync, readdirSync, readFileSync, rmSync, statSync } from "node:fs";
import { connect, type Server, type Socket } from "node:net";
import { join } from "node:path";
import { FlounderError } from "../../errors.js";
import { flock, type Lock } from "../../state/flock.js";

const doorName = "keeper.sock";

/** Opens the folder itself; rejects one that is not ours, or that others may write into. Who may read it could hold its lock: it is closed to all but us. */
function openFolder(dir: string): number {
  let folder: number;
  try {
    folder = openSync(dir, constants.O_RDONLY | constants.O_DIRECTORY | constants.O_NOFOLLOW);
  } catch (cause) {
    if ((cause as NodeJS.ErrnoException).code === "EACCES")
      throw new FlounderError("owned", `${dir} is another user's: you cannot see into it`, "do it as that user; XDG_STATE_HOME says where yours are", {
        cause,
      });
    throw new FlounderError("unreachable", `there is no foundation in ${dir}`, "flounder up starts one; flounder status lists them", { cause });
  }
  const { uid, mode } = fstatSync(folder);
  if (uid === process.geteuid?.() && (mode & 0o022) === 0) {
    if ((mode & 0o055) !== 0) fchmodSync(folder, 0o700);
    return folder;
  }
  closeSync(folder);
  throw new FlounderError(
    "environment",
    `${dir} belongs to user ${uid} and has mode ${(mode & 0o777).toString(8)}: it must be ours alone`,
    "nothing in it can be trusted; chmod go-w it if it is yours",
  );
}

/** A socket's address has room for 107 characters, a folder's path may be longer: it is named by the open folder. */
const doorBelow = (folder: number) => `/proc/self/fd/${folder}/${doorName}`;

/** Dials whoever has the foundation's door. Throws as openFolder does; that nobody answers is an error of the socket. */
export function dialKeeper(dir: string): Socket {
  const folder = openFolder(dir);
  const socket = connect({ path: doorBelow(folder) });
  const close = () => closeSync(folder);
  socket.once("connect", () => socket.off("error", close)).once("error", close);
  socket.once("connect", close);
  return socket;
}

/** Holds the lock of the folder until this process ends or lets go of it; undefined: somebody else has it. */
export function lockFolder(dir: string): Lock | undefined {
  const lock = (file: number): Lock | undefined => {
    try {
      if (flock(file)) return { release: () => closeSync(file) };
    } catch (error) {
      closeSync(file);
      throw error;
    }
    closeSync(file);
    return undefined;
  };
  const folder = openFolder(dir);
  try {
    return lock(folder);
  } catch {
    // A folder on NFS cannot be locked: there a file in it is.
    try {
      return lock(openSync(join(dir, "lock"), constants.O_RDWR | constants.O_CREAT | constants.O_NOFOLLOW, 0o600));
    } catch (cause) {
      throw new FlounderError("environment", `${dir} cannot be locked: ${(cause as Error).message}`, "flock must be on PATH (Debian: util-linux)", { cause });
    }
  }
}

/** Makes the door; whoever has the lock may, and the one that a dead keeper left is in the way. */
export function openDoor(dir: string, server: Server): Promise<void> {
  const folder = openFolder(dir);
  rmSync(join(dir, doorName), { force: true, recursive: true });
  const before = process.umask(0o177);
  return new Promise((resolve, reject) => {
    server.once("error", (cause) =>
      reject(new FlounderError("environment", `the keeper's socket cannot be made: ${cause.message}`, `is there room in ${dir}?`, { cause })),
    );
    server.listen({ path: doorBelow(folder) }, resolve);
    process.umask(before);
  });
}

/** Keepers of that folder, by their command line: also one that is stopped, or whose socket was taken away. */
export function keepersOf(dir: string): number[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name) && Number(name) !== process.pid)
    .filter((pid) => {
      try {
        if (statSync(`/proc/${pid}`).uid !== process.geteuid?.()) return false;
        const words = readFileSync(`/proc/${pid}/cmdline`, "utf8").split("\0").slice(0, -1);
        return words.at(-1) === dir && words.some((word) => /keeper\.js$/.test(word));
      } catch {
        return false; // it has gone
      }
    })
    .map(Number);
}
