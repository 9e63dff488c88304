/** What initdb makes, kept in the cache: each data folder that begins as a copy costs a tenth of a second instead of two seconds of a core. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, readFileSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheDir } from "../../paths.js";
import { confined, passwdFor } from "../local/processes/confine.js";

const run = promisify(execFile);
const makeMs = 60_000;
/** Small segments of the log (MB), since a foundation writes little and lives shortly. */
export const initdbOptions = ["--username=postgres", "--auth=reject", "--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-sync", "--no-instructions"];

/**
 * A third of what initdb makes is template0, a spare copy of template1: 300 files for each server of each foundation, and nobody reads them.
 * Statements of the single-user server, one per line.
 */
export const leaner = ["update pg_database set datistemplate = false where datname = 'template0'", "drop database template0", ""].join("\n");

/** Another Postgres, or other options, is another template; the same one in another place is not. */
function pathOf(postgres: string): string {
  const key = createHash("sha256")
    .update(readFileSync(postgres))
    .update([...initdbOptions, leaner].join(" "))
    .digest("hex")
    .slice(0, 12);
  return join(cacheDir(), `postgres-template-${key}.tar`);
}

export interface TemplateMaker {
  /** The server's program as it is found, and as whoever runs it can reach it. */
  readonly postgres: string;
  readonly reachable: string;
  /** Whom it runs as, since it refuses root; undefined: ourselves. */
  readonly user: { readonly uid: number; readonly gid: number } | undefined;
  /** It has no name in /etc/passwd, which initdb asks for: it gets one in a mount namespace of its own. */
  readonly named?: boolean;
  /** A folder that this user can reach. */
  readonly dir: string;
}

/** Path of a .tar of a data folder in which nobody can log in yet; made now if it was never made. */
export async function postgresTemplate({ postgres, reachable, user, named, dir }: TemplateMaker): Promise<string> {
  const path = pathOf(postgres);
  if (existsSync(path)) return path;
  const place = mkdtempSync(join(dir, "template-"));
  const draft = `${path}.${process.pid}.tmp`;
  try {
    if (user) chownSync(place, user.uid, user.gid);
    const how = { cwd: place, timeout: makeMs, env: { PATH: process.env.PATH, TZ: "UTC" } };
    const passwd = named && user ? passwdFor(user, dir) : undefined;
    const start = (...argv: string[]) => {
      const [command, ...args] = confined(argv, { user, passwd });
      return run(command!, args, how);
    };
    await start(join(dirname(reachable), "initdb"), "-D", join(place, "pg"), ...initdbOptions);
    const single = start(reachable, "--single", "-D", join(place, "pg"), "-c", "fsync=off", "template1");
    single.child.stdin?.end(leaner);
    const said = await single;
    if (/\b(ERROR|FATAL|PANIC):/.test(said.stderr)) throw new Error(`Postgres' template could not be made: ${said.stderr.trim()}`);
    mkdirSync(dirname(path), { recursive: true });
    await run("tar", ["-cf", draft, "-C", join(place, "pg"), "."], { timeout: makeMs });
    chmodSync(draft, 0o644);
    renameSync(draft, path);
    return path;
  } finally {
    rmSync(draft, { force: true });
    rmSync(place, { recursive: true, force: true });
  }
}
