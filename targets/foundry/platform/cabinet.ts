/** A storage cabinet: each LUN is a folder of DATA_DIR/luns served over SFTP on a port of its own (PORT_LUN_1 …). */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { serveLun } from "./cabinet/lun.js";

const own = config();
const sftpServer = process.env.SFTP_SERVER || "/usr/lib/openssh/sftp-server";
const luns = Object.entries(own.ports())
  .filter(([name]) => name !== "admin")
  .map(([lun, port]) => {
    const dir = join(own.dataDir, "luns", lun);
    mkdirSync(dir, { recursive: true });
    // Who uses a mount looks for this file: without the mount a plain folder would take his writes.
    writeFileSync(join(dir, ".lun"), lun);
    return { lun, port, dir, served: serveLun(own.bindHost, port, [sftpServer, "-d", dir]) };
  });

onEnd(() => {
  for (const { served } of luns) served.stop();
});
await admin({
  "GET /luns": () => luns.map(({ lun, port, dir, served }) => ({ lun, port, dir, connections: served.connections() })),
});
await Promise.all(luns.map(({ served }) => served.listening));
ready();
