/** Prepare step of the messaging server: writes DATA_DIR/nats.conf for nats-server and ends. Accounts come later, from the gateway, and stay in DATA_DIR/accounts. */
import { join } from "node:path";
import { config } from "./base/config.js";
import { writeAtomically } from "./base/saved.js";
import { accountToken, operatorToken, systemKey } from "./service/messaging-keys.js";

const { name, dataDir, bindHost, port, secret } = config();
const system = systemKey(secret);
writeAtomically(
  join(dataDir, "nats.conf"),
  `# Written before each start of ${name}.
server_name: "${name}"
host: "${bindHost}"
port: ${port("client")}
operator: "${operatorToken(secret)}"
system_account: "${system.id}"
resolver: {
  type: full
  dir: "${join(dataDir, "accounts")}"
  allow_delete: true
  interval: "10m"
}
resolver_preload: {
  ${system.id}: "${accountToken(secret, system, "system")}"
}
# A client that does not read for so long is dropped (slow consumer).
write_deadline: "2s"
lame_duck_grace_period: "1s"
lame_duck_duration: "30s"
`,
  0o600,
);
