/**
 * How an app is started so that it sees its own folder, the system's programs and nothing else of this machine: by flounder-confine (harness/engines/tools/go/confine),
 * which makes namespaces and needs no rights for it. Where they are not permitted it does what remains (`plain`), and we say so.
 */
import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { dirname, join } from "node:path";
import { log } from "../base/log.js";

export interface Way {
  readonly kind: "namespaces" | "plain" | "none";
  /** In a person's words. */
  readonly says: string;
}

const checkMs = 10_000;
/** Processes and threads of one app: Node has eleven. */
const tasks = 512;
/** Below it not even a shell and a runtime start well. */
const leastFiles = 64;
const leastMb = 64;
const bounded = "bounds on memory, processor time, open files and the size of a file";
/** What flounder-confine ends a program with that has more memory than it may, and how it begins to say so. */
export const outOfMemory = { status: 137, says: "flounder-confine: out of memory: " };

/** What programs look up; passwords and keys are not among them. Who runs them is named by flounder-confine. */
const etc =
  "alternatives ca-certificates gai.conf host.conf hosts ld.so.cache ld.so.conf ld.so.conf.d localtime mime.types nsswitch.conf os-release protocols resolv.conf services ssl timezone";
const system = ["/usr", "/bin", "/sbin", "/lib", "/lib32", "/lib64", ...etc.split(" ").map((name) => `/etc/${name}`)];

/** The Node that runs us, if it is not among the system's; nothing of what lies beside it, but npm. */
function node(): readonly string[] {
  const { execPath } = process;
  if (execPath.startsWith("/usr/")) return [];
  const bin = dirname(execPath);
  return [execPath, ...["npm", "npx"].map((name) => join(bin, name)), join(dirname(bin), "lib", "node_modules", "npm")].filter((path) => existsSync(path));
}

/** Tries a program of one line. Resolves in some 20 ms; never rejects. */
export function findWay(program = process.env.CONFINE): Promise<Way> {
  if (!program) {
    const says = "apps are NOT confined: this DEA was given no flounder-confine";
    log.warn(says);
    return Promise.resolve({ kind: "none", says });
  }
  return new Promise((resolve) => {
    execFile(program, ["-check"], { timeout: checkMs }, (error, stdout, stderr) => {
      const said = `${stdout} ${stderr}`.replace(/\s+/g, " ").trim();
      if (!error) return resolve({ kind: "namespaces", says: `apps have namespaces of their own, ${said}; ${bounded}, ${tasks} processes and threads` });
      const says = `apps are confined in part: no new privileges, an end for all that they start, ${bounded}; but they see what the DEA sees. ${said || error.message}`;
      log.warn(says);
      resolve({ kind: "plain", says });
    });
  });
}

export interface Wish {
  readonly dir: string;
  /** An empty place: the view is mounted upon it, where nobody else sees it. */
  readonly root: string;
  readonly files: number;
  /** All of its processes together; beyond it they are ended. */
  readonly memoryMb: number;
  /** Of one file, its output as well. */
  readonly fileMb: number;
  readonly argv: readonly string[];
}
/** The words that start it. */
export function confined({ kind }: Way, { dir, root, files, memoryMb, fileMb, argv }: Wish, program = process.env.CONFINE): readonly string[] {
  if (kind === "none" || !program) return ["/bin/sh", "-c", 'cd "$0" && exec "$@"', dir, ...argv];
  const bounds = ["-dir", dir, "-files", String(Math.max(files, leastFiles)), "-tasks", String(tasks)];
  bounds.push("-memory", String(Math.ceil(Math.max(memoryMb, leastMb))), "-size", String(Math.ceil(fileMb)));
  if (kind === "plain") return [program, "-plain", ...bounds, "--", ...argv];
  return [program, ...bounds, "-root", root, ...[...system, ...node()].flatMap((path) => ["-ro", path]), "--", ...argv];
}
