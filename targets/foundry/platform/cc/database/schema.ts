/**
 * The CCDB's schema, as migrations in the order they are applied; text in the bundle, so that a component needs no files beside it.
 * Add a migration at the end, never change one that was released: its digest is checked.
 *
 * What the Health Manager reads: view `desired_apps` (one row per app that should be known to it) and view `storage_latch` (rows while
 * storage is declared lost: everybody is read-only).
 */

export interface Migration {
  readonly name: string;
  readonly sql: string;
}

const tables = `
create table users (guid text primary key, username text not null unique, salt text not null, password_hash text not null, created_at timestamptz not null default now());
create table revoked_tokens (jti text primary key, expires_at timestamptz not null);

create table orgs (guid text primary key, name text not null unique, suspended boolean not null default false,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table spaces (guid text primary key, org_guid text not null references orgs on delete cascade, name text not null,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (org_guid, name));
create table roles (guid text primary key, type text not null, username text not null, user_guid text not null,
  org_guid text references orgs on delete cascade, space_guid text references spaces on delete cascade,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
  unique nulls not distinct (type, user_guid, org_guid, space_guid));
create table domains (guid text primary key, name text not null unique, internal boolean not null default false,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());

-- A blob is named by its sha1 and kept on one LUN. damaged: verification found it torn or missing, so it no longer counts as known.
create table blobs (sha1 text primary key, size bigint not null, lun text not null, damaged boolean not null default false, created_at timestamptz not null default now());

-- current_droplet is what the next start takes; running_droplet and version are what instances of a started app are made of.
-- version is "<sha1 of the droplet>-<run_count>" as in vcap.
create table apps (guid text primary key, space_guid text not null references spaces on delete cascade, name text not null,
  state text not null default 'STOPPED', buildpacks jsonb not null default '[]', stack text not null default 'flounder',
  env jsonb not null default '{}', current_droplet text, running_droplet text, run_count int not null default 0, version text not null default '',
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (space_guid, name));
create table processes (guid text primary key, app_guid text not null references apps on delete cascade, type text not null, command text,
  instances int not null default 1, memory_mb int not null default 256, disk_mb int not null default 1024, health_check jsonb not null default '{"type":"port","data":{"timeout":null,"invocation_timeout":null}}',
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (app_guid, type));
create table packages (guid text primary key, app_guid text not null references apps on delete cascade, state text not null, error text, sha1 text,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table droplets (guid text primary key, app_guid text not null references apps on delete cascade, package_guid text not null, state text not null,
  sha1 text not null, runtime text not null, buildpack text not null, command text not null default '',
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table builds (guid text primary key, app_guid text not null references apps on delete cascade, package_guid text not null, state text not null,
  error text, droplet_guid text, buildpacks jsonb, created_by text not null default '',
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create index on packages (app_guid); create index on droplets (app_guid); create index on droplets (package_guid); create index on builds (app_guid);

create table routes (guid text primary key, space_guid text not null references spaces on delete cascade, domain_guid text not null references domains on delete cascade,
  host text not null, path text not null default '', created_at timestamptz not null default now(), updated_at timestamptz not null default now(),
  unique (domain_guid, host, path));
create table destinations (guid text primary key, route_guid text not null references routes on delete cascade,
  app_guid text not null references apps on delete cascade, process_type text not null default 'web', unique (route_guid, app_guid, process_type));
create index on destinations (app_guid);

create table audit_events (guid text primary key, seq bigserial, type text not null, actor_guid text not null, actor_type text not null, actor_name text not null,
  target_guid text not null, target_type text not null, target_name text not null, space_guid text, org_guid text, data jsonb not null default '{}',
  created_at timestamptz not null default now());
create index on audit_events (target_guid, seq);

-- Work that any CC may do. claimed_by holds it until lease_until; whoever finds it lapsed takes it over.
create table jobs (guid text primary key, operation text not null, payload jsonb not null, state text not null default 'PROCESSING',
  errors jsonb not null default '[]', warnings jsonb not null default '[]', claimed_by text, lease_until timestamptz, attempts int not null default 0,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create index on jobs (created_at) where state = 'PROCESSING';

-- One row per LUN that was declared lost (policy latch). Read-only while one is not released; kept as history after that.
create table storage_losses (id bigserial primary key, lun text not null, declared_by text not null, reason text not null,
  lost_at timestamptz not null default now(), verified_at timestamptz, verified_by text, released_at timestamptz, release_reason text);
create unique index on storage_losses (lun) where released_at is null;
create view storage_latch as select lun, declared_by, reason, lost_at, verified_at from storage_losses where released_at is null;

-- last_updated: seconds since the epoch, as in the Health Manager's requests. An app that was never started has version ''.
create view desired_apps as
  select a.guid as droplet, a.name, a.state, a.version, p.instances, floor(extract(epoch from a.updated_at))::bigint as last_updated, a.updated_at, a.space_guid
  from apps a join processes p on p.app_guid = a.guid and p.type = 'web';
`;

