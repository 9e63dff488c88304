/** Where everything listens on the local engine. */
import type { Hosts } from "../wiring.js";

export const host = "127.0.0.1";
export const hosts: Hosts = { bind: host, proxyOf: () => host };
