/** A Cloud Controller's life: it listens at once, and waits for the CCDB and the bus as long as they take. */
import { mkdirSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { readMirrors } from "../../contract/mirrors.js";
import { admin, ready } from "../base/admin.js";
import { type Bus, connectBus } from "../base/bus.js";
import { config } from "../base/config.js";
import { surviveDefects } from "../base/defects.js";
import { onEnd } from "../base/end.js";
import { log } from "../base/log.js";
import { sleep } from "../base/until.js";
import { operator } from "./api/operator.js";
import { places } from "./api/organizations.js";
import { root } from "./api/root.js";
import { server } from "./api/server.js";
import { uaa } from "./api/uaa.js";
import { apps } from "./apps/apps.js";
import { droplets } from "./apps/droplets.js";
import { manifests } from "./apps/manifest.js";
import { packages } from "./apps/packages.js";
import { processes } from "./apps/processes.js";
import { routes } from "./apps/routes.js";
import type { Context } from "./context.js";
import { type Database, isAway, openDatabase } from "./database/database.js";
import { migrate } from "./database/migrate.js";
import { builds } from "./jobs/builds.js";
import { jobs } from "./jobs/jobs-api.js";
import { Work } from "./jobs/work.js";
import { registration, takeDuties } from "./placement/bus-duties.js";
import { Lifecycle } from "./placement/lifecycle.js";
import { Placement } from "./placement/placement.js";
import { serviceBindings } from "./services/service-bindings.js";
import { openBroker } from "./services/service-broker.js";
import { learnCatalog, serviceCatalog } from "./services/service-catalog.js";
import { serviceInstances } from "./services/service-instances.js";
import { BlobSweep } from "./storage/blob-sweep.js";
import { Blobs } from "./storage/blobs.js";
import { declareLost } from "./storage/latch.js";
import { Storage } from "./storage/storage.js";

const migrateRetryMs = 100;
/** For the bus to take our last word. */
const goodbyeMs = 100;

function openStorage(database: Database): Storage {
  const { name, timers, policy } = config();
  const storage = new Storage({
    mounts: config().mounts(),
    helperCommand: [process.execPath, join(dirname(process.argv[1]!), "storage-helper.mjs")],
    proofFile: `.proof-${name}`,
    mirrors: readMirrors(process.env.MIRRORS),
    timers,
  });
  if (policy["cc.onLunLoss"] !== "degrade") {
    const declaring = new Set<string>();
    storage.onLost = (lun, state, forMs) => {
      if (declaring.has(lun)) return;
      declaring.add(lun);
      declareLost(database, lun, name, `${state} for ${forMs} ms, seen by ${name}`)
        .catch((error: unknown) => log.error({ err: error, lun }, "loss not declared; trying again"))
        .finally(() => declaring.delete(lun));
    };
  }
  return storage;
}

/** Resolves when the CCDB has the schema and the seeds. */
async function untilMigrated(database: Database): Promise<void> {
  for (let said = false; ; await sleep(migrateRetryMs)) {
    try {
      if (await migrate(database)) return;
    } catch (error) {
      if (!said || !isAway(error)) log[isAway(error) ? "warn" : "error"]({ err: error }, "the CCDB is not ready; waiting for it");
      said = true;
    }
  }
}

export async function main(): Promise<void> {
  const scratch = join(config().dataDir, "scratch");
  rmSync(scratch, { recursive: true, force: true });
  mkdirSync(scratch, { recursive: true });

  const database = openDatabase();
  const storage = openStorage(database);
  let bus: Bus | undefined;
  const blobs = new Blobs(database, storage);
  const lifecycle = new Lifecycle(new Placement(database, () => bus, blobs), () => bus);
  const work = new Work(database);
  const sweep = new BlobSweep(database, storage, config().timers.blobGrace);
  const context: Context = { database, storage, blobs, work, sweep, lifecycle, bus: () => bus, scratch };

  const api = await server(database);
  for (const part of [
    root,
    uaa,
    places,
    jobs,
    apps,
    processes,
    routes,
    manifests,
    packages,
    builds,
    droplets,
    serviceCatalog,
    serviceInstances,
    serviceBindings,
  ])
    part(api, context);
  await admin(operator(context), (asked) => asked === "GET /state" || asked === "POST /storage/reconsider");
  await api.listen({ host: config().bindHost, port: config().port("api") });

  onEnd(async () => {
    bus?.publish("router.unregister", registration("unregister"));
    storage.stop();
    await sleep(goodbyeMs);
  });

  void connectBus().then((connected) => {
    bus = connected;
    takeDuties(connected, context);
  });
  // It serves from here on, though it may have to wait long for the CCDB.
  surviveDefects();
  await untilMigrated(database);
  work.start();
  sweep.start();
  ready();
  const broker = openBroker();
  if (broker) void learnCatalog(database, broker);
  log.info({ api: config().port("api") }, "ready");
}
