/** How a component names itself on the bus and in /varz, after vcap's common component protocol (type, index, uuid, host, credentials, start, uptime). */
import { randomUUID } from "node:crypto";
import { type Config, config } from "./config.js";

const types: Readonly<Record<string, string>> = { cc: "CloudController", dea: "DEA", hm: "HealthManager", router: "Router" };
const uuid = randomUUID();
const startedAt = new Date();

export interface Identity {
  readonly type: string;
  readonly index: number;
  /** New with every process. */
  readonly uuid: string;
  readonly name: string;
  /** host:port of the admin server. */
  readonly host: string;
  /** user and password of the admin server; empty, since it asks for none. */
  readonly credentials: readonly [string, string];
  readonly start: string;
  readonly uptime: string;
}

export function identity(own: Config = config()): Identity {
  const [, role = own.name, number = "1"] = /^(.*?)-?(\d+)?$/.exec(own.name) ?? [];
  const s = Math.floor(process.uptime());
  return {
    type: types[role] ?? role,
    index: Number(number) - 1,
    uuid,
    name: own.name,
    host: `${own.host}:${own.port("admin")}`,
    credentials: ["", ""],
    start: startedAt.toISOString(),
    uptime: `${Math.floor(s / 86_400)}d:${Math.floor(s / 3600) % 24}h:${Math.floor(s / 60) % 60}m:${s % 60}s`,
  };
}
