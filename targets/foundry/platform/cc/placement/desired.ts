/** The desired state of the foundation as words that must be equal before and after an experiment. Never versions, guids or times: a restart is no difference. */
import { createHash } from "node:crypto";
import type { Database } from "../database/database.js";
import { probesOrg } from "../database/seed.js";
import { losses } from "../storage/latch.js";
import { urisOf } from "./placement.js";

const short = (value: unknown) => createHash("sha1").update(JSON.stringify(value)).digest("hex").slice(0, 12);

interface Shown {
  readonly key: string;
  readonly value: unknown;
}

const statements: readonly (readonly [string, string])[] = [
  ["user", "select username as key, password_hash as value from users"],
  ["org", "select name as key, case when suspended then 'suspended' else 'active' end as value from orgs where name <> $1"],
  ["space", "select o.name || '/' || s.name as key, 'there' as value from spaces s join orgs o on o.guid = s.org_guid where o.name <> $1"],
  ["domain", "select name as key, case when internal then 'internal' else 'shared' end as value from domains"],
  [
    "role",
    `select r.username || ' ' || r.type || ' ' || coalesce(o.name, (select oo.name || '/' || s.name from spaces s join orgs oo on oo.guid = s.org_guid where s.guid = r.space_guid), '') as key, 'has' as value
     from roles r left join orgs o on o.guid = r.org_guid where coalesce(o.name, (select oo.name from spaces s join orgs oo on oo.guid = s.org_guid where s.guid = r.space_guid), '') <> $1`,
  ],
  [
    "route",
    `select (r.host || '.' || d.name || r.path) as key, array(select a.name from destinations x join apps a on a.guid = x.app_guid where x.route_guid = r.guid order by 1) as value
     from routes r join domains d on d.guid = r.domain_guid join spaces s on s.guid = r.space_guid join orgs o on o.guid = s.org_guid where o.name <> $1`,
  ],
  [
    "service",
    `select o.name || '/' || s.name || '/' || i.name as key, f.name || ' ' || p.name || ', ' || i.operation || ' ' || i.state || ', bound to ' || coalesce(
       (select string_agg(a.name || case when b.state = 'succeeded' then '' else ' (' || b.operation || ' ' || b.state || ')' end, ', ' order by a.name)
        from service_bindings b join apps a on a.guid = b.app_guid where b.instance_guid = i.guid), 'no app') as value
     from service_instances i join service_plans p on p.guid = i.plan_guid join service_offerings f on f.guid = p.offering_guid
       join spaces s on s.guid = i.space_guid join orgs o on o.guid = s.org_guid where o.name <> $1`,
  ],
  [
    "app",
    `select o.name || '/' || s.name || '/' || a.name as key, jsonb_build_object('state', a.state, 'instances', p.instances, 'memory', p.memory_mb, 'disk', p.disk_mb,
       'command', p.command, 'health', p.health_check, 'env', a.env, 'buildpacks', a.buildpacks, 'stack', a.stack, 'uris', array(${urisOf}),
       'droplet', (select sha1 from droplets t where t.guid = a.current_droplet), 'running', (select sha1 from droplets t where t.guid = a.running_droplet)) as value
     from apps a join processes p on p.app_guid = a.guid and p.type = 'web' join spaces s on s.guid = a.space_guid join orgs o on o.guid = s.org_guid where o.name <> $1`,
  ],
];

/** What is long or secret is shown as a digest. */
function words(kind: string, value: unknown): string {
  if (kind === "user") return short(value);
  if (kind === "app") {
    const { state, instances, memory, env, command, health, buildpacks, stack, uris, droplet, running, disk } = value as Record<string, unknown>;
    const rest = short([command, health, buildpacks, stack, env]);
    return `${state} ${instances} x ${memory} MB/${disk} MB at ${(uris as string[]).join(",") || "no route"} droplet ${droplet} running ${state === "STARTED" ? running : "-"} rest ${rest}`;
  }
  return Array.isArray(value) ? value.join(",") : String(value);
}

export async function fingerprint(database: Database): Promise<Record<string, string>> {
  const found: [string, string][] = [];
  for (const [kind, statement] of statements) {
    const rows = await database.rows<Shown>(statement, statement.includes("$1") ? [probesOrg] : []);
    for (const { key, value } of rows) found.push([`${kind} ${key}`, words(kind, value)]);
  }
  const lost = await losses(database);
  found.push(["latch", lost.length === 0 ? "open" : `read-only: ${lost.map((loss) => loss.lun).join(",")}`]);
  return Object.fromEntries(found.sort(([a], [b]) => (a < b ? -1 : 1)));
}
