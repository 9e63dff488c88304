/** What is mounted, from /proc/self/mountinfo alone: no call here ever touches a mounted file system. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";

export interface Mounted {
  readonly path: string;
  readonly type: string;
  readonly source: string;
  readonly readOnly: boolean;
  /** Of the mount and of its file system. */
  readonly options: string;
}

const unescaped = (text: string) => text.replace(/\\([0-7]{3})/g, (_, octal: string) => String.fromCharCode(Number.parseInt(octal, 8)));

/** Format: proc(5). Fields before " - " vary in number. */
export function mountedBelow(dir: string): Mounted[] {
  return readFileSync("/proc/self/mountinfo", "utf8")
    .split("\n")
    .flatMap((line) => {
      const [left = "", right = ""] = line.split(" - ");
      const path = unescaped(left.split(" ")[4] ?? "");
      if (!path.startsWith(`${dir}/`)) return [];
      const [type = "", source = "", options = ""] = right.split(" ");
      const own = left.split(" ")[5] ?? "";
      return [
        { path, type, source: unescaped(source), readOnly: own.split(",").includes("ro") || options.split(",").includes("ro"), options: `${own};${options}` },
      ];
    });
}
export const mountedAt = (path: string): Mounted | undefined => mountedBelow(path.slice(0, path.lastIndexOf("/"))).findLast((one) => one.path === path);

/** Runs a command that may touch a mount, in a process that can be left behind; resolves with what it complained of, or "". */
export function tryCommand(argv: readonly string[], deadlineMs: number): Promise<string> {
  return new Promise((resolve) => {
    const [command, ...args] = argv;
    const late = setTimeout(() => resolve(`no end within ${deadlineMs} ms`), deadlineMs);
    const child = execFile(command!, args, { timeout: deadlineMs, killSignal: "SIGKILL" }, (error, _, complaint) => {
      clearTimeout(late);
      resolve(error ? complaint.trim() || error.message : "");
    });
    child.unref();
  });
}

/**
 * Takes a mount whose server process is dead out of the tree. Only lazily, and only after its sshfs was killed: a plain umount of a hung
 * mount hangs as well, and a lazy one alone leaves whoever is blocked on it blocked.
 */
export async function unmount(path: string): Promise<void> {
  for (let tries = 0; mountedAt(path) && tries < 10; tries++) {
    if (await tryCommand(["fusermount3", "-uz", path], 2000)) await tryCommand(["umount", "-l", "-c", path], 2000);
  }
  if (mountedAt(path)) throw new Error(`${path} is still mounted after fusermount3 -uz and umount -l`);
}

/** From now on, what is mounted below it or taken away is so in the namespaces of others, too: apps' are copies of ours, and copies do not follow by themselves. */
export async function passOn(dir: string): Promise<void> {
  for (const words of [
    ["--bind", dir, dir],
    ["--make-shared", dir],
  ]) {
    const complaint = await tryCommand(["mount", ...words], 2000);
    if (complaint) throw new Error(`mount ${words.join(" ")}: ${complaint}`);
  }
}
