/** The watcher as whoever starts it sees it. */
import { spawn } from "node:child_process";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";
import { punctual } from "../probes/schedule/priority.js";
import type { WatcherMessage, WatcherReport, WatcherStart } from "./watcher.js";

export interface Watcher {
  readonly pid: number;
  /** The first report: sampling goes on. Rejects with FlounderError if it cannot begin. */
  readonly ready: Promise<WatcherReport>;
  /** Resolves with why, if the process ends without being told to. */
  readonly broken: Promise<string>;
  /** Ends sampling; resolves with the last report, also if the process died meanwhile. */
  end(): Promise<WatcherReport>;
}

/** `onReport` is called each second. */
export function startWatcher(start: Omit<WatcherStart, "kind">, onReport: (report: WatcherReport) => void): Watcher {
  // getaddrinfo blocks a thread of the pool for each name that is asked for: one that hangs must not hold up the others.
  const threads = Math.min(256, 8 + start.targets.length);
  const child = spawn(process.execPath, [...punctual, join(dist, "harness", "watch", "watcher.js")], {
    stdio: ["pipe", "pipe", "inherit"],
    detached: true,
    env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
  });
  let last: WatcherReport | undefined;
  let fault = "";
  let begun!: (report: WatcherReport) => void;
  let failed!: (error: Error) => void;
  const ready = new Promise<WatcherReport>((resolve, reject) => {
    begun = resolve;
    failed = reject;
  });
  ready.catch(() => {}); // whoever awaits it sees it
  let told = false;
  let broke!: (why: string) => void;
  const broken = new Promise<string>((resolve) => {
    broke = resolve;
  });
  child.stdin.on("error", () => {}); // it died: the exit says so
  createInterface({ input: child.stdout }).on("line", (line) => {
    const message = JSON.parse(line) as WatcherMessage;
    if (message.kind === "fault") fault = message.says;
    if (message.kind !== "report") return;
    last = message;
    begun(message);
    onReport(message);
  });
  const exited = new Promise<void>((resolve) => {
    child.on("error", (error) => failed(error));
    child.on("close", (code, signal) => {
      if (!told && start.forMs === undefined)
        broke(`the prober ended before its time (${fault || (signal ?? `exit ${code}`)}): nothing was measured after that`);
      failed(new FlounderError("environment", fault || `the prober ended at once (${signal ?? `exit ${code}`})`, "see what it said above"));
      resolve();
    });
  });
  child.stdin.write(`${JSON.stringify({ kind: "start", ...start })}\n`);
  return {
    pid: child.pid ?? 0,
    ready,
    broken,
    async end() {
      told = true;
      child.stdin.end();
      await exited;
      if (!last) throw new FlounderError("environment", fault || "the prober said nothing", "run it again");
      return last;
    },
  };
}
