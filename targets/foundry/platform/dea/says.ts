/** What a DEA says on the bus, as pure functions. Source: cf-protocol §2.1, §2.2, §1.1. */
import type { Address } from "../base/config.js";
import type { Exit } from "./app-process.js";
import { holdsResources, type Instance } from "./instance.js";
import { type Capacity, reservedMb } from "./room.js";

/** Why an instance ended. DEA_SHUTDOWN makes the health manager start it elsewhere at once, STOPPED does not. */
export type ExitReason = "CRASHED" | "STOPPED" | "DEA_SHUTDOWN";
export const nowS = () => Date.now() / 1000;

export const hello = (dea: string, host: string, port: number) => ({ id: dea, ip: host, port, version: 0.99 });

export const status = (capacity: Capacity, instances: readonly Instance[], usedMb: number, shuttingDown: boolean) => ({
  max_memory: capacity.memoryMb,
  reserved_memory: reservedMb(instances),
  used_memory: usedMb,
  num_clients: instances.filter(holdsResources).length,
  runtimes: capacity.runtimes, // our addition; the second DEA of 2012 says it in dea.advertise
  ...(shuttingDown ? { state: "SHUTTING_DOWN" } : {}),
});

export const heartbeat = (dea: string, instances: readonly Instance[]) => ({
  dea,
  droplets: instances.map(({ message, id, state, stateSince }) => ({
    cc_partition: "default",
    droplet: message.droplet,
    version: message.version,
    instance: id,
    index: message.index,
    state,
    state_timestamp: stateSince,
  })),
});

/** Both router.register and router.unregister; `at` is the advertised address, never the one the app listens on. */
export const route = (dea: string, { message, id }: Instance, at: Address, uris: readonly string[]) => ({
  dea,
  app: message.droplet,
  host: at.host,
  port: at.port,
  uris,
  tags: { component: dea },
  private_instance_id: id,
  private_instance_index: String(message.index),
});

export const exited = ({ message, id }: Instance, reason: ExitReason, exit: Exit) => ({
  cc_partition: "default",
  droplet: message.droplet,
  version: message.version,
  instance: id,
  index: message.index,
  reason,
  exit_status: exit.status,
  exit_description: exit.says,
  ...(reason === "CRASHED" ? { crash_timestamp: nowS() } : {}),
});

/** How many instances of each app it has, or of one: an addition to the reply to dea.discover, named as dea_ng names it in dea.advertise. */
export const counts = (instances: readonly Instance[], only?: string) => {
  const found: Record<string, number> = {};
  for (const { message } of instances.filter((one) => holdsResources(one) && (only === undefined || one.message.droplet === only)))
    found[message.droplet] = (found[message.droplet] ?? 0) + 1;
  return { app_id_to_count: found };
};

export const shutdown = (dea: string, host: string, instances: readonly Instance[]) => ({ id: dea, ip: host, version: 0.99, ...counts(instances) });
