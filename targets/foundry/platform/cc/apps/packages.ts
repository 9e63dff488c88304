/** Packages: which files are known, the upload of the others, and all of them together as one zip. */
import { randomUUID } from "node:crypto";
import { createWriteStream } from "node:fs";
import { chmod, mkdir, mkdtemp, rm } from "node:fs/promises";
import { dirname, join } from "node:path";
import { pipeline } from "node:stream/promises";
import type { FastifyInstance, FastifyRequest } from "fastify";
import pLimit from "p-limit";
import * as z from "zod";
import { badRequest, CfError, unavailable, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, baseUrl, bodyAs, common, type Dated, find, list, relation } from "../api/requests.js";
import type { Context } from "../context.js";
import type { Sql } from "../database/database.js";
import { digest, pin } from "../storage/blobs.js";
import { appTarget, findApp } from "./app-rows.js";
import { zipFolder } from "./archive.js";
import { asInvalid, inside, invalid, maxEntries, tooLarge, unzip } from "./unzip.js";

export interface PackageRow extends Dated {
  readonly app_guid: string;
  readonly state: string;
  readonly error: string | null;
  readonly sha1: string | null;
}

const resource = z.object({
  path: z.string().default(""),
  mode: z
    .string()
    .regex(/^[0-7]{3,6}$/)
    .default("644"),
  checksum: z.object({ value: z.string().regex(/^[0-9a-f]{40}$/) }),
  size_in_bytes: z.number().int().nonnegative(),
});
type Resource = z.infer<typeof resource>;
const resources = z.array(resource);
const newPackage = z.object({ type: z.literal("bits"), relationships: z.object({ app: z.object({ data: z.object({ guid: z.string() }) }) }) });

const blobsAtOnce = 4;

function presentPackage(row: PackageRow, base: string) {
  const shared = common(row, base, "packages");
  return {
    ...shared,
    type: "bits",
    state: row.state,
    data: { error: row.error, checksum: { type: "sha1", value: row.sha1 } },
    relationships: { app: relation(row.app_guid) },
    links: {
      ...shared.links,
      upload: { href: `${base}/v3/packages/${row.guid}/upload`, method: "POST" },
      app: { href: `${base}/v3/apps/${row.app_guid}` },
    },
  };
}

function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    throw unprocessable("Resources are invalid: not JSON");
  }
}

/** The parts of an upload: what was matched before, and the zip of the rest, saved in `dir`. */
async function parts(
  request: FastifyRequest,
  dir: string,
  onMatched: (matched: readonly Resource[]) => Promise<void>,
): Promise<{ readonly matched: readonly Resource[]; readonly zip: string | undefined }> {
  if (!request.isMultipart()) throw badRequest("The package must be uploaded as multipart/form-data");
  let matched: readonly Resource[] = [];
  let zip: string | undefined;
  try {
    for await (const part of request.parts()) {
      if (part.type === "file") {
        zip = join(dir, "bits.zip");
        await pipeline(part.file, createWriteStream(zip));
        if (part.file.truncated) throw unprocessable("The package is too large");
      } else if (part.fieldname === "resources" && part.value) {
        const parsed = resources.safeParse(jsonOf(String(part.value)));
        if (!parsed.success) throw unprocessable(`Resources are invalid: ${parsed.error.issues[0]?.message}`);
        matched = parsed.data;
        await onMatched(matched);
      }
    }
  } catch (error) {
    // A body that is no multipart, or ends too soon.
    if (error instanceof CfError || typeof (error as NodeJS.ErrnoException).code === "string") throw asInvalid(error);
    throw badRequest(`The upload cannot be read: ${(error as Error).message}`);
  }
  return { matched, zip };
}

/** Where the files that were matched go; throws CfError 422 for a path that leaves the app, or comes twice. */
function checked(app: string, matched: readonly Resource[]): readonly string[] {
  if (matched.length > maxEntries) throw invalid(`it has ${matched.length} files; an app may have ${maxEntries}`);
  const paths = matched.map((one) => inside(app, one.path));
  if (new Set(paths).size < paths.length) throw invalid("a path is in it twice");
  return paths;
}

