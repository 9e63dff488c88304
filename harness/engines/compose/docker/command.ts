/** Programs that Docker comes with, run to their end: bounded, with their last lines in the error. */
import { spawn } from "node:child_process";
import { createInterface } from "node:readline";
import { type ErrorCode, FlounderError } from "../../../errors.js";

const keptLines = 12;

export interface RunOptions {
  /** What is being done, for the error: "building the image". */
  readonly what: string;
  readonly hint: string;
  /** Default environment: what it says is wrong with the machine. */
  readonly code?: ErrorCode;
  readonly limitMs: number;
  /** Added to ours. */
  readonly env?: Readonly<Record<string, string>>;
  readonly cwd?: string;
  readonly signal?: AbortSignal | undefined;
  /** Each line as it comes. */
  readonly line?: (line: string) => void;
}

/** Resolves with stdout. Rejects with a FlounderError: the program is missing, ended with another status than 0, or was ended at its limit; with the signal's reason when that aborts. */
export function run(command: string, args: readonly string[], options: RunOptions): Promise<string> {
  const { what, hint, code = "environment", limitMs, env, cwd, signal, line } = options;
  signal?.throwIfAborted();
  const child = spawn(command, args, { cwd, env: { ...process.env, ...env }, stdio: ["ignore", "pipe", "pipe"] });
  const last: string[] = [];
  let stdout = "";
  let ended: "late" | "aborted" | undefined;
  const end = (why: "late" | "aborted") => {
    ended = why;
    child.kill("SIGTERM");
    setTimeout(() => child.kill("SIGKILL"), 5000).unref();
  };
  const timer = setTimeout(() => end("late"), limitMs);
  const abort = () => end("aborted");
  signal?.addEventListener("abort", abort, { once: true });
  child.stdout.on("data", (chunk: Buffer) => {
    stdout += chunk;
  });
  for (const stream of [child.stdout, child.stderr])
    createInterface({ input: stream }).on("line", (text) => {
      if (text.trim() === "") return;
      last.push(text.trim());
      if (last.length > keptLines) last.shift();
      line?.(text.trim());
    });
  return new Promise<string>((resolve, reject) => {
    const fail = (says: string, cause?: unknown) => reject(new FlounderError(code, `${what}: ${says}`, hint, { cause }));
    child.once("error", (error) => fail(`${command} cannot be run: ${error.message}`, error));
    child.once("close", (status, ending) => {
      if (ended === "aborted") reject(signal?.reason);
      else if (ended === "late") fail(`not done within ${limitMs / 1000} s; its last lines:\n    ${last.join("\n    ")}`);
      else if (status !== 0) fail(`${command} ended with ${ending ?? `status ${status}`}; its last lines:\n    ${last.join("\n    ")}`);
      else resolve(stdout);
    });
  }).finally(() => {
    clearTimeout(timer);
    signal?.removeEventListener("abort", abort);
  });
}
