/** A child that outlives us: a session of its own, output to a file, never to a pipe of ours. Also those that a former keeper started. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, openSync } from "node:fs";
import { FlounderError } from "../../../errors.js";
import { lastWords } from "../../last-words.js";
import { isAlive, type Living, statOf } from "../../process-table.js";
import { type Confinement, confined } from "./confine.js";

export interface Launch {
  /** How it is called in messages. */
  readonly name: string;
  readonly argv: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  readonly cwd: string;
  readonly log: string;
  /** Absent: with all our rights. */
  readonly confinement?: Confinement;
}

function begin({ argv, env, cwd, log, confinement }: Launch): ChildProcess {
  const output = openSync(log, "a", 0o600);
  try {
    const [command, ...args] = confinement ? confined(argv, confinement) : argv;
    return spawn(command!, args, { cwd, env, detached: true, stdio: ["ignore", output, output] });
  } finally {
    closeSync(output);
  }
}
const ending = (code: number | null, signal: string | null) => (signal ? `killed by ${signal}` : `exited with status ${code}`);
const notStarted = (launch: Launch, error: Error) =>
  new FlounderError("environment", `${launch.name}: ${launch.argv[0]} could not be started: ${error.message}`, "flounder doctor checks every tool", {
    cause: error,
  });

/** Starts it; `onExit` is called once, when it is gone. */
export async function launch(what: Launch, onExit: (says: string) => void): Promise<Living> {
  const child = begin(what);
  if (child.pid === undefined) throw notStarted(what, await new Promise<Error>((resolve) => child.once("error", resolve)));
  child.on("error", () => undefined);
  child.once("exit", (code, signal) => onExit(ending(code, signal)));
  child.unref();
  // We are its parent: it stays visible, at least as a zombie, until Node has collected it.
  return { pid: child.pid, start: statOf(child.pid)?.start ?? 0 };
}

/** Runs it to its end, which must be status 0 within the deadline. */
export async function runToEnd(what: Launch, deadlineMs: number): Promise<void> {
  const child = begin(what);
  const late = setTimeout(() => child.kill("SIGKILL"), deadlineMs);
  const says = await new Promise<string>((resolve, reject) => {
    child.once("error", (error) => reject(notStarted(what, error)));
    child.once("exit", (code, signal) => resolve(code === 0 ? "" : ending(code, signal)));
  }).finally(() => clearTimeout(late));
  if (says)
    throw new FlounderError("platform", `${what.name}: preparing it (${what.argv.slice(0, 2).join(" ")}) ${says}: ${lastWords(what.log)}`, `read ${what.log}`);
}

/** Watches a process that is not our child; the poll costs one small read. */
export function adopt(one: Living, onExit: (says: string) => void): void {
  const timer = setInterval(() => {
    if (isAlive(one)) return;
    clearInterval(timer);
    onExit("ended");
  }, 100);
  timer.unref();
}
