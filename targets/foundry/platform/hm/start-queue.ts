/**
 * STARTs go out at a bounded rate, each index once. Not in April 2011, when all went at once; added after the outage (October 2011, dequeueing_rate 50).
 * Kept for every policy: the Cloud Controllers' own bounded workers are the limit that we want to see.
 */
import type { StartCommand } from "./messages.js";

const perSecond = 50;
const everyMs = 100;

export class StartQueue {
  readonly #waiting = new Map<string, StartCommand>();
  #timer: NodeJS.Timeout | undefined;

  /** `send` gets at most five indices each 100 ms, those of one app and version together. */
  constructor(readonly send: (command: StartCommand) => void) {}

  get length(): number {
    return this.#waiting.size;
  }

  add(command: StartCommand): void {
    for (const index of command.indices) {
      const key = `${command.droplet} ${command.version} ${index}`;
      if (!this.#waiting.has(key)) this.#waiting.set(key, { ...command, indices: [index] });
    }
    if (!this.#timer && this.#waiting.size > 0) this.#drain();
  }

  clear(): void {
    this.#waiting.clear();
  }

  #drain(): void {
    this.#timer = undefined;
    const batch = [...this.#waiting].slice(0, (perSecond * everyMs) / 1000);
    const together = new Map<string, StartCommand>();
    for (const [key, command] of batch) {
      this.#waiting.delete(key);
      const app = `${command.droplet} ${command.version}`;
      const before = together.get(app);
      together.set(app, before ? { ...before, indices: [...before.indices, ...command.indices] } : command);
    }
    for (const command of together.values()) this.send(command);
    // Also when it is empty now: the next one within this window must wait.
    if (batch.length > 0) this.#timer = setTimeout(() => this.#drain(), everyMs);
  }
}
