/** How commands come by a keeper: they start one, connect to one, or take over where one died. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { closeSync, constants, existsSync, mkdirSync, openSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { nowUs, sleep, until } from "../clock.js";
import type { FoundationSpec } from "../core.js";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";
import { isThere, setAside } from "../state/own-file.js";
import { folderOf, folders, keeperLog, makeFolder, readRecord } from "./folder.js";
import { DeafKeeper, type Introduction, introduce, type KeeperClient } from "./socket/client.js";
import { keepersOf } from "./socket/door.js";

const entry = join(dist, "harness", "keeper", "keeper.js");
/** For the process to come up and bind its socket, on a busy machine. */
const bindMs = 15_000;
/** For a keeper whose boot failed to clear up behind itself. */
const clearMs = 30_000;
/** For a new process to open its door. */
const doorMs = 5000;
/** For a keeper that was told to end: it heals first. */
const evictMs = 65_000;

export interface StartOptions {
  /** The foundation stays when this client goes (`up`). Default: it belongs to this client, and ends with it. */
  readonly stays?: boolean;
  /** Another entry than the usual one, for tests. */
  readonly entry?: string;
  /** Aborted while it starts: it is called off, and nothing is left. */
  readonly signal?: AbortSignal | undefined;
}

/** Starts a keeper for a new foundation; resolves when it is up. `say` gets progress lines. Rejects with why it could not be; then nothing is left. */
export async function startKeeper(spec: FoundationSpec, say: (line: string) => void, options: StartOptions = {}): Promise<KeeperClient> {
  if ((await stateOf(spec.id)) !== "none")
    throw new FlounderError("owned", `foundation ${spec.id} has a keeper already`, `flounder status --foundation ${spec.id}`);
  const lease = !(options.stays ?? false);
  makeFolder(spec, lease);
  return bootKeeper(spec.id, spec.dir, { lease, owner: true, say }, options);
}

/** A client of a live foundation; rejects with "unreachable" if its keeper is dead. With a lease, what it injects is healed when it goes or falls silent. */
export async function connect(id: string, options: { readonly lease?: boolean } = {}): Promise<KeeperClient> {
  const client = await introduce(id, folderOf(id), { lease: options.lease ?? false, owner: false });
  return client.booted();
}

/** Becomes keeper where one died: a new one attaches, and heals what the journal says. Where one lives, this is connect. */
export async function takeOver(
  id: string,
  say: (line: string) => void = () => {},
  options: Pick<StartOptions, "entry"> & { readonly lease?: boolean } = {},
): Promise<KeeperClient> {
  const dir = folderOf(id);
  const state = await stateOf(id);
  if (state === "alive") return connect(id, options);
  if (state instanceof DeafKeeper) await evict(dir, state, say);
  readRecord(dir);
  return bootKeeper(id, dir, { lease: options.lease ?? false, owner: false, say }, options);
}

/**
 * Ends a foundation that no keeper can take over (its engine cannot attach, its folder is damaged): nothing is healed, all of it is ended, by what the machine shows.
 * Where a keeper answers, this is its down.
 */
export async function clearAway(id: string, say: (line: string) => void = () => {}, options: Pick<StartOptions, "entry"> = {}): Promise<void> {
  const dir = folderOf(id);
  const state = await stateOf(id);
  if (state === "alive") return (await connect(id)).down();
  if (state instanceof DeafKeeper) await evict(dir, state, say);
  if (!existsSync(dir)) return; // the keeper's last deed
  const child = spawnKeeper([dir, "clear"], dir, options);
  if (child.exitCode === null && child.signalCode === null) await once(child, "exit");
  if (child.exitCode !== 0 || existsSync(dir)) throw failed(id, dir, `could not end all of it (${child.signalCode ?? child.exitCode})`);
}

