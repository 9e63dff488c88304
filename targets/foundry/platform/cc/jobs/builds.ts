/** Builds: a package becomes a droplet. Done by whichever Cloud Controller claims it, a few at a time. */
import { randomUUID } from "node:crypto";
import { mkdir, mkdtemp, rm } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import * as z from "zod";
import { config } from "../../base/config.js";
import { log } from "../../base/log.js";
import { CfError, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, baseUrl, bodyAs, common, type Dated, find, list, relation } from "../api/requests.js";
import { type AppRow, appTarget, findApp } from "../apps/app-rows.js";
import { tarFolder } from "../apps/archive.js";
import { type Detected, detect, furnish, StagingError } from "../apps/droplet.js";
import type { PackageRow } from "../apps/packages.js";
import { unzip } from "../apps/unzip.js";
import type { Context } from "../context.js";
import { isAway } from "../database/database.js";
import { pin } from "../storage/blobs.js";

interface BuildRow extends Dated {
  readonly app_guid: string;
  readonly package_guid: string;
  readonly state: string;
  readonly error: string | null;
  readonly droplet_guid: string | null;
  readonly buildpacks: readonly string[] | null;
  readonly created_by: string;
}
interface Order {
  readonly build: string;
}

const stagedAtOnce = 2;
const patienceMs = 1000;
const stagingDiskMb = 4096;
const newBuild = z.object({
  package: z.object({ guid: z.string() }),
  lifecycle: z.object({ data: z.object({ buildpacks: z.array(z.string()).nullish() }).nullish() }).nullish(),
});

function presentBuild(row: BuildRow, base: string) {
  return {
    ...common(row, base, "builds"),
    state: row.state,
    error: row.error,
    staging_memory_in_mb: 1024,
    staging_disk_in_mb: stagingDiskMb,
    lifecycle: { type: "buildpack", data: { buildpacks: row.buildpacks ?? [], stack: "flounder" } },
    package: { guid: row.package_guid },
    droplet: row.droplet_guid === null ? null : { guid: row.droplet_guid, href: `${base}/v3/droplets/${row.droplet_guid}` },
    created_by: { guid: row.created_by, name: row.created_by, email: row.created_by },
    relationships: { app: relation(row.app_guid) },
  };
}

/** Resolves with the digest of the droplet, which is on its LUN then. */
async function stage(
  context: Context,
  sha1: string,
  buildpacks: readonly string[],
  command: string | null,
  diskMb: number,
): Promise<{ readonly sha1: string; readonly detected: Detected }> {
  const dir = await mkdtemp(join(context.scratch, "stage-"));
  try {
    const archive = join(dir, "package.zip");
    const droplet = join(dir, "droplet");
    const app = join(droplet, "app");
    await mkdir(app, { recursive: true });
    await context.blobs.fetch(sha1, archive);
    await unzip(archive, app, diskMb * 2 ** 20);
    const detected = detect(app, buildpacks, command);
    await furnish(droplet, detected);
    await tarFolder(droplet, join(dir, "droplet.tgz"));
    return { sha1: (await context.blobs.keep(join(dir, "droplet.tgz"))).sha1, detected };
  } finally {
    await rm(dir, { recursive: true, force: true });
  }
}

function within<T>(ms: number, act: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => reject(new StagingError(`StagingTimeExpired: Staging time expired: ${ms / 1000} s`)), ms);
  });
  return Promise.race([act, late]).finally(() => clearTimeout(timer));
}

