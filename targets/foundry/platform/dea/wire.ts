/** Which subject of the bus does what to the agent, and the agent's rhythms. Source: cf-protocol §2.1. */
import { cpus } from "node:os";
import type * as z from "zod";
import type { Bus, Payload } from "../base/bus.js";
import { defect } from "../base/defects.js";
import { log } from "../base/log.js";
import { keepRegistered } from "../base/registering.js";
import type { Agent } from "./agent.js";
import { usage } from "./app-process.js";
import { type Instance, matches } from "./instance.js";
import { discoverMessage, filterMessage, startMessage, updateMessage } from "./messages.js";
import { taintMs } from "./room.js";
import * as says from "./says.js";

export function wire(bus: Bus, agent: Agent, adminPort: number): void {
  const { name, host, timers, capacity } = agent.settings;
  const hello = () => says.hello(name, host, adminPort);
  /** While the agent looks at its disk it hears nothing and says nothing: what comes meanwhile waits. */
  let free: Promise<void> = Promise.resolve();
  /** Hears one kind of message; what does not fit its schema is logged and ignored. */
  const hear = <S extends z.ZodType>(subject: string, schema: S, act: (message: z.infer<S>, reply: (object: object) => void) => void) =>
    bus.subscribe(subject, {}, async (payload: Payload, reply) => {
      const message = schema.safeParse(payload);
      await free;
      if (message.success) act(message.data, reply ?? (() => {}));
      else log.warn({ subject, why: message.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) }, "message does not fit; ignored");
    });

  hear("dea.discover", discoverMessage, ({ droplet, limits, runtime }, reply) => {
    if (!agent.hasRoom(limits.mem, runtime)) return; // silence means no
    setTimeout(() => reply({ ...hello(), ...says.counts(agent.instances, droplet) }), taintMs(capacity, agent.instances, droplet, timers));
  });
  hear(`dea.${name}.start`, startMessage, (message) => agent.start(message));
  hear("dea.stop", filterMessage, (filter) => {
    const found = agent.instances.filter((instance) => matches(instance, filter));
    if (found.length > 0) agent.stop(found, "STOPPED").catch((error: unknown) => defect(error, "stopping instances"));
  });
  hear("dea.update", updateMessage, ({ droplet, uris }) => agent.update(droplet, uris));
  hear("dea.find.droplet", filterMessage, (filter, reply) => {
    for (const instance of agent.instances.filter((candidate) => matches(candidate, filter))) reply(found(agent, instance, filter.include_stats === true));
  });
  bus.subscribe("dea.status", {}, async (_, reply) => {
    await free;
    const usedMb = agent.instances.reduce((sum, { pid }) => sum + (pid === undefined ? 0 : usage(pid).memBytes / 2 ** 20), 0);
    reply?.({ ...hello(), ...says.status(capacity, agent.instances, Math.round(usedMb), agent.shuttingDown) });
  });
  bus.subscribe("healthmanager.start", {}, async () => {
    await free;
    agent.heartbeat();
  });

  // Routes are registered whatever the disk does. In 2011 they waited too, but once registered they stayed (2011 registered once); here they would be pruned.
  bus.onReconnect(() => agent.checkAdopted());
  agent.checkAdopted();
  keepRegistered(bus, { ownMs: timers.routeRegister, forgetMs: timers.routeTtl }, () => agent.registerAll());

  // 2011 looked each 2 s; here before each heartbeat, which has the same effect and asks the LUN less.
  const beat = async () => {
    const due = performance.now() + timers.heartbeat;
    // Whatever goes wrong: a DEA that is silent for ever is one that is gone.
    free = agent.lookAtDisk().catch((error: unknown) => defect(error, "disk check"));
    await free;
    try {
      agent.heartbeat();
    } catch (error) {
      defect(error, "heartbeat");
    }
    setTimeout(() => void beat(), Math.max(0, due - performance.now()));
  };
  setTimeout(() => void beat(), timers.heartbeat);
  // 2011 looked each 30 s for what is older than an hour: the same ratio here.
  setInterval(() => void agent.reap().catch((error: unknown) => log.error({ err: error }, "reaping")), Math.max(timers.crashReap / 120, 1000));

  const arrive = () => {
    bus.publish("dea.start", hello());
    void free.then(() => agent.heartbeat());
  };
  bus.onReconnect(arrive);
  arrive();
}

function found(agent: Agent, instance: Instance, withStats: boolean): object {
  const { message, id, state, stateSince, dir, pid, uris, startedAt, diskBytes } = instance;
  const { limits } = message;
  const at = agent.slotOf(instance);
  const used = pid === undefined ? { cpu: 0, memBytes: 0 } : usage(pid);
  return {
    dea: agent.settings.name,
    version: message.version,
    droplet: message.droplet,
    instance: id,
    index: message.index,
    state,
    state_timestamp: stateSince,
    staged: dir,
    ...(withStats
      ? {
          stats: {
            name: message.name,
            host: at.host,
            port: at.port,
            uris,
            uptime: says.nowS() - startedAt,
            mem_quota: limits.mem * 2 ** 20,
            disk_quota: limits.disk * 2 ** 20,
            fds_quota: limits.fds,
            cores: cpus().length,
            usage: { time: new Date().toISOString(), cpu: used.cpu, mem: used.memBytes, disk: diskBytes },
          },
        }
      : {}),
  };
}
