/** Which component's port outside clients dial. */
import type { Topology } from "../../harness/core.js";

/** The firewall where there is one; else the first balancer. */
export function frontDoor({ components }: Topology): { readonly component: string; readonly port: "front" } {
  const door = components.find(({ role }) => role === "firewall") ?? components.find(({ role }) => role === "lb");
  if (!door) throw new Error("the topology has neither firewall nor balancer");
  return { component: door.name, port: "front" };
}
