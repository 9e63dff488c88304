/**
 * App processes: each leads a process group and a session of its own, so that it outlives the agent and is ended with all its children.
 * Identity is pid + start time (field 22 of /proc/<pid>/stat): pids are re-used.
 */
import { spawn } from "node:child_process";
import { closeSync, fstatSync, openSync, readdirSync, readFileSync, readSync } from "node:fs";
import { join } from "node:path";
import { sleep } from "../base/until.js";
import { confined, outOfMemory, type Way } from "./confined.js";
import type { StartMessage } from "./messages.js";

export interface Exit {
  /** Exit status, or -1 if a signal ended it or nobody saw it end. */
  readonly status: number;
  readonly says: string;
}
export interface Identity {
  readonly pid: number;
  readonly startTicks: number;
}

/** Fields of /proc/<pid>/stat after the command's name, which may hold blanks and brackets. */
function stat(pid: number): string[] | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/stat`, "utf8");
    return text.slice(text.lastIndexOf(")") + 2).split(" ");
  } catch {
    return undefined;
  }
}
const startTicksOf = (fields: readonly string[]) => Number(fields[19]);

/** A zombie is dead: an adopted app has no parent here, and whoever is pid 1 may be slow to collect it. */
export function isAlive({ pid, startTicks }: Identity): boolean {
  const fields = stat(pid);
  return fields !== undefined && startTicksOf(fields) === startTicks && fields[0] !== "Z" && fields[0] !== "X";
}

export interface Start {
  readonly way: Way;
  readonly dir: string;
  readonly port: number;
  /** The app's own, with our marks: exactly this. */
  readonly env: Readonly<Record<string, string>>;
  readonly logs: string;
  readonly limits: StartMessage["limits"];
}

/**
 * Runs `<dir>/startup -p <port>`, confined. What is started first lies on a disk of this machine and goes to the folder then: the folder may be on a disk that
 * hangs, and until a new process has become its program it holds copies of our sockets, and we wait for it. Output goes to files, never to pipes of ours: a pipe's reader would die with the agent.
 * `onExit` is called once, also when it could not be started at all; then the result is undefined.
 */
export function spawnApp({ way, dir, port, env, logs, limits }: Start, onExit: (exit: Exit) => void): Identity | undefined {
  const files = ["stdout.log", "stderr.log"].map((name) => openSync(join(logs, name), "a"));
  try {
    const wish = { dir, root: logs, files: limits.fds, memoryMb: limits.mem, fileMb: limits.disk, argv: ["./startup", "-p", String(port)] };
    const [command, ...words] = confined(way, wish);
    const child = spawn(command!, words, { cwd: logs, env, detached: true, stdio: ["ignore", files[0]!, files[1]!] });
    child.once("error", (error) => onExit({ status: -1, says: error.message }));
    child.once("exit", (status, signal) =>
      onExit({ status: status ?? -1, says: signal ? `ended by ${signal}` : `exited with status ${status}${why(status, logs)}` }),
    );
    const fields = child.pid === undefined ? undefined : stat(child.pid);
    if (child.pid === undefined || !fields) return undefined;
    return { pid: child.pid, startTicks: startTicksOf(fields) };
  } catch (error) {
    // No startup script: the droplet was cut short or never came. 2011 finds out in the same place.
    queueMicrotask(() => onExit({ status: -1, says: (error as Error).message }));
    return undefined;
  } finally {
    for (const file of files) closeSync(file);
  }
}

const tailBytes = 300;
/** The end of a file that may be large. */
function tailOf(path: string): string {
  const file = openSync(path, "r");
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, tailBytes));
    return bytes.toString("utf8", 0, readSync(file, bytes, 0, bytes.length, size - bytes.length));
  } finally {
    closeSync(file);
  }
}
/** An app may end by that status for reasons of its own; what ended it for its memory said so last. */
function why(status: number | null, logs: string): string {
  if (status !== outOfMemory.status) return "";
  try {
    const last = tailOf(join(logs, "stderr.log")).trimEnd().split("\n").at(-1) ?? "";
    return last.startsWith(outOfMemory.says) ? ` (${last.slice(last.indexOf(": ") + 2)})` : "";
  } catch {
    return "";
  }
}

/** Signals the whole group; false if there is none any more. A group outlives its leader, and its number is not given away while it does. */
export function signalGroup({ pid, startTicks }: Identity, signal: NodeJS.Signals | 0): boolean {
  const fields = stat(pid);
  if (fields && startTicksOf(fields) !== startTicks) return false; // the number belongs to somebody else: our group is gone
  try {
    process.kill(-pid, signal);
    return true;
  } catch {
    return false;
  }
}

const plainGraceMs = 300;

/** Ends a group: SIGTERM, after `graceMs` SIGKILL. Resolves when it is gone, or a second after SIGKILL (a process in state D, a zombie that nobody collects). */
export async function endGroup(leader: Identity, graceMs: number, { kind }: Way): Promise<void> {
  const gone = async (withinMs: number) => {
    const end = performance.now() + withinMs;
    while (signalGroup(leader, 0)) {
      if (performance.now() > end) return false;
      await sleep(20);
    }
    return true;
  };
  if (graceMs > 0) {
    signalGroup(leader, "SIGTERM");
    if (await gone(graceMs)) return;
  }
  if (kind === "plain") {
    // Without namespaces its first process alone knows what hides, and ends it.
    signalGroup(leader, "SIGUSR2");
    if (await gone(graceMs || plainGraceMs)) return;
  }
  signalGroup(leader, "SIGKILL");
  await gone(1000);
}

/** Every process of this component that carries an instance's mark, by instance id: what an agent that was killed may have left. */
export function markedProcesses(foundation: string, component: string): { readonly pid: number; readonly instance: string }[] {
  const found = [];
  for (const name of readdirSync("/proc")) {
    if (!/^\d+$/.test(name)) continue;
    let marks: string[];
    try {
      marks = readFileSync(`/proc/${name}/environ`, "utf8").split("\0");
    } catch {
      continue; // gone, or not ours to look into
    }
    if (!marks.includes(`FLOUNDER_FOUNDATION=${foundation}`) || !marks.includes(`FLOUNDER_COMPONENT=${component}`)) continue;
    const instance = marks.find((mark) => mark.startsWith("CF_INSTANCE_GUID="))?.slice("CF_INSTANCE_GUID=".length);
    if (instance !== undefined) found.push({ pid: Number(name), instance });
  }
  return found;
}

export interface Usage {
  /** Share of one core since the process started, 0..1 (dea.find.droplet's `cpu`). */
  readonly cpu: number;
  readonly memBytes: number;
}
/** Of a process and all that it started. Constants: 100 ticks per second and 4 KiB pages on every Linux that runs Node. */
export function usage(pid: number): Usage {
  const uptimeS = Number(readFileSync("/proc/uptime", "utf8").split(" ")[0]);
  const total = { cpu: 0, memBytes: 0 };
  const add = (of: number) => {
    const fields = stat(of);
    if (!fields) return;
    const ageS = Math.max(uptimeS - startTicksOf(fields) / 100, 0.01);
    total.cpu += (Number(fields[11]) + Number(fields[12])) / 100 / ageS;
    total.memBytes += Number(fields[21]) * 4096;
    try {
      for (const thread of readdirSync(`/proc/${of}/task`))
        for (const child of readFileSync(`/proc/${of}/task/${thread}/children`, "utf8").split(" ")) if (child) add(Number(child));
    } catch {
      // it ended meanwhile
    }
  };
  add(pid);
  return total;
}
