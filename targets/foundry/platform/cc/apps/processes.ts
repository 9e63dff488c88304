/** Processes of apps: scaled, and asked how their instances are (the DEAs know: dea.find.droplet). */
import type { FastifyInstance, FastifyReply, FastifyRequest } from "fastify";
import * as z from "zod";
import { notFound, unprocessable } from "../api/cf-error.js";
import { record } from "../api/events.js";
import { type ByGuid, baseUrl, bodyAs, find, list, listOf } from "../api/requests.js";
import type { Context } from "../context.js";
import type { Sql } from "../database/database.js";
import { type AppRow, appTarget, endpointPath, findApp, healthCheckTypes, type ProcessRow, presentListedProcess, presentProcess } from "./app-rows.js";

type OfApp = { Params: { guid: string; type: string; index: string } };

const maxInstances = 100;
const scaleBody = z.object({
  instances: z.number().int().min(0).max(maxInstances).optional(),
  memory_in_mb: z.number().int().positive().optional(),
  disk_in_mb: z.number().int().positive().optional(),
  log_rate_limit_in_bytes_per_second: z.number().int().optional(),
});
const healthCheck = z.object({
  type: z.enum(healthCheckTypes).optional(),
  data: z.looseObject({ timeout: z.number().int().positive().nullish(), endpoint: z.string().regex(endpointPath).nullish() }).optional(),
});
const changeBody = z.object({ command: z.string().nullish(), health_check: healthCheck.optional() });

/** As long as nothing is heard from some DEA; a DEA that answers late counts as down. */
const findTimeoutMs = 1000;
const found = z.object({
  index: z.number(),
  state: z.string(),
  state_timestamp: z.number().optional(),
  instance: z.string().optional(),
  stats: z
    .looseObject({
      host: z.string().nullish(),
      port: z.number().nullish(),
      uptime: z.number().nullish(),
      usage: z.looseObject({ cpu: z.number().nullish(), mem: z.number().nullish(), disk: z.number().nullish() }).nullish(),
    })
    .nullish(),
});
type Found = z.infer<typeof found>;

const rank: Readonly<Record<string, number>> = { RUNNING: 3, STARTING: 2, CRASHED: 1 };
const rankOf = ({ state }: Found): number => rank[state] ?? 0;
const isLive = (instance: Found): boolean => rankOf(instance) > 1;

function presentStat(process: ProcessRow, index: number, instance: Found | undefined, says: string | undefined) {
  const shared = {
    type: process.type,
    index,
    mem_quota: process.memory_mb * 2 ** 20,
    disk_quota: process.disk_mb * 2 ** 20,
    log_rate_limit: -1,
    fds_quota: 256,
    isolation_segment: null,
    details: null,
  };
  if (!instance) return { ...shared, details: says ?? null, state: "DOWN", uptime: 0, routable: false, usage: {} };
  const { stats } = instance;
  return {
    ...shared,
    state: instance.state,
    routable: instance.state === "RUNNING",
    instance_guid: instance.instance ?? null,
    host: stats?.host ?? null,
    instance_ports: stats?.port == null ? [] : [{ external: stats.port, internal: stats.port }],
    uptime: Math.floor(stats?.uptime ?? 0),
    usage: {
      time: new Date().toISOString(),
      cpu: stats?.usage?.cpu ?? 0,
      cpu_entitlement: null,
      mem: Math.round(stats?.usage?.mem ?? 0),
      disk: Math.round(stats?.usage?.disk ?? 0),
      log_rate: 0,
    },
  };
}

