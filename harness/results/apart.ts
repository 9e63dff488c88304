/** Judges and draws in a thread of its own: a second of drawing must not keep the runner's lease, its signals or its terminal waiting. */
import { Worker } from "node:worker_threads";
import type { Verdict } from "../core.js";
import { fromWireError, type WireError } from "../keeper/socket/wire.js";

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
  // Heard from the start: a thread that dies before it is asked must neither end the run nor be waited for.
  const broken = new Promise<never>((_, reject) => {
    worker.once("error", reject);
    worker.once("exit", (code) => reject(new Error(`the reporter's thread ended with ${code} before it had written anything`)));
  });
  broken.catch(() => {});
  return {
    write(dir) {
      worker.ref();
      const drawn = new Promise<Verdict>((resolve, reject) => {
        worker.once("message", (answer: Drawn) => ("error" in answer ? reject(fromWireError(answer.error)) : resolve(answer.verdict)));
      });
      worker.postMessage(dir);
      return Promise.race([drawn, broken]);
    },
    end: async () => void (await worker.terminate()),
  };
}
