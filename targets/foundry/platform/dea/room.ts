/** How much room a DEA has: memory by reservation (never by use) and app slots. Pure. Source: cf-protocol §2.1. */
import { holdsResources, type Instance } from "./instance.js";

export interface Capacity {
  readonly memoryMb: number;
  readonly runtimes: readonly string[];
}

export const reservedMb = (instances: readonly Instance[]): number =>
  instances.filter(holdsResources).reduce((sum, instance) => sum + instance.message.limits.mem, 0);

/** `freeSlots` apart from the instances: a slot is free only when the process that had it is gone. */
export function hasRoom(
  capacity: Capacity,
  instances: readonly Instance[],
  freeSlots: number,
  wanted: { readonly memoryMb: number; readonly runtime?: string | undefined },
): boolean {
  return (
    freeSlots > 0 &&
    reservedMb(instances) + wanted.memoryMb <= capacity.memoryMb &&
    (wanted.runtime === undefined || capacity.runtimes.includes(wanted.runtime))
  );
}

/** How long to wait with a reply to dea.discover: the Cloud Controller takes the first, so this spreads an app over DEAs and fills them evenly. */
export function taintMs(
  capacity: Capacity,
  instances: readonly Instance[],
  droplet: string,
  timers: { readonly taintPerInstance: number; readonly taintFull: number; readonly taintMax: number },
): number {
  const ofApp = instances.filter((instance) => holdsResources(instance) && instance.message.droplet === droplet).length;
  return Math.min(timers.taintMax, timers.taintPerInstance * ofApp + timers.taintFull * (reservedMb(instances) / capacity.memoryMb));
}

/**
 * Free slots, the one that was given back longest ago first. 2011 took a random ephemeral port; a port that a stale route still points to
 * would answer for another app, so the longest rest is the best choice here, where slots are few.
 */
export class Slots {
  readonly #free: number[];
  constructor(count: number) {
    this.#free = Array.from({ length: count }, (_, slot) => slot);
  }
  get free(): number {
    return this.#free.length;
  }
  take(): number | undefined {
    return this.#free.shift();
  }
  /** For an instance that was found again. False if it is taken already. */
  claim(slot: number): boolean {
    const at = this.#free.indexOf(slot);
    if (at < 0) return false;
    this.#free.splice(at, 1);
    return true;
  }
  giveBack(slot: number): void {
    if (!this.#free.includes(slot)) this.#free.push(slot);
  }
}
