/** Capabilities of the foundry that no engine can supply: a router's table, a cabinet's power, over their admin ports. */
import { request } from "undici";
import type { Addresses, Call, Capabilities, Capability, Component } from "../../harness/core.js";
import { cabinetPower } from "./cabinet-power.js";

/** An answer that takes longer is none. */
const canaryMs = 1000;

const supplied: Readonly<Record<string, readonly Capability[]>> = { router: ["table"], cabinet: ["power"] };
export const capabilities = (component: Component): readonly Capability[] => supplied[component.role] ?? [];

export function adapters(component: Component, call: Call, addresses: Addresses): Partial<Capabilities> {
  if (component.role === "cabinet") return { power: cabinetPower(component, call, addresses) };
  if (component.role !== "router") return {};
  const { name } = component;
  return {
    table: {
      async flush() {
        await call(name, "/table/flush", {});
      },
      async hold(empty) {
        await call(name, "/table/hold", { hold: empty });
      },
      answers: () => canary(addresses.direct(name, "http"), `api.${component.env.DOMAIN}`),
      async generation() {
        return String(((await call(name, "/table")) as { generation: number }).generation);
      },
    },
  };
}

/**
 * A request through this router. Any answer of a backend, and even a 502 for a dead one, shows that the table knows the API;
 * 404 with X-Cf-RouterError: unknown_route shows that it does not (gorouter: cf-protocol §1.3).
 */
async function canary(at: { readonly host: string; readonly port: number }, host: string): Promise<boolean> {
  try {
    const answer = await request(`http://${at.host}:${at.port}/healthz`, { headers: { host }, signal: AbortSignal.timeout(canaryMs) });
    await answer.body.dump();
    return !(answer.statusCode === 404 && answer.headers["x-cf-routererror"] === "unknown_route");
  } catch {
    return false;
  }
}