export function processes(api: FastifyInstance, context: Context): void {
  const { database, lifecycle } = context;
  const ofApp = async (sql: Sql, app: string, type: string): Promise<ProcessRow> => {
    await findApp(sql, app);
    const row = await sql.row<ProcessRow>("select * from processes where app_guid = $1 and type = $2", [app, type]);
    if (!row) throw notFound("Process");
    return row;
  };
  const byGuid = (sql: Sql, guid: string) => find<ProcessRow>(sql, "processes", "Process", guid);

  const instancesOf = async (
    process: ProcessRow,
    app: AppRow,
  ): Promise<{ readonly stats: readonly ReturnType<typeof presentStat>[]; readonly heard: boolean }> => {
    const bus = context.bus();
    const heard = bus?.connected === true;
    const best = new Map<number, Found>();
    if (heard && app.state === "STARTED" && process.type === "web" && process.instances > 0) {
      const instances = (replies: readonly unknown[]) => replies.flatMap((reply) => found.safeParse(reply).data ?? []);
      // Not as many replies as instances: those that crashed are told of as well, until crashReap, and must not keep a living one from being heard.
      const live = (replies: readonly unknown[]) => new Set(instances(replies).flatMap((one) => (isLive(one) ? [one.index] : [])));
      const enough = (replies: readonly unknown[]) => live(replies).size >= process.instances;
      const wanted = { droplet: app.guid, version: app.version, include_stats: true };
      for (const instance of instances(await bus.requestMany("dea.find.droplet", wanted, { timeoutMs: findTimeoutMs, enough }))) {
        const other = best.get(instance.index);
        if (!other || rankOf(instance) > rankOf(other)) best.set(instance.index, instance);
      }
    }
    const failures =
      app.state === "STARTED" && best.size < process.instances
        ? await database.rows<{ index: number; says: string }>("select index, says from placement_failures where app_guid = $1 and version = $2", [
            app.guid,
            app.version,
          ])
        : [];
    const why = new Map(failures.map(({ index, says }) => [index, says]));
    return { stats: Array.from({ length: process.instances }, (_, index) => presentStat(process, index, best.get(index), why.get(index))), heard };
  };
  const stats = async (process: ProcessRow, reply: FastifyReply) => {
    const { stats: resources, heard } = await instancesOf(process, await findApp(database, process.app_guid));
    // As Cloud Foundry's does when whoever knows the instances is out of reach.
    if (!heard) reply.header("x-cf-warnings", encodeURIComponent("Stats server temporarily unavailable."));
    return { resources };
  };

  const scale = async (request: FastifyRequest, find: (sql: Sql) => Promise<ProcessRow>, reply: FastifyReply) => {
    const body = bodyAs(scaleBody, request);
    const { before, after } = await database.transaction(async (sql) => {
      const process = await find(sql);
      const app = (await sql.row<AppRow>("select * from apps where guid = $1 for update", [process.app_guid]))!;
      const row = await sql.row<ProcessRow>(
        "update processes set instances = $2, memory_mb = $3, disk_mb = $4, updated_at = now() where guid = $1 returning *",
        [process.guid, body.instances ?? process.instances, body.memory_in_mb ?? process.memory_mb, body.disk_in_mb ?? process.disk_mb],
      );
      await sql.rows("update apps set updated_at = now() where guid = $1", [app.guid]);
      await record(sql, "audit.app.process.scale", request.actor, appTarget(app), { process_guid: process.guid, process_type: process.type, request: body });
      return { before: process, after: row! };
    });
    if (after.type === "web") await lifecycle.scaled(database, after.app_guid, before.instances);
    return reply.code(202).send(presentProcess(after, baseUrl(request)));
  };

  const columns = { columns: "p.*", from: "processes p join apps a on a.guid = p.app_guid", of: "p" };
  const filters = { guids: "p.guid", app_guids: "p.app_guid", space_guids: "a.space_guid", types: "p.type" };
  api.get("/v3/processes", async (request) => {
    const result = await list<ProcessRow>(database, request, { ...columns, filters, also: ["embed"], present: presentListedProcess });
    if ((request.query as { embed?: string }).embed !== "process_instances") return result;
    const resources = (result as { resources: { guid: string }[] }).resources.map(async (shown) => {
      const process = await byGuid(database, shown.guid);
      const instances = await instancesOf(process, await findApp(database, process.app_guid));
      return { ...shown, process_instances: instances.stats.map(({ index, state }) => ({ index, state, since: 0 })) };
    });
    return { ...result, resources: await Promise.all(resources) };
  });
  api.get<ByGuid>("/v3/apps/:guid/processes", async (request) => {
    await findApp(database, request.params.guid);
    return list<ProcessRow>(database, request, {
      ...columns,
      filters,
      where: { sql: "p.app_guid = $1", values: [request.params.guid] },
      present: presentListedProcess,
    });
  });
  api.get<ByGuid>("/v3/processes/:guid", async (request) => presentProcess(await byGuid(database, request.params.guid), baseUrl(request)));
  api.get<OfApp>("/v3/apps/:guid/processes/:type", async (request) =>
    presentProcess(await ofApp(database, request.params.guid, request.params.type), baseUrl(request)),
  );
  api.patch<ByGuid>("/v3/processes/:guid", async (request) => {
    const body = bodyAs(changeBody, request);
    const row = await database.transaction(async (sql) => {
      const process = await byGuid(sql, request.params.guid);
      return sql.row<ProcessRow>("update processes set command = $2, health_check = $3, updated_at = now() where guid = $1 returning *", [
        process.guid,
        body.command === undefined ? process.command : body.command,
        JSON.stringify({ type: body.health_check?.type ?? process.health_check.type, data: body.health_check?.data ?? process.health_check.data }),
      ]);
    });
    return presentProcess(row!, baseUrl(request));
  });

  api.get<ByGuid>("/v3/processes/:guid/stats", async (request, reply) => stats(await byGuid(database, request.params.guid), reply));
  api.get<OfApp>("/v3/apps/:guid/processes/:type/stats", async (request, reply) =>
    stats(await ofApp(database, request.params.guid, request.params.type), reply),
  );
  api.post<ByGuid>("/v3/processes/:guid/actions/scale", (request, reply) => scale(request, (sql) => byGuid(sql, request.params.guid), reply));
  api.post<OfApp>("/v3/apps/:guid/processes/:type/actions/scale", (request, reply) =>
    scale(request, (sql) => ofApp(sql, request.params.guid, request.params.type), reply),
  );
  api.get<ByGuid>("/v3/processes/:guid/sidecars", async (request) => {
    await byGuid(database, request.params.guid);
    return listOf(request, []);
  });
  api.get<ByGuid>("/v3/apps/:guid/sidecars", async (request) => {
    await findApp(database, request.params.guid);
    return listOf(request, []);
  });

  const restartInstance = async (process: ProcessRow, index: number, reply: FastifyReply) => {
    const app = await findApp(database, process.app_guid);
    if (!Number.isInteger(index) || index < 0 || index >= process.instances) throw notFound("Instance");
    if (app.state !== "STARTED") throw unprocessable("The app is stopped.");
    lifecycle.stopIndices(app.guid, [index]);
    lifecycle.placement.start({ app: app.guid, version: app.version, index });
    return reply.code(204).send();
  };
  api.delete<OfApp>("/v3/apps/:guid/processes/:type/instances/:index", async (request, reply) =>
    restartInstance(await ofApp(database, request.params.guid, request.params.type), Number(request.params.index), reply),
  );
  api.delete<{ Params: { guid: string; index: string } }>("/v3/processes/:guid/instances/:index", async (request, reply) =>
    restartInstance(await byGuid(database, request.params.guid), Number(request.params.index), reply),
  );
}
