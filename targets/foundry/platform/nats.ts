/** Prepare step of the bus: writes DATA_DIR/nats.conf for nats-server and ends. Env BUS_USERS: name=role of each component that is on the bus. */

import { existsSync } from "node:fs";
import { join } from "node:path";
import { busLabel } from "../contract/secrets.js";
import { config } from "./base/config.js";
import { writeAtomically } from "./base/saved.js";
import { gorouterUser, isBusRole, ownerUser, type Rights, rightsOf } from "./nats/rights.js";

const own = config();
/** Subjects that nobody may publish on, an operator's to change (then SIGHUP); it stays as it is over a restart. */
const muted = join(own.dataDir, "muted.conf");
if (!existsSync(muted)) writeAtomically(muted, "deny: []\n", 0o600);

const members = (process.env.BUS_USERS ?? "").split(",").flatMap((word): [string, Rights][] => {
  const [name = "", role = ""] = word.split("=");
  if (word === "") return [];
  if (!isBusRole(role)) throw new Error(`environment variable BUS_USERS has "${word}"; expected name=role`);
  return [[name, rightsOf(name, role)]];
});
/** Each user is muted by the same file. */
const user = (name: string, rights?: Rights) => `{
        user: ${JSON.stringify(name)}
        password: "${own.secret(busLabel(name))}"
        permissions: {
          publish: {
            ${rights ? `allow: ${JSON.stringify(rights.publish)}` : ""}
            include "./muted.conf"
          }
          ${rights ? `subscribe: { allow: ${JSON.stringify(rights.subscribe)} }` : ""}
        }
      }`;
writeAtomically(
  join(own.dataDir, "nats.conf"),
  `# Written before each start of ${own.name}. Who may say what: platform/nats/rights.ts.
server_name: "${own.name}"
host: "${own.bindHost}"
port: ${own.port("client")}
accounts: {
  platform: {
    users: [
      ${[user(ownerUser), user(gorouterUser, rightsOf(gorouterUser, "gorouter")), ...members.map(([name, rights]) => user(name, rights))].join("\n      ")}
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
  0o600,
);
