/**
 * A storage cabinet: each LUN is a folder of DATA_DIR/luns served over SFTP on a port of its own (PORT_LUN_1 …), fed by two power supplies.
 * Own variable: CORDS (which shelves have both cords on one supply).
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { AdminError, admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { Corruption } from "./cabinet/corruption.js";
import { serveLun } from "./cabinet/lun.js";
import { cordsOf, Power, powerFile } from "./cabinet/power.js";

const own = config();
const sftpServer = process.env.SFTP_SERVER || "/usr/lib/openssh/sftp-server";
const luns = Object.entries(own.ports())
  .filter(([name]) => /^lun-\d+$/.test(name))
  .map(([lun, port]) => {
    const dir = join(own.dataDir, "luns", lun);
    mkdirSync(dir, { recursive: true });
    // Who uses a mount looks for this file: without the mount a plain folder would take his writes.
    writeFileSync(join(dir, ".lun"), lun);
    return { lun, port, dir, cords: cordsOf(process.env.CORDS, lun), served: serveLun(own.bindHost, port, [sftpServer, "-d", dir]) };
  });
const power = new Power(luns, { file: powerFile(own.dataDir), longestDipMs: own.timers.longestDip, cacheMs: own.timers.cacheFlush });

const corruption = new Corruption(luns, join(own.dataDir, "corrupted"));
const corrupt = z.object({ percent: z.number().positive().max(100), seed: z.number().int() });
const brownOut = z.object({ supply: z.enum(["A", "B"]), flickerS: z.number().nonnegative().max(86_400), seed: z.number().int() });
function body<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  throw new AdminError(400, parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join(", "));
}

onEnd(() => {
  for (const { served } of luns) served.stop();
});
await admin({
  "GET /luns": () => luns.map(({ lun, port, dir, cords, served }) => ({ lun, port, dir, cords, connections: served.connections() })),
  "GET /power": () => power.report(),
  "POST /power/brown-out": (given) => {
    const { supply, flickerS, seed } = body(brownOut, given);
    power.brownOut(supply, flickerS * 1000, seed);
    return power.report();
  },
  "GET /content": () => ({ lying: corruption.lying() }),
  "POST /content/corrupt": (given) => {
    const { percent, seed } = body(corrupt, given);
    return { corrupted: corruption.corrupt(percent, seed) };
  },
  "POST /content/restore": () => {
    corruption.restore();
    return { lying: corruption.lying() };
  },
  "POST /power/restore": async () => {
    await power.restore();
    return power.report();
  },
});
await Promise.all(luns.map(({ served }) => served.listening));
power.recall();
ready();
