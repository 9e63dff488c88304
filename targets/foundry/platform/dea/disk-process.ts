/**
 * A disk that may hang is touched by a helper process alone: whoever waits for it in the kernel is beyond SIGKILL, keeps its ports and stops every other
 * file operation of its process. The helper has no port; the agent only waits for its answers.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { dirname, join } from "node:path";
import { type Disk, type DiskOp, runDiskOp } from "./disk-ops.js";

export interface DiskRunner {
  readonly disk: Disk;
  /** Takes as long as the disk does: for ever if it hangs for ever. */
  run(op: DiskOp): Promise<number>;
}

/** For a folder of our own. */
export const ownFolder = (root: string): DiskRunner => ({ disk: { root }, run: (op) => runDiskOp({ root }, op) });

interface Answered {
  readonly id: number;
  readonly value?: number;
  readonly error?: string;
}
type Asked = DiskOp & { readonly id: number };

/** More operations than these at once wait for a thread: some are launches, one is the check. */
const threads = 16;

/** For a LUN: everything through one helper, started anew when it ended. */
export class DiskProcess implements DiskRunner {
  #child: ChildProcess | undefined;
  readonly #waiting = new Map<number, { readonly resolve: (value: number) => void; readonly reject: (error: Error) => void }>();
  #last = 0;

  constructor(readonly disk: Disk) {
    this.#start();
  }

  run(op: DiskOp): Promise<number> {
    return new Promise((resolve, reject) => {
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject });
      const child = this.#child ?? this.#start();
      child.send({ id, ...op }, (error) => {
        if (error) this.#settle(id)?.reject(error);
      });
    });
  }

  #start(): ChildProcess {
    const child = spawn(process.execPath, [join(dirname(process.argv[1]!), "dea-disk.mjs"), JSON.stringify(this.disk)], {
      env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    const lost = () => {
      if (this.#child === child) this.#child = undefined;
      for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new Error("the disk helper ended"));
    };
    child.on("message", ({ id, value, error }: Answered) => {
      const waiting = this.#settle(id);
      if (error === undefined) waiting?.resolve(value ?? 0);
      else waiting?.reject(new Error(error));
    });
    child.on("error", lost);
    child.on("exit", lost);
    this.#child = child;
    return child;
  }
  #settle(id: number) {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
}

/** The helper's side. */
export function serveDisk(disk: Disk): void {
  process.on("message", ({ id, ...op }: Asked) => {
    const answer = (answered: Answered) => {
      if (process.connected) process.send?.(answered);
    };
    runDiskOp(disk, op).then(
      (value) => answer({ id, value }),
      (error: Error) => answer({ id, error: error.message }),
    );
  });
  // The agent is gone. A plain exit would wait for threads that hang.
  process.on("disconnect", () => process.kill(process.pid, "SIGKILL"));
  // The agent decides when to end: it removes folders while it ends itself.
  process.on("SIGTERM", () => {});
  process.on("SIGINT", () => {});
}