export function builds(api: FastifyInstance, context: Context): void {
  const { database, work, lifecycle } = context;

  work.on<Order>("build.stage", stagedAtOnce, async ({ payload, commit }) => {
    const build = await database.row<BuildRow & { sha1: string; command: string | null; disk_mb: number; app_buildpacks: string[] }>(
      `select b.*, k.sha1, p.command, p.disk_mb, a.buildpacks as app_buildpacks from builds b join packages k on k.guid = b.package_guid
       join apps a on a.guid = b.app_guid join processes p on p.app_guid = a.guid and p.type = 'web' where b.guid = $1`,
      [payload.build],
    );
    if (!build) return commit(async () => {}); // its app was deleted meanwhile
    let staged: Awaited<ReturnType<typeof stage>>;
    try {
      staged = await within(
        config().timers.stagingTimeout,
        lifecycle.placement.occupy(() =>
          stage(context, build.sha1, build.buildpacks ?? build.app_buildpacks, build.command, Math.max(build.disk_mb, stagingDiskMb)),
        ),
      );
    } catch (error) {
      if (isAway(error)) throw error;
      const says = error instanceof StagingError ? error.message : error instanceof CfError ? `StagingError: ${error.detail}` : "StagingError: staging failed";
      log.warn({ err: error, build: build.guid }, "staging failed");
      return commit((sql) => sql.rows("update builds set state = 'FAILED', error = $2, updated_at = now() where guid = $1", [build.guid, says]));
    }
    await commit(async (sql) => {
      const app = await sql.row<AppRow>("select * from apps where guid = $1", [build.app_guid]);
      if (!app) return;
      if (!(await pin(sql, [staged.sha1])).has(staged.sha1)) {
        const says = "StagingError: the droplet was removed before it was referred to: push again";
        return sql.rows("update builds set state = 'FAILED', error = $2, updated_at = now() where guid = $1", [build.guid, says]);
      }
      const guid = randomUUID();
      await sql.rows(
        "insert into droplets (guid, app_guid, package_guid, state, sha1, runtime, buildpack, command) values ($1, $2, $3, 'STAGED', $4, $5, $6, $7)",
        [...[guid, build.app_guid, build.package_guid, staged.sha1], ...[staged.detected.runtime, staged.detected.buildpack, staged.detected.command]],
      );
      await sql.rows("update builds set state = 'STAGED', droplet_guid = $2, updated_at = now() where guid = $1", [build.guid, guid]);
      const by = { guid: build.created_by, name: build.created_by, type: "user" } as const;
      await record(sql, "audit.app.droplet.create", by, appTarget(app), { droplet_guid: guid, package_guid: build.package_guid });
    });
  });

  api.post("/v3/builds", async (request, reply) => {
    const body = bodyAs(newBuild, request);
    const { build, job } = await database.transaction(async (sql) => {
      const found = await sql.row<PackageRow>("select * from packages where guid = $1", [body.package.guid]);
      if (!found) throw unprocessable("Unable to use package. Ensure that the package exists and you have access to it.");
      if (found.state !== "READY") throw unprocessable("Package must be in READY state to be staged.");
      const app = await findApp(sql, found.app_guid);
      const row = await sql.row<BuildRow>(
        "insert into builds (guid, app_guid, package_guid, state, buildpacks, created_by) values ($1, $2, $3, 'STAGING', $4, $5) returning *",
        [randomUUID(), app.guid, found.guid, body.lifecycle?.data?.buildpacks ? JSON.stringify(body.lifecycle.data.buildpacks) : null, request.actor.name],
      );
      await record(sql, "audit.app.build.create", request.actor, appTarget(app), { build_guid: row!.guid, package_guid: found.guid });
      return { build: row!, job: await work.add(sql, "build.stage", { build: row!.guid }) };
    });
    await work.kickAndWait(job, patienceMs);
    return reply.code(201).send(presentBuild(build, baseUrl(request)));
  });
  api.get<ByGuid>("/v3/builds/:guid", async (request) => {
    return presentBuild(await find<BuildRow>(database, "builds", "Build", request.params.guid), baseUrl(request));
  });
  const spec = {
    columns: "b.*",
    from: "builds b",
    of: "b",
    filters: { guids: "b.guid", app_guids: "b.app_guid", package_guids: "b.package_guid", states: "b.state" },
    present: presentBuild,
  };
  api.get("/v3/builds", (request) => list<BuildRow>(database, request, spec));
  api.get<ByGuid>("/v3/apps/:guid/builds", (request) =>
    list<BuildRow>(database, request, { ...spec, where: { sql: "b.app_guid = $1", values: [request.params.guid] } }),
  );
}