/** Ends a keeper that cannot be talked to: it is asked to, heals then, and is killed if it does not. */
async function evict(dir: string, why: DeafKeeper, say: (line: string) => void): Promise<void> {
  const pids = keepersOf(dir);
  say(`${why.message}: ${pids.length > 0 ? `process ${pids.join(", ")} is ended` : "its process was not found"}`);
  const send = (signal: NodeJS.Signals) => {
    for (const pid of keepersOf(dir))
      try {
        process.kill(pid, signal);
      } catch {
        // it has gone
      }
  };
  send("SIGTERM");
  send("SIGCONT"); // a stopped one hears nothing before
  const gone = (ms: number) => until("the keeper to end", () => keepersOf(dir).length === 0, ms, 50);
  await gone(evictMs).catch(async () => {
    send("SIGKILL");
    await gone(5000);
  });
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
  return Promise.all(folders().map(async (id) => ({ id, alive: (await stateOf(id)) === "alive", ownedByRun: ownedByRun(id) })));
}
const ownedByRun = (id: string): boolean => {
  try {
    return readRecord(folderOf(id)).ownedByRun;
  } catch {
    return false; // a damaged record: a person decides
  }
};

async function stateOf(id: string): Promise<"alive" | "none" | DeafKeeper> {
  const dir = folderOf(id);
  const endUs = nowUs() + doorMs * 1000;
  for (;;) {
    if (!isThere(dir)) return "none";
    try {
      (await introduce(id, dir, { lease: false, owner: false })).hangUp();
      return "alive";
    } catch (error) {
      if (error instanceof DeafKeeper) return error;
      if (!(error instanceof FlounderError)) throw error;
      if (error.code === "refused") return new DeafKeeper(id, error.message, error);
      if (error.code !== "unreachable") throw error;
      if (keepersOf(dir).length === 0) return "none";
      // One that has just begun opens its door in a moment; what is still closed then was taken away.
      if (nowUs() > endUs) return new DeafKeeper(id, "its socket is gone", error);
      await sleep(50);
    }
  }
}

/** A symbolic link in the place of the log would have us write elsewhere. */
function openLog(dir: string): number {
  const path = keeperLog(dir);
  const open = () => {
    mkdirSync(join(dir, "logs"), { recursive: true, mode: 0o700 });
    return openSync(path, constants.O_WRONLY | constants.O_APPEND | constants.O_CREAT | constants.O_NOFOLLOW | constants.O_NONBLOCK, 0o600);
  };
  try {
    return open();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOSPC") return openSync("/dev/null", "w");
    if (isThere(path)) setAside(path, error);
    else if (isThere(join(dir, "logs"))) setAside(join(dir, "logs"), error);
    return open();
  }
}

function spawnKeeper(words: readonly string[], dir: string, options: Pick<StartOptions, "entry">): ChildProcess {
  const log = openLog(dir);
  const { FLOUNDER_FOUNDATION: _, ...env } = process.env; // the reaper looks for that mark: the keeper is not to be found by it
  const argv = ["--enable-source-maps", options.entry ?? entry, ...words];
  const child = spawn(process.execPath, argv, { detached: true, cwd: "/", env, stdio: ["ignore", log, log] });
  closeSync(log);
  return child;
}

async function bootKeeper(id: string, dir: string, how: Introduction, options: Pick<StartOptions, "entry" | "signal">): Promise<KeeperClient> {
  const child = spawnKeeper([dir], dir, options);
  child.unref();
  const client = await reach(child, id, dir, how);
  const { signal } = options;
  // A keeper whose owner goes while it starts clears away what it has begun.
  const callOff = () => client.hangUp();
  try {
    signal?.addEventListener("abort", callOff);
    if (signal?.aborted) callOff();
    return await client.booted();
  } catch (error) {
    if (!client.owned) client.hangUp();
    await gone(child, clearMs);
    signal?.throwIfAborted();
    throw error;
  } finally {
    signal?.removeEventListener("abort", callOff);
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
