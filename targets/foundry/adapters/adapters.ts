/** Capabilities of the foundry that no engine can supply: tables, configs, rules and pools of the front end, a cabinet's power, content and room, subjects of the bus. */
import type { Addresses, Call, Capabilities, Capability, Component, Host, TargetInfo } from "../../../harness/core.js";
import { busSubjects } from "./bus-mute.js";
import { cabinetContent, cabinetPower, cabinetRoom } from "./cabinet.js";
import { consoleAt, slipsAt } from "./console.js";
import { edgeAdapters, edgeWays } from "./edge.js";
import { answered, askEdge } from "./edge-ask.js";

const supplied: Readonly<Record<string, readonly Capability[]>> = {
  router: ["table", "config"],
  lb: ["config", "pool"],
  firewall: ["config", "rules"],
  dns: ["config"],
  cabinet: ["power", "content", "room"],
  nats: ["subjects"],
};
export const capabilities = (component: Component): readonly Capability[] => [
  ...(supplied[component.role] ?? []),
  ...(slipsAt(component).length > 0 ? (["console"] as const) : []),
];
export const ways = (component: Component): TargetInfo["ways"] => ({ ...edgeWays(component), console: slipsAt(component) });

export function adapters(component: Component, call: Call, addresses: Addresses, host?: Host): Partial<Capabilities> {
  const edge = edgeAdapters(component, call, addresses);
  return {
    ...edge,
    ...(slipsAt(component).length > 0 ? { console: consoleAt(component, call, edge.config) } : {}),
    ...(component.role === "cabinet"
      ? { power: cabinetPower(component, call, addresses), content: cabinetContent(component, call), room: cabinetRoom(component, call, addresses) }
      : {}),
    ...(component.role === "router" ? { table: table(component, call, addresses) } : {}),
    ...(component.role === "nats" && host ? { subjects: busSubjects(component, addresses, host) } : {}),
  };
}

function table({ name, env }: Component, call: Call, addresses: Addresses): Capabilities["table"] {
  const api = `api.${env.DOMAIN}`;
  return {
    async flush() {
      await call(name, "/table/flush", {});
    },
    async hold(empty) {
      await call(name, "/table/hold", { hold: empty });
    },
    answers: () => canary(addresses.direct(name, "http"), api),
    async generation() {
      return String(((await call(name, "/table")) as { generation: number }).generation);
    },
    async poison(kind) {
      await call(name, "/table/poison", { kind });
    },
    async cure() {
      await call(name, "/table/cure", {});
    },
    /** A Cloud Controller's root names its API; an app's does not, and a dead endpoint is a 502. With every CC dead, a true table reads false too. */
    async truthful() {
      const said = await askEdge(addresses.direct(name, "http"), { host: api });
      if (!answered(said) || said.headers["x-cf-routererror"] === "unknown_route") throw new Error(`${name} has no answer for ${api}`);
      return said.status === 200 && said.body.includes("cloud_controller_v3");
    },
  };
}

/**
 * A request through this router. Any answer of a backend, and even a 502 for a dead one, shows that the table knows the API;
 * 404 with X-Cf-RouterError: unknown_route shows that it does not (gorouter: cf-protocol §1.3).
 */
async function canary(at: { readonly host: string; readonly port: number }, host: string): Promise<boolean> {
  const said = await askEdge(at, { host }, "/healthz");
  return answered(said) && !(said.status === 404 && said.headers["x-cf-routererror"] === "unknown_route");
}
