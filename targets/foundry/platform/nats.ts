/** Prepare step of the bus: writes DATA_DIR/nats.conf for nats-server and ends. */
import { existsSync } from "node:fs";
import { join } from "node:path";
import { config } from "./base/config.js";
import { writeAtomically } from "./base/saved.js";

const own = config();
/** Subjects that nobody may publish on, an operator's to change (then SIGHUP); it stays as it is over a restart. */
const muted = join(own.dataDir, "muted.conf");
if (!existsSync(muted)) writeAtomically(muted, "deny: []\n");
writeAtomically(
  join(own.dataDir, "nats.conf"),
  `# Written before each start of ${own.name}.
server_name: "${own.name}"
host: "${own.bindHost}"
port: ${own.port("client")}
http: "${own.bindHost}:${own.port("monitor")}"
# Whoever comes without credentials, as all do, is this user.
no_auth_user: component
accounts: {
  platform: {
    users: [
      {
        user: component
        password: "${own.secret("bus-password")}"
        permissions: {
          publish: {
            include "./muted.conf"
          }
        }
      }
    ]
  }
}
# A client that does not answer two pings is dropped.
ping_interval: "${own.timers.natsPing}ms"
ping_max: 2
# A client that does not read for so long is dropped (slow consumer).
write_deadline: "2s"
# SIGUSR2 closes clients over this time; the server takes nothing shorter.
lame_duck_grace_period: "1s"
lame_duck_duration: "30s"
`,
);
