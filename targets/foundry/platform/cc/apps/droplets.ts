/** Droplets as the API shows them, and as DEAs fetch them: GET /staged_droplets/:app/:sha1, with basic auth, as in 2011. */
import { createReadStream } from "node:fs";
import { mkdtemp, rm, stat } from "node:fs/promises";
import { join } from "node:path";
import type { FastifyInstance } from "fastify";
import { notAuthenticated, notFound } from "../api/cf-error.js";
import { type ByGuid, baseUrl, common, type Dated, find, list, relation } from "../api/requests.js";
import type { Context } from "../context.js";
import { findApp } from "./app-rows.js";
import { mayFetch } from "./droplet-pass.js";

interface DropletRow extends Dated {
  readonly app_guid: string;
  readonly package_guid: string;
  readonly state: string;
  readonly sha1: string;
  readonly runtime: string;
  readonly buildpack: string;
  readonly command: string;
}

const presentDroplet = (row: DropletRow, base: string) => ({
  ...common(row, base, "droplets"),
  state: row.state,
  error: null,
  lifecycle: { type: "buildpack", data: {} },
  execution_metadata: "",
  process_types: { web: row.command },
  checksum: { type: "sha1", value: row.sha1 },
  buildpacks: [{ name: row.buildpack, detect_output: row.runtime, version: null, buildpack_name: row.buildpack }],
  stack: "flounder",
  image: null,
  relationships: { app: relation(row.app_guid) },
});

export function droplets(api: FastifyInstance, context: Context): void {
  const { database, blobs } = context;
  const filters = { guids: "t.guid", app_guids: "t.app_guid", states: "t.state" };
  const spec = { columns: "t.*", from: "droplets t", of: "t", filters, present: presentDroplet };
  api.get("/v3/droplets", (request) => list<DropletRow>(database, request, spec));
  api.get<ByGuid>("/v3/apps/:guid/droplets", async (request) => {
    await findApp(database, request.params.guid);
    return list<DropletRow>(database, request, { ...spec, where: { sql: "t.app_guid = $1", values: [request.params.guid] } });
  });
  api.get<ByGuid>("/v3/packages/:guid/droplets", (request) =>
    list<DropletRow>(database, request, { ...spec, where: { sql: "t.package_guid = $1", values: [request.params.guid] } }),
  );
  api.get<ByGuid>("/v3/droplets/:guid", async (request) => {
    return presentDroplet(await find<DropletRow>(database, "droplets", "Droplet", request.params.guid), baseUrl(request));
  });
  api.get<ByGuid>("/v3/apps/:guid/droplets/current", async (request) => {
    const app = await findApp(database, request.params.guid);
    return presentDroplet(await find<DropletRow>(database, "droplets", "Droplet", app.current_droplet), baseUrl(request));
  });

  api.get<{ Params: { app: string; sha1: string } }>("/staged_droplets/:app/:sha1", async (request, reply) => {
    const { app, sha1 } = request.params;
    if (!mayFetch(request.headers.authorization, app, sha1)) throw notAuthenticated();
    const known = await database.row("select guid from droplets where app_guid = $1 and sha1 = $2", [app, sha1]);
    if (!known) throw notFound("Droplet");
    const dir = await mkdtemp(join(context.scratch, "serve-"));
    const clear = () => void rm(dir, { recursive: true, force: true });
    try {
      const path = join(dir, "droplet.tgz");
      await blobs.fetch(sha1, path);
      const file = createReadStream(path);
      file.once("close", clear);
      return reply
        .header("content-length", (await stat(path)).size)
        .type("application/gzip")
        .send(file);
    } catch (error) {
      clear();
      throw error;
    }
  });
}
