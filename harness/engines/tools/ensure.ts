/** Gets what is missing into the cache, in the order: machine, pinned release, Go. Two at once do it once. */

import { createHash } from "node:crypto";
import { mkdirSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { sleep } from "../../clock.js";
import { FlounderError } from "../../errors.js";
import { lockFile, locksDir } from "../../state/flock.js";
import { cachedTool, findTool } from "./find.js";
import { goBuild, type Say } from "./go.js";
import { type ToolName, tools } from "./pins.js";
import { fetchRelease } from "./release.js";

/** For all of this user who want it at that path. */
const lockOf = (path: string) => lockFile(join(locksDir(), `tool-${createHash("sha256").update(path).digest("hex").slice(0, 32)}`));

async function obtain(name: ToolName, to: string, say: Say): Promise<void> {
  const { version, releases, go, module, hint } = tools[name];
  const release = releases?.[process.arch];
  const failures: string[] = [];
  const draft = `${to}.${process.pid}.tmp`;
  const ways: [string, (() => Promise<void>) | undefined][] = [
    ["official release", release && (() => fetchRelease(release, draft))],
    ["go build", go === undefined ? undefined : () => goBuild(go, draft, say, module)],
  ];
  try {
    for (const [way, act] of ways) {
      if (!act) continue;
      say(`${name} ${version}: ${way}`);
      try {
        await act();
        renameSync(draft, to);
        say(`${name} ${version} is at ${to}`);
        return;
      } catch (error) {
        failures.push(`${way}: ${error instanceof Error ? error.message : error}`);
        say(`${name}: ${failures.at(-1)}`);
      }
    }
  } finally {
    rmSync(draft, { force: true });
  }
  throw new FlounderError(
    "environment",
    `${name} is not here and could not be got${failures.length > 0 ? `: ${failures.join("; ")}` : ""}`,
    `${hint}; or put a ${name} on PATH`,
  );
}

/** FLOUNDER_OFFLINE=1: nothing is fetched, and nothing is built of what would have to be fetched. */
function refuseOffline(names: readonly ToolName[]): void {
  if (process.env.FLOUNDER_OFFLINE !== "1") return;
  const missing = names.filter((name) => !findTool(name));
  if (missing.length === 0) return;
  const where = [...new Set(missing.map((name) => cachedTool(name)))].join(", ");
  throw new FlounderError(
    "environment",
    `offline, and ${missing.length === 1 ? "a tool is" : `${missing.length} tools are`} missing: ${missing.join(", ")}`,
    `on a machine with a network: flounder setup; then copy ${where} here, or unset FLOUNDER_OFFLINE`,
  );
}

/** Resolves with each tool's path. Rejects with a FlounderError that names every way that was tried. */
export async function ensureTools<const Name extends ToolName>(names: readonly Name[], say: Say): Promise<Readonly<Record<Name, string>>> {
  refuseOffline(names);
  const paths: [Name, string][] = [];
  for (const name of names) {
    const to = cachedTool(name);
    let waited = false;
    for (;;) {
      const found = findTool(name);
      if (found) {
        paths.push([name, found]);
        break;
      }
      mkdirSync(dirname(to), { recursive: true });
      const lock = lockOf(to);
      if (lock) await (findTool(name) ? Promise.resolve() : obtain(name, to, say)).finally(() => lock.release());
      else {
        if (!waited) say(`${name}: another process is getting it`);
        waited = true;
        await sleep(250);
      }
    }
  }
  return Object.fromEntries(paths) as Record<Name, string>;
}
