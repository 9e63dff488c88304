import { sayDuration } from "./durations.js";
import { FlounderError } from "./errors.js";

/**
 * From this thread's `performance.now()` to CLOCK_MONOTONIC, µs. Both are one clock with two zeros, and `performance.now()` is five times cheaper than
 * `hrtime.bigint()`; the distance is read so that a thread that was put aside between the readings does not shift its axis.
 */
const zeroUs = (() => {
  let best = { tookUs: Number.POSITIVE_INFINITY, zeroUs: 0 };
  for (let i = 0; i < 10; i++) {
    const before = process.hrtime.bigint();
    const nowMs = performance.now();
    const after = process.hrtime.bigint();
    const tookUs = Number(after - before) / 1000;
    if (tookUs < best.tookUs) best = { tookUs, zeroUs: Number((before + after) / 2n) / 1000 - nowMs * 1000 };
  }
  return best.zeroUs;
})();

/** The one clock: CLOCK_MONOTONIC in whole µs, the same axis for every process of a host. */
export function nowUs(): number {
  return Math.floor(zeroUs + performance.now() * 1000);
}

/** Node fires a timer of more than 2^31 − 1 ms at once. */
const longestTimerMs = 2 ** 31 - 1;

/** Calls `act` after ms, however many (Infinity: never); returns how to call it off. */
export function after(ms: number, act: () => void): () => void {
  const endMs = performance.now() + ms;
  let timer: NodeJS.Timeout;
  const wait = () => {
    const leftMs = endMs - performance.now();
    timer = leftMs > longestTimerMs ? setTimeout(wait, longestTimerMs) : setTimeout(act, Math.max(0, leftMs));
  };
  wait();
  return () => clearTimeout(timer);
}

/** Resolves after ms, or rejects as soon as the signal aborts. */
export function sleep(ms: number, signal?: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    if (signal?.aborted) return reject(signal.reason);
    const stop = () => {
      cancel();
      reject(signal?.reason);
    };
    const cancel = after(ms, () => {
      signal?.removeEventListener("abort", stop);
      resolve();
    });
    signal?.addEventListener("abort", stop, { once: true });
  });
}

/** Polls `ask` until it is true; rejects with FlounderError "platform" that has what `what` says when the deadline passes. An `ask` that rejects counts as false. */
export async function until(what: string, ask: () => Promise<boolean> | boolean, deadlineMs: number, everyMs = 50, signal?: AbortSignal): Promise<void> {
  const end = nowUs() + deadlineMs * 1000;
  let last: unknown;
  for (;;) {
    try {
      if (await ask()) return;
      last = undefined;
    } catch (error) {
      last = error;
    }
    if (nowUs() > end)
      throw new FlounderError(
        "platform",
        `timed out after ${sayDuration(deadlineMs)} waiting for ${what}${last instanceof Error ? `: ${last.message}` : ""}`,
        "flounder status shows what is up, flounder logs what it says",
      );
    await sleep(everyMs, signal);
  }
}

/** Rejects with `what` if the promise takes longer than ms; the promise itself is left alone. */
export function within<T>(ms: number, what: string, promise: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new Error(`${what} took longer than ${ms} ms`)), ms);
  });
  return Promise.race([promise, late]).finally(() => clearTimeout(timer));
}
