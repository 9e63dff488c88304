/** One storage helper as its Cloud Controller holds it: asks, answers, and being replaced. */
import { type ChildProcess, spawn } from "node:child_process";
import type { Answered, StorageOp } from "./storage-messages.js";

export class StorageError extends Error {
  constructor(
    /** errno name, "MARKER", or "HELPER": the helper ended before it answered. */
    readonly code: string,
    message: string,
  ) {
    super(message);
  }
}

interface Waiting {
  readonly resolve: (result: { size: number; sha1: string }) => void;
  readonly reject: (error: StorageError) => void;
  readonly alive: () => void;
}

export class HelperProcess {
  readonly #child: ChildProcess;
  readonly #waiting = new Map<number, Waiting>();
  #last = 0;
  /** False once it ended or is to end. */
  usable = true;
  /** Resolves when it has answered for the first time, or ended. */
  readonly started: Promise<void>;

  /** command: what runs a helper; threads: size of its pool. */
  constructor(command: readonly [string, ...string[]], threads: number) {
    this.#child = spawn(command[0], command.slice(1), {
      env: { ...process.env, UV_THREADPOOL_SIZE: String(threads) },
      stdio: ["ignore", "inherit", "inherit", "ipc"],
    });
    this.#child.on("message", (answered: Answered) => this.#hear(answered));
    this.#child.on("error", () => this.#lost());
    this.#child.on("exit", () => this.#lost());
    this.started = this.ask({ op: "ping" }).then(
      () => {},
      () => {},
    );
  }

  get pid(): number | undefined {
    return this.#child.pid;
  }

  /** Waits as long as the operation takes: deadlines are the caller's. `alive` is called when the LUN has answered in the middle of it. */
  ask(op: StorageOp, alive: () => void = () => {}): Promise<{ size: number; sha1: string }> {
    return new Promise((resolve, reject) => {
      if (!this.usable) return reject(new StorageError("HELPER", "the storage helper has ended"));
      const id = ++this.#last;
      this.#waiting.set(id, { resolve, reject, alive });
      this.#child.send({ id, ...op }, (error) => {
        if (error) this.#settle(id)?.reject(new StorageError("HELPER", error.message));
      });
    });
  }

  /** SIGKILL; a thread that hangs in the kernel dies when the mount lets go of it. What was asked is rejected now. */
  abandon(): void {
    this.#child.kill("SIGKILL");
    this.#child.unref();
    this.#lost();
  }

  #hear({ id, result, error }: Answered): void {
    if (!result && !error) {
      this.#waiting.get(id)?.alive();
      return;
    }
    const waiting = this.#settle(id);
    if (error) waiting?.reject(new StorageError(error.code, error.message));
    else if (result) waiting?.resolve(result);
  }
  #settle(id: number): Waiting | undefined {
    const waiting = this.#waiting.get(id);
    this.#waiting.delete(id);
    return waiting;
  }
  #lost(): void {
    this.usable = false;
    for (const id of [...this.#waiting.keys()]) this.#settle(id)?.reject(new StorageError("HELPER", "the storage helper ended"));
  }
}
