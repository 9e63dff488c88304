/** The balancer's config, DATA_DIR/lb.json: all that it serves comes from there. Names only: addresses come from the links. */
import * as z from "zod/mini";
import type { Config } from "../base/config.js";
import { KeptConfig } from "../base/kept-config.js";

const shape = z.object({
  /** Names of the ports it listens on. */
  listeners: z.array(z.string()),
  /** Names of the links to its routers. */
  pool: z.array(z.string()),
});
export type Settings = z.infer<typeof shape>;
export const wipedSettings: Settings = { listeners: [], pool: [] };

/** At the first boot: every port, every router. */
export const settings = (own: Config): KeptConfig<Settings> =>
  new KeptConfig(own.dataDir, "lb", shape, {
    listeners: Object.keys(own.ports()).filter((name) => name !== "admin"),
    pool: Object.keys(own.links()),
  });
