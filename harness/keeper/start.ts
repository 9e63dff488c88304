/** How commands come by a keeper: they start one, connect to one, or take over where one died. */
import { type ChildProcess, spawn } from "node:child_process";
import { closeSync, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nowUs, sleep } from "../clock.js";
import type { FoundationSpec } from "../core.js";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";
import { type Introduction, introduce, type KeeperClient } from "./client.js";
import { folderOf, folders, keeperLog, makeFolder, readRecord, writeRecord } from "./folder.js";

const entry = join(dist, "harness", "keeper", "keeper.js");
/** For the process to come up and bind its socket, on a busy machine. */
const bindMs = 15_000;
/** For a keeper whose boot failed to clear up behind itself. */
const clearMs = 30_000;

export interface StartOptions {
  /** The foundation stays when this client goes (`up`). Default: it belongs to this client, and ends with it. */
  readonly stays?: boolean;
  /** Another entry than the usual one, for tests. */
  readonly entry?: string;
}

/** Starts a keeper for a new foundation; resolves when it is up. `say` gets progress lines. Rejects with why it could not be; then nothing is left. */
export async function startKeeper(spec: FoundationSpec, say: (line: string) => void, options: StartOptions = {}): Promise<KeeperClient> {
  if (await alive(spec.id)) throw new FlounderError("owned", `foundation ${spec.id} has a keeper already`, `flounder status --foundation ${spec.id}`);
  const lease = !(options.stays ?? false);
  makeFolder(spec, lease);
  return bootKeeper(spec.id, spec.dir, { lease, owner: true, say }, options);
}

/** A client of a live foundation; rejects with "unreachable" if its keeper is dead. With a lease, what it injects is healed when it goes or falls silent. */
export async function connect(id: string, options: { readonly lease?: boolean } = {}): Promise<KeeperClient> {
  const dir = folderOf(id);
  readRecord(dir);
  const client = await introduce(id, dir, { lease: options.lease ?? false, owner: false });
  return client.booted();
}

/** Becomes keeper where one died: a new one attaches, and heals what the journal says. Where one lives, this is connect. */
export async function takeOver(
  id: string,
  say: (line: string) => void = () => {},
  options: Pick<StartOptions, "entry"> & { readonly lease?: boolean } = {},
): Promise<KeeperClient> {
  if (await alive(id)) return connect(id, options);
  const dir = folderOf(id);
  readRecord(dir);
  return bootKeeper(id, dir, { lease: options.lease ?? false, owner: false, say }, options);
}

/**
 * Ends a foundation whose keeper is dead and that no new one can take over (its engine cannot attach): nothing is healed, all of it is ended.
 * Where a keeper lives, this is its down.
 */
export async function clearAway(id: string, say: (line: string) => void = () => {}, options: Pick<StartOptions, "entry"> = {}): Promise<void> {
  if (await alive(id)) return (await connect(id)).down();
  const dir = folderOf(id);
  writeRecord(dir, { ...readRecord(dir), state: "starting" }); // a keeper clears away what was never up
  try {
    await bootKeeper(id, dir, { lease: false, owner: false, say }, options);
  } catch (error) {
    if (existsSync(dir)) throw error;
  }
}

export interface FoundFoundation {
  readonly id: string;
  /** Its keeper answers. */
  readonly alive: boolean;
  /** A run started it: when that run is gone, nobody waits for it. */
  readonly ownedByRun: boolean;
}
/** All foundations of this user. */
export async function listFoundations(): Promise<readonly FoundFoundation[]> {
  return Promise.all(folders().map(async (id) => ({ id, alive: await alive(id), ownedByRun: readRecord(folderOf(id)).ownedByRun })));
}

async function alive(id: string): Promise<boolean> {
  try {
    (await introduce(id, folderOf(id), { lease: false, owner: false })).hangUp();
    return true;
  } catch (error) {
    if (error instanceof FlounderError && error.code === "unreachable") return false;
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return true; // it listens, and its folder is not, or no longer, whole
    throw error;
  }
}

async function bootKeeper(id: string, dir: string, how: Introduction, options: Pick<StartOptions, "entry">): Promise<KeeperClient> {
  mkdirSync(join(dir, "logs"), { recursive: true, mode: 0o700 });
  const log = openSync(keeperLog(dir), "a", 0o600);
  const { FLOUNDER_FOUNDATION: _, ...env } = process.env; // the reaper looks for that mark: the keeper is not to be found by it
  const child = spawn(process.execPath, ["--enable-source-maps", options.entry ?? entry, dir], { detached: true, cwd: "/", env, stdio: ["ignore", log, log] });
  closeSync(log);
  child.unref();
  const client = await reach(child, id, dir, how);
  try {
    return await client.booted();
  } catch (error) {
    if (!client.owned) client.hangUp();
    await gone(child, clearMs);
    throw error;
  }
}

/** Dials until the new process answers, or has ended. */
async function reach(child: ChildProcess, id: string, dir: string, how: Introduction): Promise<KeeperClient> {
  const endUs = nowUs() + bindMs * 1000;
  for (;;) {
    if (child.exitCode !== null || child.signalCode !== null) throw failed(id, dir, `ended with ${child.signalCode ?? child.exitCode}`);
    try {
      const client = await introduce(id, dir, how);
      if (client.keeper.pid === child.pid) return client;
      client.hangUp();
      throw new FlounderError("owned", `foundation ${id} has got another keeper meanwhile`, `flounder status --foundation ${id}`);
    } catch (error) {
      if (!(error instanceof FlounderError) || error.code !== "unreachable") throw error;
      if (nowUs() > endUs) {
        child.kill("SIGKILL");
        throw failed(id, dir, `did not answer within ${bindMs} ms`);
      }
      await sleep(20);
    }
  }
}

function failed(id: string, dir: string, what: string): FlounderError {
  let tail = "";
  try {
    tail = readFileSync(keeperLog(dir), "utf8").trim().split("\n").slice(-3).join(" | ");
  } catch {
    tail = "it left no log";
  }
  return new FlounderError("environment", `the keeper of ${id} ${what}: ${tail}`, `its log is ${keeperLog(dir)}`);
}

async function gone(child: ChildProcess, timeoutMs: number): Promise<void> {
  const endUs = nowUs() + timeoutMs * 1000;
  while (child.exitCode === null && child.signalCode === null && nowUs() < endUs) await sleep(20);
}
