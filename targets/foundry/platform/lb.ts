/** The balancer in front of the routers: the address that the outside knows. */
import { createServer } from "node:http";
import { admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { log } from "./base/log.js";
import { balance } from "./lb/balance.js";
import { Pool } from "./lb/pool.js";
import { settings } from "./lb/settings.js";

const own = config();
const { listeners, pool: members } = settings(own);
const pool = new Pool(Object.fromEntries(members.map((name) => [name, own.link(name)])));

onEnd(() => {});
await admin({
  "GET /backends": () => pool.backends.map(({ name, healthy }) => ({ router: name, healthy })),
});
await pool.checkAll();
void pool.keepChecking();
const server = () =>
  createServer({ requireHostHeader: false, keepAliveTimeout: 30_000 }, (request, response) => {
    balance(pool, request, response).catch((error: unknown) => {
      log.error({ err: error }, "request");
      response.destroy();
    });
  });
await Promise.all(
  listeners.map(
    (name) =>
      new Promise<void>((resolve, reject) => {
        server().once("error", reject).listen(own.port(name), own.bindHost, resolve);
      }),
  ),
);
ready();
