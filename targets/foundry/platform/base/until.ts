/** Waiting for time and for facts. */
import { setTimeout as sleep } from "node:timers/promises";

export { sleep };

/** Polls `ask` until it is true; rejects naming `what` when the deadline passes. An `ask` that rejects counts as false. */
export async function until(what: string, ask: () => Promise<boolean> | boolean, deadlineMs: number, everyMs = 50): Promise<void> {
  const end = performance.now() + deadlineMs;
  let last: unknown;
  for (;;) {
    try {
      if (await ask()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (performance.now() > end) throw new Error(`waited ${deadlineMs} ms in vain for ${what}${last instanceof Error ? `: ${last.message}` : ""}`);
    await sleep(everyMs);
  }
}
