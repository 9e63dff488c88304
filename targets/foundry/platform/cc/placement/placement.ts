/**
 * Starting instances: a bounded number of workers ask for a DEA (dea.discover) and send it the start message. No DEA within the time, or no droplet:
 * nothing more is done, the Health Manager will ask again. Staging is done by the same workers: a storm of restarts delays it.
 * Source: cf-protocol §2.1, §2.2, §7.4. Own variable: CC_WORKERS (default 8).
 */
import pLimit from "p-limit";
import * as z from "zod";
import type { Bus, Until } from "../../base/bus.js";
import { config } from "../../base/config.js";
import { log } from "../../base/log.js";
import type { ProcessRow } from "../apps/app-rows.js";
import { dropletUri } from "../apps/droplet-pass.js";
import { type Database, isAway } from "../database/database.js";
import { type BoundService, servicesOf } from "../services/service-rows.js";
import type { Blobs } from "../storage/blobs.js";
import { notLatched } from "../storage/latch.js";

export interface Wanted {
  readonly app: string;
  readonly version: string;
  readonly index: number;
}
interface Startable {
  readonly guid: string;
  readonly name: string;
  readonly version: string;
  readonly sha1: string;
  readonly runtime: string;
  readonly env: Readonly<Record<string, string>>;
  readonly command: string | null;
  readonly memory_mb: number;
  readonly disk_mb: number;
  readonly health_check: ProcessRow["health_check"];
  readonly space: string;
  readonly uris: readonly string[];
  readonly services: readonly BoundService[];
  /** It could not be placed the last time. */
  readonly failed: boolean;
}

const workers = Number(process.env.CC_WORKERS || 8);
if (!Number.isInteger(workers) || workers < 1) throw new Error(`environment variable CC_WORKERS is "${process.env.CC_WORKERS}"; expected a positive number`);
const limitsOf = ({ memory_mb, disk_mb }: Startable) => ({ mem: memory_mb, disk: disk_mb, fds: 256 });

/** Host names (with path) that lead to an app, as rows of one column `uri`; $1 is the app. */
export const urisOf = `select r.host || case when r.host = '' then '' else '.' end || d.name || r.path as uri
  from destinations x join routes r on r.guid = x.route_guid join domains d on d.guid = r.domain_guid where x.app_guid = a.guid order by 1`;

/** A reply to dea.discover; how many instances of apps it has already is our addition, as the second DEA says it in dea.advertise. */
const offer = z.object({ id: z.string(), app_id_to_count: z.record(z.string(), z.number()).default({}) });
type Offer = z.output<typeof offer>;
/** An offer that must be compared with others waits so long for them: no DEA that could be better delays its own longer than this, however full it is. */
const compareMs = 100;

/** What a DEA says of itself (dea.status); `runtimes` is our addition. */
const status = z.object({ runtimes: z.array(z.string()).default([]) });
const statusMs = 300;

/** Silence is a DEA's no, so why they kept silent has to be asked. */
async function explain(bus: Bus, { runtime, memory_mb }: Pick<Startable, "runtime" | "memory_mb">): Promise<string> {
  const deas = (await bus.requestMany("dea.status", {}, { timeoutMs: statusMs })).map((reply) => status.safeParse(reply).data?.runtimes ?? []);
  const able = deas.filter((runtimes) => runtimes.includes(runtime)).length;
  if (deas.length === 0) return "insufficient resources: no DEA answers";
  if (able > 0) return `insufficient resources: of ${able} DEAs with the runtime ${runtime} none has a slot and ${memory_mb} MB of memory`;
  return `insufficient resources: no DEA has the runtime ${runtime}; there are ${[...new Set(deas.flat())].sort().join(", ") || "none"}`;
}

export class Placement {
  readonly #limit = pLimit(workers);
  /** What waits for a worker: a request that is repeated while it waits is the same one. */
  readonly #waiting = new Set<string>();
  /** By app: ends when all of it that was asked for is placed. */
  readonly #lines = new Map<string, Promise<void>>();
  #fullSince: number | undefined;
  #fullMs = 0;

  constructor(
    readonly database: Database,
    readonly bus: () => Bus | undefined,
    readonly blobs: Pick<Blobs, "reads">,
  ) {}

