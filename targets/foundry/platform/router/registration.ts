/** router.register and router.unregister as they come from the bus: checked, as gorouter does, whole or not at all. */
import type { Payload } from "../base/bus.js";
import type { Endpoint } from "./table.js";

export interface Registration {
  readonly uris: readonly string[];
  readonly endpoint: Endpoint;
}

const text = (value: unknown) => (typeof value === "string" ? value : "");

/** Undefined for a message that gorouter refuses: a port that is no number, uris that are no strings. `ttlMs` is the router's own time to live. */
export function registration(payload: Payload, ttlMs: number): Registration | undefined {
  const { host, port, uris, app, private_instance_id, private_instance_index, tags, stale_threshold_in_seconds } = payload;
  if (typeof host !== "string" || host === "" || typeof port !== "number" || !Number.isInteger(port) || port < 1 || port > 65_535) return undefined;
  if (!Array.isArray(uris) || !uris.every((uri): uri is string => typeof uri === "string" && uri !== "")) return undefined;
  const ownMs = typeof stale_threshold_in_seconds === "number" && stale_threshold_in_seconds > 0 ? stale_threshold_in_seconds * 1000 : ttlMs;
  return {
    uris,
    endpoint: {
      address: `${host}:${port}`,
      host,
      port,
      app: text(app),
      privateInstanceId: text(private_instance_id),
      privateInstanceIndex: text(private_instance_index),
      tags: typeof tags === "object" && tags !== null ? (tags as Record<string, unknown>) : {},
      ttlMs: Math.min(ownMs, ttlMs),
    },
  };
}
