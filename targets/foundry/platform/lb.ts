/** The balancer in front of the routers. */
import { createServer } from "node:http";
import { AdminError, admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { Doors } from "./base/doors.js";
import { onEnd } from "./base/end.js";
import { configRoutes } from "./base/kept-config.js";
import { log } from "./base/log.js";
import { Pool } from "./base/pool.js";
import { balance } from "./lb/balance.js";
import { settings, wipedSettings } from "./lb/settings.js";

const own = config();
const kept = settings(own);
/** An empty routing table is no illness: whoever answers 200 to the check is in. */
const pool = new Pool((status) => status === 200);
const doors = new Doors(() =>
  createServer({ requireHostHeader: false, keepAliveTimeout: 30_000 }, (request, response) => {
    balance(pool, request, response).catch((error: unknown) => {
      log.error({ err: error }, "request");
      response.destroy();
    });
  }),
);
const fill = async () => {
  pool.set(Object.fromEntries(kept.running.pool.map((name) => [name, own.link(name)])));
  await pool.checkAll();
};
const apply = async () => {
  await fill();
  await doors.set(kept.running.listeners);
};

onEnd(() => {});
await admin({
  ...configRoutes(kept, { parts: { all: () => wipedSettings }, apply }),
  "GET /backends": () => pool.backends.map(({ name, healthy }) => ({ router: name, healthy })),
  /** Takes routers out of the pool: all, or some (half of them, at least one; the same ones each time). */
  "POST /pool/drain": async (body) => {
    const { share } = (body ?? {}) as { share?: unknown };
    if (share !== "some" && share !== "all") throw new AdminError(400, 'expected {"share": "some"} or {"share": "all"}');
    const whole = kept.saved.pool;
    kept.change({ ...kept.running, pool: share === "all" ? [] : whole.slice(Math.max(1, Math.floor(whole.length / 2))) });
    await fill();
    return { pool: kept.running.pool };
  },
  "POST /pool/fill": async () => {
    kept.change({ ...kept.running, pool: kept.saved.pool });
    await fill();
    return { pool: kept.running.pool };
  },
});
await apply();
void pool.keepChecking();
ready();
