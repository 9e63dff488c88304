/** The router's config, DATA_DIR/router.json. Its table is not in it: that comes from the bus. */
import * as z from "zod/mini";
import type { Config } from "../base/config.js";
import { KeptConfig } from "../base/kept-config.js";

const shape = z.object({
  /** Names of the ports it listens on. */
  listeners: z.array(z.string()),
  /** The value of X-Vcap-Trace that makes the router name itself and the endpoint in the answer. */
  traceKey: z.string(),
});
export type Settings = z.infer<typeof shape>;

/** At the first boot: every port; gorouter's own default trace key. */
export const settings = (own: Config): KeptConfig<Settings> =>
  new KeptConfig(own.dataDir, "router", shape, {
    listeners: Object.keys(own.ports()).filter((name) => name !== "admin"),
    traceKey: process.env.TRACE_KEY || "22",
  });
