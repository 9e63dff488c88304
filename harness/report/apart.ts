/** Judges and draws in a thread of its own: a second of drawing must not keep the runner's lease, its signals or its terminal waiting. */
import { Worker } from "node:worker_threads";
import type { Verdict } from "../core.js";
import { fromWireError, type WireError } from "../keeper/wire.js";

/** What the thread answers. */
export type Drawn = { readonly verdict: Verdict } | { readonly error: WireError };

export interface Reporter {
  /** As writeReports() of results.ts; once. */
  write(dir: string): Promise<Verdict>;
  /** Ends the thread; nothing is written then. */
  end(): Promise<void>;
}

/** Loads what it needs at once, and waits: drawing takes half a second to load. */
export function startReporter(): Reporter {
  const worker = new Worker(new URL("./apart-worker.js", import.meta.url));
  worker.unref();
  return {
    write: (dir) =>
      new Promise((resolve, reject) => {
        worker.ref();
        worker.once("error", reject);
        worker.once("exit", (code) => reject(new Error(`the reporter's thread ended with ${code} before it had written anything`)));
        worker.once("message", (drawn: Drawn) => ("error" in drawn ? reject(fromWireError(drawn.error)) : resolve(drawn.verdict)));
        worker.postMessage(dir);
      }),
    end: async () => void (await worker.terminate()),
  };
}
