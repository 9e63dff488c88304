/** The environment of an app process: nothing of the agent's but its marks, then the app's own, then what the platform promises. Source: cf-protocol §2.1, §2.2. */
import { join } from "node:path";
import type { Instance } from "./instance.js";
import { appPath } from "./runtimes.js";

export interface Host {
  readonly dea: string;
  readonly bindHost: string;
  readonly listenPort: number;
}

export function environment(instance: Instance, host: Host, own: NodeJS.ProcessEnv): Record<string, string> {
  const { message } = instance;
  const services: Record<string, unknown[]> = {};
  for (const service of message.services) {
    services[service.label] ??= [];
    services[service.label]!.push(service);
  }
  const application = {
    instance_id: instance.id,
    instance_index: message.index,
    application_id: message.droplet,
    application_name: message.name,
    application_uris: message.uris,
    name: message.name,
    uris: message.uris,
    users: message.users,
    version: message.version,
    runtime: message.runtime,
    start: new Date(instance.startedAt * 1000).toISOString(),
    state_timestamp: Math.floor(instance.startedAt),
    host: host.bindHost,
    port: host.listenPort,
    limits: message.limits,
    dea: host.dea, // our addition: a probe can say where an answer came from
  };
  return {
    ...Object.fromEntries(
      message.env.flatMap((line) => {
        const at = line.indexOf("=");
        return at > 0 ? [[line.slice(0, at), line.slice(at + 1)]] : [];
      }),
    ),
    // Whoever looks for what a foundation left behind finds apps by these marks, also those that outlived their agent.
    FLOUNDER_FOUNDATION: own.FLOUNDER_FOUNDATION ?? "",
    FLOUNDER_COMPONENT: own.FLOUNDER_COMPONENT ?? "",
    PATH: appPath,
    LANG: "C.UTF-8",
    HOME: join(instance.dir, "app"),
    TMPDIR: join(instance.dir, "tmp"),
    PORT: String(host.listenPort),
    VCAP_APP_PORT: String(host.listenPort),
    VCAP_APP_HOST: host.bindHost,
    VCAP_APPLICATION: JSON.stringify(application),
    VCAP_SERVICES: JSON.stringify(services),
    MEMORY_LIMIT: `${message.limits.mem}m`,
    CF_INSTANCE_GUID: instance.id,
    CF_INSTANCE_INDEX: String(message.index),
  };
}