/**
 * Services for apps. A row that goes with its app, space or org leaves a job to tell the broker, in the same transaction: what the broker was not asked to
 * give up yet is not forgotten. `released`: it was asked, and has.
 */
const services = `
create table service_brokers (guid text primary key, name text not null unique, url text not null,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table service_offerings (guid text primary key, broker_guid text not null references service_brokers on delete cascade, unique_id text not null unique,
  name text not null unique, description text not null, tags jsonb not null default '[]',
  created_at timestamptz not null default now(), updated_at timestamptz not null default now());
create table service_plans (guid text primary key, offering_guid text not null references service_offerings on delete cascade, unique_id text not null unique,
  name text not null, description text not null, free boolean not null default true,
  created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (offering_guid, name));

-- operation, state, says: the last one, as v3 shows it (create or delete; in progress, succeeded or failed).
create table service_instances (guid text primary key, space_guid text not null references spaces on delete cascade, plan_guid text not null references service_plans,
  name text not null, tags jsonb not null default '[]', operation text not null default 'create', state text not null default 'in progress', says text not null default '',
  released boolean not null default false, created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (space_guid, name));
create table service_bindings (guid text primary key, instance_guid text not null references service_instances on delete cascade,
  app_guid text not null references apps on delete cascade, name text, credentials jsonb not null default '{}',
  operation text not null default 'create', state text not null default 'in progress', says text not null default '',
  released boolean not null default false, created_at timestamptz not null default now(), updated_at timestamptz not null default now(), unique (app_guid, instance_guid));
create index on service_bindings (instance_guid);

create function leave_service_job() returns trigger language plpgsql as $$ begin
  insert into jobs (guid, operation, payload) values (gen_random_uuid()::text, tg_argv[0], to_jsonb(old) - 'credentials'); return null; end $$;
create trigger gone after delete on service_instances for each row when (not old.released) execute function leave_service_job('service_instance.forget');
create trigger gone after delete on service_bindings for each row when (not old.released) execute function leave_service_job('service_bindings.forget');
`;

/** Why an instance of an app has no DEA, for whoever asks how it is. */
const placements = `
create table placement_failures (app_guid text not null references apps on delete cascade, index int not null, version text not null, says text not null,
  at timestamptz not null default now(), primary key (app_guid, index));
`;

/**
 * Who refers to a blob: packages and droplets by their sha1, and each file that a package is made of. What nobody refers to is removed (blob-sweep.ts).
 * birth: this row and no later one of the same sha1. arrived: its file was written whole; the row comes first, so that what a crash leaves on a LUN is known.
 * doomed_by: the Cloud Controller that removes it. backed_up: the last backup of the CCDB may need it.
 */
const references = `
create table package_files (package_guid text not null references packages on delete cascade, sha1 text not null, primary key (package_guid, sha1));
create index on package_files (sha1); create index on packages (sha1); create index on droplets (sha1);
alter table blobs add birth uuid not null default gen_random_uuid(), add arrived boolean not null default true, add used_at timestamptz not null default now(),
  add doomed_by text, add backed_up boolean not null default false;
`;

export const migrations: readonly Migration[] = [
  { name: "tables", sql: tables },
  { name: "services", sql: services },
  { name: "placements", sql: placements },
  { name: "references", sql: references },
];
