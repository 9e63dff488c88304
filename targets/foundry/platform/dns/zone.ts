/** An authoritative zone, saved in DATA_DIR/zone.json: the apex, and every name below it, have the same addresses. */
import { join } from "node:path";
import * as z from "zod/mini";
import type { Config } from "../base/config.js";
import { savedJson } from "../base/saved.js";

const shape = z.object({
  /** The apex, without a dot at the end. */
  origin: z.string().check(z.minLength(1)),
  /** Short: who moved must be found at once. */
  ttlS: z.int().check(z.nonnegative()),
  serial: z.int().check(z.positive()),
  /** Name servers. */
  ns: z.array(z.string().check(z.minLength(1))).check(z.minLength(1)),
  /** IPv4 addresses of the apex and of *.apex. */
  addresses: z.array(z.ipv4()).check(z.minLength(1)),
});
export type Zone = Readonly<z.infer<typeof shape>>;

/** Reads the saved zone; at the first boot it is written: `addresses` are those of the front end. */
export function zone(own: Config, addresses: readonly string[]): Zone {
  return shape.parse(
    savedJson(join(own.dataDir, "zone.json"), {
      origin: own.domain,
      ttlS: 1,
      serial: 1,
      ns: [`ns1.${own.domain}`, `ns2.${own.domain}`],
      addresses,
    }),
  );
}
