/** The balancer's saved config, DATA_DIR/lb.json: all that it serves comes from there. */
import { join } from "node:path";
import * as z from "zod/mini";
import type { Config } from "../base/config.js";
import { savedJson } from "../base/saved.js";

const shape = z.object({
  /** Names of the ports it listens on. */
  listeners: z.array(z.string()),
  /** Names of the links to its routers. */
  pool: z.array(z.string()),
});
export type Settings = Readonly<z.infer<typeof shape>>;

/** Reads the saved config; at the first boot it is written: every port, every router. */
export function settings(own: Config): Settings {
  return shape.parse(
    savedJson(join(own.dataDir, "lb.json"), {
      listeners: Object.keys(own.ports()).filter((name) => name !== "admin"),
      pool: Object.keys(own.links()),
    }),
  );
}
