/** Versions of the programs of others that a foundation runs: asked of the programs that will run, but for what is built from sources that pin it. */
import { execFile } from "node:child_process";
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { findTool } from "./find.js";
import type { ToolName } from "./pins.js";
import { sources } from "./sources.js";

const run = promisify(execFile);
const askMs = 5000;

/** "2.11.10" of "nats-server: v2.11.10"; undefined where it does not say. */
async function asked(name: ToolName): Promise<string | undefined> {
  const path = findTool(name);
  if (!path) return undefined;
  const { stdout } = await run(path, ["--version"], { timeout: askMs }).catch(() => ({ stdout: "" }));
  return /\bv?(\d+\.\d+(?:\.\d+)?)/.exec(stdout)?.[1];
}

/** Toxiproxy's library, of which our own server is made. */
const pinned = (): string | undefined => /^\s*github\.com\/Shopify\/toxiproxy\/v2 v(\S+)/m.exec(readFileSync(join(sources, "go.mod"), "utf8"))?.[1];

export async function toolVersions(): Promise<Readonly<Record<string, string>>> {
  const [nats, postgres] = await Promise.all([asked("nats-server"), asked("postgres")]);
  const found = { "nats-server": nats, postgres, toxiproxy: pinned() };
  return Object.fromEntries(Object.entries(found).filter((pair): pair is [string, string] => pair[1] !== undefined));
}
