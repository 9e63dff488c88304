/** The zones that a name server serves, from DATA_DIR/dns.json: the domain, as the outside asks for it, and internal.<domain>, the components by name. */
import * as z from "zod/mini";
import type { Config } from "../base/config.js";
import { KeptConfig } from "../base/kept-config.js";

const host = z.string().check(z.regex(/^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$/i));

const zone = z.object({
  /** The apex, without a dot at the end. */
  origin: z.string().check(z.minLength(1)),
  /** Short: who moved must be found at once. */
  ttlS: z.int().check(z.nonnegative()),
  serial: z.int().check(z.positive()),
  /** Name servers. */
  ns: z.array(z.string().check(z.minLength(1))).check(z.minLength(1)),
  /** By name below the apex, in lower case ("@" is the apex, "*" every name that is not listed): IPv4 addresses, or hosts whose addresses are asked for when somebody asks. */
  addresses: z.record(z.string(), z.array(host).check(z.minLength(1))),
});
export type Zone = Readonly<z.infer<typeof zone>>;

const shape = z.object({
  /** In the order of the most particular name first. A zone that lost its data still has its name: it is answered for, with a failure. */
  zones: z.record(z.string(), z.union([zone, z.object({ origin: z.string(), lost: z.literal(true) })])),
});
export type Zones = z.infer<typeof shape>;

const lose = (running: Zones, names: readonly string[]): Zones => ({
  zones: Object.fromEntries(Object.entries(running.zones).map(([name, one]) => [name, names.includes(name) ? { origin: one.origin, lost: true } : one])),
});
export const parts: Readonly<Record<string, (running: Zones) => Zones>> = {
  all: (running) => lose(running, Object.keys(running.zones)),
  external: (running) => lose(running, ["external"]),
  internal: (running) => lose(running, ["internal"]),
};

/**
 * `front`: addresses or host names of the front door. `components`: "nats-1" or, where it is elsewhere, "nats-1=10.0.0.7" or "nats-1=host". Nothing said, it is
 * at bindHost; where that is any address of a machine of its own, the machine has the component's name.
 */
export function zones(own: Config, front: readonly string[], components: readonly string[]): KeptConfig<Zones> {
  const common = { ttlS: 1, serial: 1, ns: [`ns1.${own.domain}`, `ns2.${own.domain}`] };
  return new KeptConfig(own.dataDir, "dns", shape, {
    zones: {
      internal: {
        origin: `internal.${own.domain}`,
        ...common,
        addresses: Object.fromEntries(
          components.map((component) => {
            const [name = "", address = own.bindHost === "0.0.0.0" ? name : own.bindHost] = component.toLowerCase().split("=");
            return [name, [address]];
          }),
        ),
      },
      external: { origin: own.domain, ...common, addresses: { "@": [...front], "*": [...front] } },
    },
  });
}