  get workers(): number {
    return workers;
  }
  get busy(): number {
    return this.#limit.activeCount;
  }
  get queued(): number {
    return this.#limit.pendingCount;
  }
  /** For how long altogether somebody had to wait for a worker. */
  get fullMs(): number {
    return Math.round(this.#fullMs + (this.#fullSince === undefined ? 0 : performance.now() - this.#fullSince));
  }

  /** Does something else with one of the workers, when one is free. */
  async occupy<T>(act: () => Promise<T>): Promise<T> {
    const done = this.#limit(async () => {
      this.#count();
      return act();
    });
    this.#count();
    return done;
  }
  #count(): void {
    if (this.queued > 0) this.#fullSince ??= performance.now();
    else if (this.#fullSince !== undefined) {
      this.#fullMs += performance.now() - this.#fullSince;
      this.#fullSince = undefined;
    }
  }

  /** One instance of an app after the other: the DEA that took the one before has it when it is asked for the next, and holds its offer back. */
  start(wanted: Wanted): void {
    const key = `${wanted.app} ${wanted.version} ${wanted.index}`;
    if (this.#waiting.has(key)) return;
    this.#waiting.add(key);
    const place = () =>
      this.occupy(async () => {
        this.#waiting.delete(key);
        await this.#place(wanted).catch((error: unknown) =>
          log[isAway(error) ? "warn" : "error"]({ err: error, ...wanted }, "instance not placed; left to the Health Manager"),
        );
      });
    const placed = (this.#lines.get(wanted.app) ?? Promise.resolve()).then(place);
    this.#lines.set(wanted.app, placed);
    void placed.then(() => {
      if (this.#lines.get(wanted.app) === placed) this.#lines.delete(wanted.app);
    });
  }

  /**
   * The first offer is taken, as in 2011, if it comes from a DEA without an instance of the app. Its neighbour that has one answers only a few ms later, which a
   * busy machine turns round: then the others' offers are heard too, and the fewest instances of the app win, the Cloud Controller's rule of 2013.
   */
  async #find(bus: Bus, app: Startable): Promise<string | undefined> {
    const ask = async (until: Until): Promise<readonly Offer[]> => {
      const wanted = { droplet: app.guid, limits: limitsOf(app), name: app.name, runtime: app.runtime, sha: app.sha1 };
      return (await bus.requestMany("dea.discover", wanted, until)).flatMap((reply) => offer.safeParse(reply).data ?? []);
    };
    const has = ({ app_id_to_count }: Offer) => app_id_to_count[app.guid] ?? 0;
    const [first] = await ask({ timeoutMs: config().timers.discoverTimeout, enough: () => true });
    if (!first || has(first) === 0) return first?.id;
    const offers = [first, ...(await ask({ timeoutMs: compareMs }))];
    return offers.reduce((best, other) => (has(other) < has(best) ? other : best)).id;
  }

  /** Looks at the CCDB again: since it was asked for, the app may have been stopped, changed, or the storage lost. */
  #startable({ app, version, index }: Wanted): Promise<Startable | undefined> {
    return this.database.row<Startable>(
      `select a.guid, a.name, a.version, d.sha1, d.runtime, a.env, coalesce(p.command, d.command) as command, p.memory_mb, p.disk_mb, p.health_check, s.name as space, array(${urisOf}) as uris, ${servicesOf} as services,
         exists (select from placement_failures f where f.app_guid = a.guid and f.index = $3) as failed
       from apps a join processes p on p.app_guid = a.guid and p.type = 'web' join droplets d on d.guid = a.running_droplet join spaces s on s.guid = a.space_guid
       where a.guid = $1 and a.state = 'STARTED' and a.version = $2 and p.instances > $3 and ${notLatched}`,
      [app, version, index],
    );
  }

  async #place(wanted: Wanted): Promise<void> {
    const bus = this.bus();
    const app = await this.#startable(wanted);
    if (!app || !bus) return;
    // A DEA that cannot have the droplet would only crash the instance.
    if (!(await this.blobs.reads(app.sha1))) {
      log.warn({ app: app.name, index: wanted.index, droplet: app.sha1 }, "the storage does not give the droplet; left to the Health Manager");
      return;
    }
    const dea = await this.#find(bus, app);
    if (dea === undefined) {
      log.warn({ app: app.name, index: wanted.index }, "no resources available: no DEA answered");
      // Not by a worker: whoever waits for one has waited long enough.
      void explain(bus, app).then(
        (says) => this.#failed(wanted, says),
        () => {},
      );
      return;
    }
    bus.publish(`dea.${dea}.start`, {
      droplet: app.guid,
      name: app.name,
      uris: app.uris,
      runtime: app.runtime,
      sha1: app.sha1,
      executableFile: "deprecated",
      executableUri: dropletUri(app.guid, app.sha1),
      version: app.version,
      services: app.services,
      users: ["admin"],
      limits: limitsOf(app),
      // Our addition: in 2011 there was but one, of the port.
      health_check: { type: app.health_check.type, endpoint: app.health_check.data.endpoint ?? "/", timeoutS: app.health_check.data.timeout ?? null },
      env: Object.entries({ ...app.env, CF_START_COMMAND: app.command ?? "" }).map(([name, value]) => `${name}=${value}`),
      index: wanted.index,
      cc_partition: "default",
    });
    if (app.failed) await this.database.rows("delete from placement_failures where app_guid = $1 and index = $2", [app.guid, wanted.index]);
  }

  /** For whoever asks the API how the instance is. */
  async #failed({ app, version, index }: Wanted, says: string): Promise<void> {
    await this.database
      .rows(
        `insert into placement_failures (app_guid, index, version, says) select guid, $2, $3, $4 from apps where guid = $1 and ${notLatched}
         on conflict (app_guid, index) do update set version = excluded.version, says = excluded.says, at = now()`,
        [app, index, version, says],
      )
      .catch((error: unknown) => log.warn({ err: error }, "why an instance was not placed could not be kept"));
  }
}
