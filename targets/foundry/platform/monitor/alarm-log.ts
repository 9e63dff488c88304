/** Alarms as they are raised and cleared: each once, on the bus and in a list with serial numbers for whoever asks later. */
import type { Alarm } from "./rules.js";

export interface Told extends Alarm {
  readonly seq: number;
  readonly state: "raised" | "cleared";
  /** ISO 8601 */
  readonly at: string;
}
const kept = 500;

export class AlarmLog {
  readonly #raised = new Map<string, Alarm>();
  #told: Told[] = [];
  #seq = 0;

  constructor(readonly publish: (told: Told) => void) {}

  /** All alarms there are now. */
  now(alarms: readonly Alarm[]): void {
    const keys = new Set(alarms.map((one) => `${one.alarm} ${one.on}`));
    for (const one of alarms)
      if (!this.#raised.has(`${one.alarm} ${one.on}`)) {
        this.#raised.set(`${one.alarm} ${one.on}`, one);
        this.#tell(one, "raised");
      }
    for (const [key, one] of this.#raised)
      if (!keys.has(key)) {
        this.#raised.delete(key);
        this.#tell(one, "cleared");
      }
  }
  report(): { readonly raised: readonly Alarm[]; readonly log: readonly Told[] } {
    return { raised: [...this.#raised.values()], log: this.#told };
  }
  #tell(alarm: Alarm, state: Told["state"]): void {
    const told = { seq: ++this.#seq, ...alarm, state, at: new Date().toISOString() };
    this.#told = [...this.#told, told].slice(-kept);
    this.publish(told);
  }
}
