/** One app instance as the DEA keeps it: plain data, since the snapshot is made of it. */
import type { FilterMessage, StartMessage } from "./messages.js";

/** STARTING: fetched, unpacked, process started, port not open yet. CRASHED: no process, folder kept for a while. */
export type InstanceState = "STARTING" | "RUNNING" | "CRASHED";

export interface Instance {
  /** 32 hex digits, new for each start. */
  readonly id: string;
  readonly message: StartMessage;
  /** Which of the DEA's slots it listens on. */
  readonly slot: number;
  readonly dir: string;
  readonly logs: string;
  /** Seconds since the epoch. */
  readonly startedAt: number;
  uris: readonly string[];
  state: InstanceState;
  /** Seconds since the epoch, of the last change of `state`. */
  stateSince: number;
  /** Bytes of its files when it was unpacked. */
  diskBytes: number;
  /** Identity of its process group's leader: a pid alone may have been re-used. Absent until it was spawned. */
  pid?: number;
  startTicks?: number;
}

/** Holds memory and a slot: crashed ones do not. */
export const holdsResources = (instance: Instance): boolean => instance.state !== "CRASHED";

export function matches(instance: Instance, filter: FilterMessage): boolean {
  return (
    instance.message.droplet === filter.droplet &&
    (filter.version === undefined || filter.version === instance.message.version) &&
    (filter.instances === undefined || filter.instances.includes(instance.id)) &&
    (filter.indices === undefined || filter.indices.includes(instance.message.index)) &&
    (filter.states === undefined || filter.states.includes(instance.state))
  );
}
