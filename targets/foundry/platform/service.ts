/**
 * The gateway to services for apps: databases on a Postgres server, accounts on a NATS server, each shared by all apps and each on a component of its own.
 * It remembers nothing: every name, key and password comes from ids and the secrets that it is granted, and what exists is asked of the servers.
 */
import { admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { log } from "./base/log.js";
import { Accounts } from "./service/accounts.js";
import { broker } from "./service/broker.js";
import { messaging, postgres } from "./service/catalog.js";
import { Databases } from "./service/databases.js";
import type { Kind } from "./service/kind.js";

const { bindHost, link, port, secret } = config();
const server = broker(
  new Map<string, Kind>([
    [postgres.id, new Databases(link("db"), link("app-db"), secret)],
    [messaging.id, new Accounts(link("messages"), link("app-messages"), secret)],
  ]),
  secret("broker-password"),
);
await admin({});
await new Promise<void>((resolve, reject) => server.once("error", reject).listen(port("broker"), bindHost, resolve));
onEnd(() => server.closeAllConnections());
ready();
log.info({ broker: port("broker") }, "ready");
