/** What initdb makes, kept in the cache: each data folder that begins as a copy costs a tenth of a second instead of two seconds of a core. */
import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { chmodSync, chownSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, statSync } from "node:fs";
import { dirname, join } from "node:path";
import { promisify } from "node:util";
import { cacheDir } from "../../paths.js";

const run = promisify(execFile);
const makeMs = 60_000;
/** Small segments of the log (MB), since a foundation writes little and lives shortly. */
const options = ["--username=postgres", "--auth=reject", "--encoding=UTF8", "--locale=C", "--wal-segsize=1", "--no-sync", "--no-instructions"];

/** Another Postgres, or other options, is another template. */
function pathOf(postgres: string): string {
  const { mtimeMs, size } = statSync(postgres);
  const key = createHash("sha256")
    .update([postgres, mtimeMs, size, ...options].join(" "))
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
  /** A folder that this user can reach. */
  readonly dir: string;
}

/** Path of a .tar of a data folder in which nobody can log in yet; made now if it was never made. */
export async function postgresTemplate({ postgres, reachable, user, dir }: TemplateMaker): Promise<string> {
  const path = pathOf(postgres);
  if (existsSync(path)) return path;
  const place = mkdtempSync(join(dir, "template-"));
  const draft = `${path}.${process.pid}.tmp`;
  try {
    if (user) chownSync(place, user.uid, user.gid);
    const how = { cwd: place, timeout: makeMs, env: { PATH: process.env.PATH, TZ: "UTC" }, ...user };
    await run(join(dirname(reachable), "initdb"), ["-D", join(place, "pg"), ...options], how);
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
