/** Prepares the Postgres server that has the databases of apps: DATA_DIR/pg for `postgres -D`; does nothing to data that is there. */
import { prepare } from "./ccdb/prepare.js";
import { gatewayUser } from "./service/gateway-user.js";

await prepare({ user: gatewayUser, passwordLabel: "servicedb-password" });
