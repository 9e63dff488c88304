/**
 * The balancer in front of the routers. BALANCER says what it is: "node", this process (lb/in-process.ts, the default), or "haproxy", HAProxy below this process
 * (lb/haproxy.ts).
 */
import { AdminError, admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { configRoutes } from "./base/kept-config.js";
import type { Balancer } from "./lb/balancer.js";
import { Haproxy } from "./lb/haproxy.js";
import { InProcess } from "./lb/in-process.js";
import { settings, wipedSettings } from "./lb/settings.js";

const own = config();
const kept = settings(own);
const { BALANCER: by = "node" } = process.env;
if (by !== "node" && by !== "haproxy") throw new Error(`environment variable BALANCER is "${by}"; expected node or haproxy`);
const balancer: Balancer = by === "haproxy" ? new Haproxy(own, kept) : new InProcess(own, kept);
const apply = () => balancer.apply();

onEnd(() => {});
await admin({
  ...configRoutes(kept, { parts: { all: () => wipedSettings }, apply }),
  "GET /backends": () => balancer.backends(),
  /** Takes routers out of the pool: all, or some (half of them, at least one; the same ones each time). */
  "POST /pool/drain": async (body) => {
    const { share } = (body ?? {}) as { share?: unknown };
    if (share !== "some" && share !== "all") throw new AdminError(400, 'expected {"share": "some"} or {"share": "all"}');
    const whole = kept.saved.pool;
    kept.change({ ...kept.running, pool: share === "all" ? [] : whole.slice(Math.max(1, Math.floor(whole.length / 2))) }, { hurt: "drained" });
    await apply();
    return { pool: kept.running.pool };
  },
  "POST /pool/fill": async () => {
    kept.change({ ...kept.running, pool: kept.saved.pool }, { hurt: null });
    await apply();
    return { pool: kept.running.pool };
  },
});
await apply();
ready();
