/**
 * A storage cabinet: each LUN is a folder of DATA_DIR/luns served over SFTP on a port of its own (PORT_LUN_1 …), fed by two power supplies.
 * Own variables: CORDS (which shelves have both cords on one supply), MOUNTS (linked: clients reach the folders themselves), MIRRORS, MIRROR_KBPS and MIRROR_MB (bandwidth and room for mirrors, per cabinet), CABINET_KBPS
 * (what it moves in all, for clients and mirrors), TENANTS_MB (what other tenants keep on each LUN). Policy cabinet.reMirror: patient · eager (copier.ts).
 */

import { mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";
import { mirrorFolder, readMirrors } from "../contract/mirrors.js";
import { mirrorLabel } from "../contract/secrets.js";
import { AdminError, admin, ready } from "./base/admin.js";
import { config } from "./base/config.js";
import { onEnd } from "./base/end.js";
import { markerFile } from "./base/lun-marker.js";
import { Bandwidth } from "./cabinet/bandwidth.js";
import { Copier, type Eager } from "./cabinet/copier.js";
import { Corruption } from "./cabinet/corruption.js";
import { serveLun } from "./cabinet/lun.js";
import { LunGate } from "./cabinet/lun-gate.js";
import { MirrorStore } from "./cabinet/mirror-store.js";
import { cordsOf, Power, powerFile } from "./cabinet/power.js";
import { Room } from "./cabinet/room.js";
import { deliver } from "./cabinet/tenants.js";

const own = config();
/** Room and bandwidth are those of the whole cabinet. */
const limit = (name: string, standard: number) => {
  const value = Number(process.env[name] || standard);
  if (!(value > 0)) throw new Error(`environment variable ${name} is "${process.env[name]}"; expected a positive number`);
  return value;
};
const bandwidth = new Bandwidth(limit("CABINET_KBPS", 65_536) * 1024);
const tenantsBytes = Number(process.env.TENANTS_MB || 0) * 2 ** 20;
const sftpServer = process.env.SFTP_SERVER || "flounder-sftp";
const luns = Object.entries(own.ports())
  .filter(([name]) => /^lun-\d+$/.test(name))
  .map(([lun, port]) => {
    const dir = join(own.dataDir, "luns", lun);
    mkdirSync(dir, { recursive: true });
    deliver(dir, lun, tenantsBytes);
    writeFileSync(join(dir, markerFile), lun);
    const gate = new LunGate(dir, bandwidth);
    return {
      lun,
      port,
      dir,
      gate,
      cords: cordsOf(process.env.CORDS, lun),
      served: serveLun(own.bindHost, port, { command: sftpServer, introduction: own.secret(`sftp:${own.name}`) }, gate),
    };
  });
const power = new Power(luns, {
  file: powerFile(own.dataDir),
  longestDipMs: own.timers.longestDip,
  cacheMs: own.timers.cacheFlush,
  linked: process.env.MOUNTS === "linked",
});

const room = new Room(luns, join(own.dataDir, "room.json"));
const corruption = new Corruption(luns, join(own.dataDir, "corrupted"));
const corrupt = z.object({ percent: z.number().positive().max(100), seed: z.number().int() });
const brownOut = z.object({ supply: z.enum(["A", "B"]), flickerS: z.number().nonnegative().max(86_400), seed: z.number().int() });
function body<S extends z.ZodType>(schema: S, given: unknown): z.output<S> {
  const parsed = schema.safeParse(given ?? {});
  if (parsed.success) return parsed.data;
  throw new AdminError(400, parsed.error.issues.map((issue) => `${issue.path.join(".")}: ${issue.message}`).join(", "));
}

const mirrors = readMirrors(process.env.MIRRORS);
const kept = luns.flatMap(({ lun, dir }) =>
  Object.entries(mirrors)
    .filter(([, partner]) => partner === lun)
    .map(([other]) => ({ lun: other, partner: lun, dir })),
);
for (const { lun, dir } of kept) deliver(join(dir, mirrorFolder(lun)), lun, tenantsBytes);
const sources = luns.filter(({ lun }) => mirrors[lun] !== undefined);
const eagerly = own.policy["cabinet.reMirror"] === "eager";
/** For want of a better one, the next LUN of the same cabinet keeps a mirror. */
const spare =
  eagerly && luns.length > 1 ? sources.map(({ lun }, i) => ({ lun, partner: luns[(i + 1) % luns.length]!.lun, dir: luns[(i + 1) % luns.length]!.dir })) : [];
const store = new MirrorStore({
  kept: [...kept, ...spare],
  roomBytes: limit("MIRROR_MB", 1024) * 2 ** 20,
  bandwidth,
  token: own.secret(mirrorLabel),
  isDark: (lun) => power.isDark(lun),
  isFull: (lun) => room.isFull(lun),
});
const eager = (gate: LunGate): Eager => ({
  lostMs: own.timers.mirrorLost,
  own: spare.length > 0 ? { host: own.bindHost, port: own.port("mirror") } : undefined,
  onStuck: (stuck) => {
    gate.stuck = stuck;
  },
});
const copiers = sources.map(
  ({ lun, dir, gate }) =>
    new Copier({
      lun,
      dir,
      peer: own.link("peer"),
      bytesPerS: (limit("MIRROR_KBPS", 8192) * 1024) / sources.length,
      bandwidth,
      isDark: () => power.isDark(lun),
      ...(eagerly ? { eager: eager(gate) } : {}),
    }),
);

onEnd(() => {
  for (const { served } of luns) served.stop();
});
/** Nobody meant it: a look at what differs may end it. Whoever blocks on purpose wants to find it so. */
let blockedByMistake = false;
/** Monitoring looks at power and mirrors, and fails LUNs over by itself. */
const watched = (asked: string) => asked === "GET /power" || asked === "GET /mirrors" || /^POST \/luns\/[^/]+\/failover$/.test(asked);
await admin(
  {
    "GET /mirrors": () => ({
      copies: Object.fromEntries(copiers.map((copier) => [copier.lun, { partner: mirrors[copier.lun], ...copier.report() }])),
      kept: Object.fromEntries(kept.map(({ lun, partner }) => [lun, { partner, blobs: store.list(lun).length, serves: store.isServing(lun) }])),
      usedBytes: store.usedBytes,
      roomBytes: store.roomBytes,
      underWay: store.underWay,
      blockedByMistake,
      bandwidth: bandwidth.report(),
    }),
    "POST /mirrors/capacity": (given) => {
      const { mb } = body(
        z.object({
          mb: z
            .number()
            .positive()
            .max(1024 ** 2),
        }),
        given,
      );
      store.roomBytes += mb * 2 ** 20;
      return { roomBytes: store.roomBytes };
    },
    "POST /mirrors/block": (given) => {
      const { blocked, mistaken = false } = body(z.object({ blocked: z.boolean(), mistaken: z.boolean().optional() }), given);
      for (const copier of copiers) copier.blocked = blocked;
      blockedByMistake = blocked && mistaken;
      return { blocked };
    },
    ...Object.fromEntries(
      kept.map(({ lun, partner }) => [
        `POST /luns/${lun}/failover`,
        () => {
          store.failOver(lun);
          return { lun, servedBy: partner, blobs: store.list(lun).length };
        },
      ]),
    ),
    "GET /luns": () => luns.map(({ lun, port, dir, cords, served }) => ({ lun, port, dir, cords, connections: served.connections() })),
    "GET /room": () => ({ full: room.full }),
    "POST /room/fill": (given) => {
      const { luns: which, seed } = body(z.object({ luns: z.enum(["one", "all"]), seed: z.number().int() }), given);
      room.fill(which, seed);
      return { full: room.full };
    },
    "POST /room/free": () => {
      room.free();
      return { full: room.full };
    },
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
  },
  watched,
);
await Promise.all([...luns.map(({ served }) => served.listening), ...(kept.length > 0 ? [store.listen(own.bindHost, own.port("mirror"))] : [])]);
power.recall();
ready();
