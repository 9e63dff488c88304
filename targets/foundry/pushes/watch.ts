/** What a foundation is asked again and again while it is pushed to: nothing restarts, no storage is lost, no memory grows. */

import { sleep } from "../../../harness/clock.js";
import type { Running } from "../../../harness/core.js";
import type { StorageState } from "../contract/storage.js";
import { storageState } from "../operator/console.js";

const everyMs = 500;
const memoryEveryMs = 5000;

interface Memory {
  readonly atMs: number;
  readonly bytes: number;
}

export class Watch {
  /** What must not be, in the order in which it was seen. */
  readonly seen: string[] = [];
  /** component → what it held */
  readonly memory = new Map<string, Memory[]>();
  /** Of any LUN, as the Cloud Controllers measured it. */
  longestProofMs = 0;
  readonly #before: ReadonlyMap<string, string>;
  readonly #fromMs = performance.now();
  #over = false;
  readonly #done: Promise<unknown>;

  constructor(readonly running: Running) {
    this.#before = this.#processes();
    this.#done = Promise.all([this.#states(), this.#memories()]);
  }
  #processes(): ReadonlyMap<string, string> {
    return new Map(this.running.components().map(({ name, pid, restarts }) => [name, `pid ${pid}, restarts ${restarts}`]));
  }
  #names(): readonly string[] {
    return this.running.topology.components.filter(({ ports }) => ports.admin !== undefined).map(({ name }) => name);
  }
  #see(what: string): void {
    if (!this.seen.some((one) => one.endsWith(what))) this.seen.push(`after ${((performance.now() - this.#fromMs) / 1000).toFixed(1)} s: ${what}`);
  }

  async #states(): Promise<void> {
    const ccs = this.running.topology.components.filter(({ role }) => role === "cc").map(({ name }) => name);
    for (; !this.#over; await sleep(everyMs)) {
      for (const cc of ccs) {
        // A busy machine may be late with an answer; a process that is gone is found by its pid.
        const state: StorageState | undefined = await storageState(this.running.call, cc).catch(() => undefined);
        if (!state) continue;
        if (state.readOnly) this.#see(`${cc} is read-only: ${state.reason}`);
        for (const [lun, word] of Object.entries(state.mounts)) if (word !== "usable") this.#see(`${cc} finds ${lun} ${word}`);
      }
      const now = this.#processes();
      for (const [name, was] of this.#before) if (now.get(name) !== was) this.#see(`${name} was restarted: ${was}, then ${now.get(name)}`);
    }
  }
  async #memories(): Promise<void> {
    for (; !this.#over; await sleep(memoryEveryMs))
      for (const name of this.#names()) {
        const found = (await this.running.call(name, "/varz").catch(() => undefined)) as
          | { readonly memBytes?: number; readonly proofsMs?: Readonly<Record<string, { readonly most: number }>> }
          | undefined;
        for (const { most } of Object.values(found?.proofsMs ?? {})) this.longestProofMs = Math.max(this.longestProofMs, most);
        if (found?.memBytes === undefined) continue;
        const kept = this.memory.get(name) ?? [];
        kept.push({ atMs: performance.now() - this.#fromMs, bytes: found.memBytes });
        this.memory.set(name, kept);
      }
  }
  async end(): Promise<void> {
    this.#over = true;
    await this.#done;
  }

  /** Of each component: the most it held, and the least of the second and of the last quarter (what is held for good), in MiB. */
  memories(): readonly { readonly name: string; readonly mostMb: number; readonly earlyMb: number; readonly lateMb: number }[] {
    const mb = (bytes: number) => Math.round(bytes / 2 ** 20);
    return [...this.memory].map(([name, all]) => {
      const quarter = (i: number) =>
        Math.min(...all.slice(Math.floor((i * all.length) / 4), Math.max(1, Math.ceil(((i + 1) * all.length) / 4))).map(({ bytes }) => bytes));
      return { name, mostMb: mb(Math.max(...all.map(({ bytes }) => bytes))), earlyMb: mb(quarter(1)), lateMb: mb(quarter(3)) };
    });
  }
}