export function packages(api: FastifyInstance, context: Context): void {
  const { database, blobs } = context;
  const findPackage = (sql: Sql, guid: string) => find<PackageRow>(sql, "packages", "Package", guid);

  api.post("/v3/resource_matches", async (request, reply) => {
    const asked = bodyAs(z.object({ resources }), request).resources;
    const known = await blobs.known(asked.map((one) => one.checksum.value));
    return reply.code(201).send({ resources: asked.filter((one) => known.get(one.checksum.value) === one.size_in_bytes) });
  });

  const spec = {
    columns: "k.*",
    from: "packages k join apps a on a.guid = k.app_guid",
    of: "k",
    filters: { guids: "k.guid", app_guids: "k.app_guid", states: "k.state", space_guids: "a.space_guid", types: "'bits'" },
    present: presentPackage,
  };
  api.get("/v3/packages", (request) => list<PackageRow>(database, request, spec));
  api.get<ByGuid>("/v3/apps/:guid/packages", async (request) => {
    await findApp(database, request.params.guid);
    return list<PackageRow>(database, request, { ...spec, where: { sql: "k.app_guid = $1", values: [request.params.guid] } });
  });
  api.get<ByGuid>("/v3/packages/:guid", async (request) => presentPackage(await findPackage(database, request.params.guid), baseUrl(request)));
  api.post("/v3/packages", async (request, reply) => {
    const body = bodyAs(newPackage, request);
    const row = await database.transaction(async (sql) => {
      const app = await findApp(sql, body.relationships.app.data.guid).catch(() => {
        throw unprocessable("App is invalid. Ensure it exists and you have access to it.");
      });
      await record(sql, "audit.app.package.create", request.actor, appTarget(app), { request: body });
      return sql.row<PackageRow>("insert into packages (guid, app_guid, state) values ($1, $2, 'AWAITING_UPLOAD') returning *", [randomUUID(), app.guid]);
    });
    return reply.code(201).send(presentPackage(row!, baseUrl(request)));
  });

  /** Puts the app together from what came and what was known, keeps each new file for the next time, and the whole as one blob. */
  const assemble = async (request: FastifyRequest, owner: string, maxBytes: number): Promise<string> => {
    const dir = await mkdtemp(join(context.scratch, "upload-"));
    try {
      const { matched, zip } = await parts(request, dir, async (known) => {
        // Before the rest has come, which may take longer than they would be kept otherwise.
        const sha1s = [...new Set(known.map((one) => one.checksum.value))];
        const there = await blobs.refer(owner, sha1s);
        const gone = sha1s.filter((sha1) => !there.has(sha1)).length;
        if (gone > 0) throw unprocessable(`${gone} of the resources are not there any more: push again`);
      });
      const app = join(dir, "app");
      await mkdir(app);
      const limit = pLimit(blobsAtOnce);
      const paths = checked(app, matched);
      const knownBytes = matched.reduce((sum, one) => sum + one.size_in_bytes, 0);
      if (knownBytes > maxBytes) throw tooLarge(maxBytes);
      // What is known comes first: once links are there, a path may lead through one.
      await Promise.all(
        matched.map((one, i) =>
          limit(async () => {
            const path = paths[i]!;
            await mkdir(dirname(path), { recursive: true });
            await blobs.fetch(one.checksum.value, path);
            await chmod(path, (Number.parseInt(one.mode, 8) & 0o777) | 0o600);
          }),
        ),
      ).catch((error: unknown) => {
        throw asInvalid(error);
      });
      const came = zip === undefined ? [] : (await unzip(zip, app, maxBytes - knownBytes)).files;
      const known = await Promise.all(came.map((path) => limit(async () => ({ path: join(app, path), blob: await digest(join(app, path)) }))));
      await blobs.refer(owner, [...new Set(known.map(({ blob }) => blob.sha1))]);
      await Promise.all(known.map(({ path, blob }) => limit(() => blobs.keep(path, blob))));
      const whole = join(dir, "package.zip");
      await zipFolder(app, whole);
      return (await blobs.keep(whole)).sha1;
    } finally {
      await rm(dir, { recursive: true, force: true });
    }
  };

  api.post<ByGuid>("/v3/packages/:guid/upload", async (request) => {
    const before = await findPackage(database, request.params.guid);
    if (before.state !== "AWAITING_UPLOAD") throw unprocessable("Package may only be uploaded once. Create a new package.");
    const process = await database.row<{ disk_mb: number }>("select disk_mb from processes where app_guid = $1 and type = 'web'", [before.app_guid]);
    const sha1 = await assemble(request, before.guid, (process?.disk_mb ?? 0) * 2 ** 20);
    const row = await database.transaction(async (sql) => {
      const ready = await sql.row<PackageRow>(
        "update packages set state = 'READY', sha1 = $2, updated_at = now() where guid = $1 and state = 'AWAITING_UPLOAD' returning *",
        [before.guid, sha1],
      );
      if (!ready) throw unprocessable("Package may only be uploaded once. Create a new package.");
      if (!(await pin(sql, [sha1])).has(sha1)) throw unavailable("The package was not put together in time: push again");
      await record(sql, "audit.app.package.upload", request.actor, appTarget(await findApp(sql, ready.app_guid)), { package_guid: ready.guid });
      return ready;
    });
    return presentPackage(row, baseUrl(request));
  });
}
