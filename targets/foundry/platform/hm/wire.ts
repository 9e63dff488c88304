/** Which subject of the bus tells the Health Manager what. Source: cf-protocol §3.1. */
import type * as z from "zod";
import type { Bus } from "../base/bus.js";
import { log } from "../base/log.js";
import type { Manager } from "./manager.js";
import { exitedMessage, healthMessage, heartbeatMessage, statusMessage, updatedMessage } from "./messages.js";

export function wire(bus: Bus, manager: Manager): void {
  const hear = <S extends z.ZodType>(subject: string, schema: S, act: (message: z.infer<S>, reply: (object: object) => void) => void | Promise<void>) =>
    bus.subscribe(subject, {}, (payload, reply) => {
      const message = schema.safeParse(payload);
      if (message.success) return act(message.data, reply ?? (() => {}));
      log.warn({ subject, why: message.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`) }, "message does not fit; ignored");
    });

  hear("dea.heartbeat", heartbeatMessage, (message) => manager.heartbeat(message));
  hear("droplet.exited", exitedMessage, (message) => manager.exited(message));
  hear("droplet.updated", updatedMessage, ({ droplet }) => manager.droplet(droplet));
  hear("healthmanager.health", healthMessage, ({ droplets }, reply) => {
    for (const { droplet, version } of droplets) {
      const indices = manager.view.apps.get(droplet)?.versions.get(version);
      if (manager.view.apps.has(droplet))
        reply({ droplet, version, healthy: [...(indices?.values() ?? [])].filter(({ state }) => state === "RUNNING").length });
    }
  });
  hear("healthmanager.status", statusMessage, ({ droplet, version, state }, reply) => {
    const app = manager.view.apps.get(droplet);
    if (!app) return;
    const at = version ?? app.desired.version;
    const flapping = [...(app.versions.get(at) ?? [])].filter(([, entry]) => entry.state === "FLAPPING");
    if (state === "FLAPPING") reply({ droplet, version: at, indices: flapping.map(([index, { sinceMs }]) => ({ index, since: sinceMs / 1000 })) });
    else reply({ droplet, version: at, instances: [...app.crashed].map(([instance, atMs]) => ({ instance, since: atMs / 1000 })) });
  });
}
