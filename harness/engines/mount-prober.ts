/**
 * The helper process that touches mounts in the keeper's place; whoever touches a hung mount is beyond SIGKILL until its sshfs dies.
 * stdin: {"ask":1,"path":"…","lun":"lun-1"} per line; stdout: {"ready":true} once, then {"ask":1,"state":"usable"}. Calls go through libuv's threads (UV_THREADPOOL_SIZE above the
 * number of mounts), so a hung mount takes one thread and no other mount's answer.
 * Proof of a mount: its marker says the volume's name, and one file is overwritten in place (making and unlinking would litter the volume with .fuse_hidden files).
 */
import { constants } from "node:fs";
import { open } from "node:fs/promises";
import { join } from "node:path";
import { createInterface } from "node:readline";

/** Whoever keeps the volume may put a link in a file's place; this process may write where he may not. */
const { O_CREAT, O_EXCL, O_NOFOLLOW, O_RDONLY, O_RDWR } = constants;

/** SFTP has no EROFS: a read-only export says EACCES or EPERM; a mount made read-only here says EROFS. */
const readOnlyCodes = ["EACCES", "EPERM", "EROFS"];
const proofFile = ".flounder-witness";

async function stateOf(path: string, volume: string, marker: string): Promise<string> {
  const file = await open(join(path, marker), O_RDONLY | O_NOFOLLOW);
  try {
    if ((await file.readFile("utf8")).trim() !== volume) return "error";
  } finally {
    await file.close();
  }
  try {
    const file = await open(join(path, proofFile), O_RDWR | O_NOFOLLOW).catch((error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      return open(join(path, proofFile), O_RDWR | O_CREAT | O_EXCL, 0o600);
    });
    try {
      await file.write(`${process.hrtime.bigint()}\n`.padStart(32), 0);
      await file.sync(); // sshfs reports a write that was lost only here
    } finally {
      await file.close();
    }
    return "usable";
  } catch (error) {
    if (readOnlyCodes.includes((error as NodeJS.ErrnoException).code ?? "")) return "read-only";
    throw error;
  }
}

const lines = createInterface({ input: process.stdin });
lines.on("line", (line) => {
  const { ask, path, volume, marker } = JSON.parse(line) as { ask: number; path: string; volume: string; marker: string };
  void stateOf(path, volume, marker)
    .catch((error: NodeJS.ErrnoException) => `error ${error.code ?? error.message}`)
    .then((state) => process.stdout.write(`${JSON.stringify({ ask, state: state.split(" ")[0], says: state })}\n`));
});
// A plain exit would wait for threads that hang.
lines.on("close", () => process.kill(process.pid, "SIGKILL"));
process.stdout.write(`${JSON.stringify({ ready: true })}\n`);
process.stdout.on("error", () => process.kill(process.pid, "SIGKILL"));
