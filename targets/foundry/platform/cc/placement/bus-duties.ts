/** What a Cloud Controller does because of what it hears: registers its routes, obeys the Health Manager, writes down crashes. Source: cf-protocol §3.1, §4.1, §4.3, §7.5. */
import * as z from "zod";
import type { Bus } from "../../base/bus.js";
import { config } from "../../base/config.js";
import { identity } from "../../base/identity.js";
import { log } from "../../base/log.js";
import { keepRegistered } from "../../base/registering.js";
import { type RouteVerb, signature, systemHosts, systemRouteLabel } from "../../base/system-routes.js";
import { record } from "../api/events.js";
import type { Context } from "../context.js";
import { refusedValue } from "../database/database.js";
import { notLatched } from "../storage/latch.js";

const hmRequest = z.object({
  droplet: z.string(),
  op: z.enum(["START", "STOP"]),
  last_updated: z.number().default(0),
  version: z.string().default(""),
  indices: z.array(z.number().int().nonnegative()).default([]),
  instances: z.array(z.string()).default([]),
});
const exited = z.object({
  droplet: z.string(),
  version: z.string().default(""),
  index: z.number().default(0),
  instance: z.string().default(""),
  reason: z.string(),
  exit_status: z.number().nullish(),
  exit_description: z.string().nullish(),
  crash_timestamp: z.number().nullish(),
});

/** The API's own routes: of the edge, as those of any app. */
export function registration(verb: RouteVerb): object {
  const { domain, name, secret } = config();
  const said = { ...config().advertise("api"), uris: systemHosts(domain) };
  return {
    ...said,
    signature: signature(secret(systemRouteLabel), verb, said),
    tags: { component: "CloudController", name },
    private_instance_id: identity().uuid,
  };
}

/** As in 2011: START if the app is started in that version; STOP if the app is unchanged since the Health Manager looked, or unknown. Never while read-only. */
async function obey({ database, lifecycle }: Context, payload: unknown): Promise<void> {
  const parsed = hmRequest.safeParse(payload);
  if (!parsed.success) return log.warn({ payload }, "request of the Health Manager does not fit; ignored");
  const asked = parsed.data;
  const found = await database.row<{ latched: boolean; state: string | null; version: string | null; last_updated: number | null; instances: number | null }>(
    "select exists (select from storage_latch) as latched, a.* from (select 1) one left join desired_apps a on a.droplet = $1",
    [asked.droplet],
  );
  if (!found || found.latched) return log.warn({ asked }, "read-only: request of the Health Manager ignored");
  const unknown = found.version === null;
  if (asked.op === "START") {
    if (found.state !== "STARTED" || found.version !== asked.version) return log.info({ asked }, "START of what should not run; ignored");
    for (const index of asked.indices) if (index < found.instances!) lifecycle.placement.start({ app: asked.droplet, version: asked.version, index });
  } else if (unknown) lifecycle.stopAll(asked.droplet);
  else if (found.last_updated === asked.last_updated) lifecycle.stopInstances(asked.droplet, asked.instances);
  else log.info({ asked }, "STOP from an older view; ignored");
}

async function crashed({ database }: Context, payload: unknown): Promise<void> {
  const parsed = exited.safeParse(payload);
  if (!parsed.success || parsed.data.reason !== "CRASHED") return;
  const { droplet, ...facts } = parsed.data;
  await database.transaction(async (sql) => {
    const app = await sql.row<{ name: string; space_guid: string }>(`select name, space_guid from apps where guid = $1 and ${notLatched}`, [droplet]);
    if (!app) return;
    const target = { guid: droplet, name: app.name, type: "app", space: app.space_guid } as const;
    await record(sql, "app.crash", { guid: droplet, name: app.name, type: "app" }, target, facts);
    await record(sql, "audit.app.process.crash", { guid: droplet, name: "web", type: "process" }, target, facts);
  });
}

/** What no column can hold names nothing that there is. */
async function ignoringOdd(what: string, act: Promise<void>): Promise<void> {
  return act.catch((error: unknown) => {
    const why = refusedValue(error);
    if (why === undefined) throw error;
    log.warn({ what, why }, "message ignored");
  });
}

export function takeDuties(bus: Bus, context: Context): void {
  const { routeRegister, routeTtl } = config().timers;
  keepRegistered(bus, { ownMs: routeRegister, forgetMs: routeTtl }, () => bus.publish("router.register", registration("register")));
  bus.subscribe("cloudcontrollers.hm.requests", { queue: "cc" }, (payload) => ignoringOdd("request of the Health Manager", obey(context, payload)));
  bus.subscribe("droplet.exited", { queue: "crash_event_registration" }, (payload) => ignoringOdd("droplet.exited", crashed(context, payload)));
}
