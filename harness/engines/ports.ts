/**
 * Which ports a foundation has: a block that no client is given ports of, so that no client's own port ever collides. Where the kernel gives clients all of them, a
 * foundation still gets a block; doctor says what that risks, and what ends it.
 * Among one user's keepers a block is locked by a file that nobody else can lock (flock.ts). Users cannot see one another's locks, so a keeper also holds a port that
 * stands for the block: two users who start at once cannot both have it. A stranger who takes such a port takes one block of many, as with any port of it; and never
 * keeps the foundation that is there from being taken over. All of it goes with the keeper.
 */
import { createSocket, type Socket } from "node:dgram";
import { once } from "node:events";
import { existsSync, readFileSync, readlinkSync } from "node:fs";
import { hostname } from "node:os";
import { join } from "node:path";
import { FlounderError } from "../errors.js";
import { type Lock, lockFile, locksDir } from "../state/flock.js";
import { type ClientPorts, clientPorts, isClientFree } from "./client-ports.js";

/** Blocks start at multiples of this; a foundation that needs more takes several neighbours. */
export const blockSize = 640;
const lowest = 10_240;
/** The last of the block whose flag is the last one. */
const highest = 96 * blockSize - 1;
/** The port that stands for a block, among those below the first one: 1 to 95 of them. */
const flagOf = (cell: number) => 10_140 + cell;
const flags = { first: flagOf(1), last: flagOf(95) };

export interface Block {
  readonly base: number;
  readonly count: number;
  release(): void;
}

/** Ports are those of a network namespace of one machine; a home folder may be that of many. */
const placeName = () => `${hostname().replace(/[^\w.-]/g, "_")}-${/\d+/.exec(readlinkSync("/proc/self/ns/net"))?.[0]}`;
const lock = (cell: number): Lock | undefined => lockFile(join(locksDir(), `ports-${placeName()}-${cell}`));

/** Undefined: somebody has it. UDP: nobody can connect to it, and what is sent to it is not looked at. */
async function hoist(cell: number): Promise<Socket | undefined> {
  const socket = createSocket("udp4").unref();
  try {
    socket.bind({ port: flagOf(cell), address: "127.0.0.1", exclusive: true });
    await once(socket, "listening");
    return socket.on("error", () => {});
  } catch {
    socket.close();
    return undefined;
  }
}

/** A closed connection that the kernel still remembers (TIME_WAIT) keeps nobody from listening. */
const remembered = "06";

/**
 * Ports that somebody has, TCP or UDP, at whatever address: as the kernel's tables say ("sl local_address rem_address st …", addresses in hex). Binding a
 * thousand ports by turns would say the same a tenth of a second later.
 */
function takenPorts(): ReadonlySet<number> {
  const taken = new Set<number>();
  for (const table of ["tcp", "tcp6", "udp", "udp6"]) {
    const path = `/proc/net/${table}`;
    if (!existsSync(path)) continue; // a kernel without IPv6
    for (const line of readFileSync(path, "latin1").split("\n").slice(1)) {
      const [, local, , state] = line.trim().split(/\s+/);
      if (local && state !== remembered) taken.add(Number.parseInt(local.split(":")[1]!, 16));
    }
  }
  return taken;
}

/** mine: a foundation of ours is there already, so that a flag that somebody else holds says nothing. */
async function lockAll(base: number, count: number, mine: boolean): Promise<Lock | undefined> {
  const held: Lock[] = [];
  const release = () => {
    for (const one of held.splice(0)) one.release();
  };
  try {
    for (let cell = Math.floor(base / blockSize); cell <= Math.floor((base + count - 1) / blockSize); cell++) {
      const locked = lock(cell);
      if (locked) held.push(locked);
      const flag = locked && (await hoist(cell));
      if (flag) held.push({ release: () => flag.close() });
      if (locked && (flag || mine)) continue;
      release();
      return undefined;
    }
  } catch (error) {
    release();
    throw error;
  }
  return { release };
}

/** Takes back the block of a foundation whose processes are still listening: only the lock is asked for. */
export async function retakeBlock(base: number, count: number): Promise<Block> {
  const held = await lockAll(base, count, true).catch((error: NodeJS.ErrnoException): Lock => {
    // A full disk, or one that takes no writes, must keep nobody from healing; the foundation's own lock is held.
    if (["ENOSPC", "EDQUOT", "EROFS"].includes(error.code ?? "")) return { release: () => {} };
    throw error;
  });
  if (!held) throw new FlounderError("environment", `ports from ${base} on are locked by another keeper`, "flounder status shows the foundations");
  return { base, count, ...held };
}

/** Where blocks may begin: those that no client is given ports of; only where there are none of these, any. */
function basesFor(count: number, clients: ClientPorts): readonly number[] {
  const all: number[] = [];
  for (let base = lowest; base + count - 1 <= highest; base += blockSize) all.push(base);
  const safe = all.filter((base) => isClientFree(clients, base, count));
  return safe.length > 0 ? safe : all;
}

/** What is to be said of a machine whose clients may be given any port; undefined: foundations have ports of their own. */
export function portTrouble(clients: ClientPorts = clientPorts()): { readonly what: string; readonly hint: string } | undefined {
  const [base] = basesFor(blockSize, clients);
  if (isClientFree(clients, base!, blockSize)) return undefined;
  return {
    what: `clients are given ports ${clients.first} to ${clients.last}: a component that is restarted may find its port taken by one`,
    hint: `as root: sysctl -w net.ipv4.ip_local_reserved_ports=${lowest}-${lowest + 16 * blockSize - 1}`,
  };
}

/** Refuses a base that was asked for and cannot be. */
function checkWanted(base: number, count: number, clients: ClientPorts): void {
  const last = base + count - 1;
  if (base < 1024 || last > highest)
    throw new FlounderError(
      "environment",
      `ports ${base} to ${last} are not between 1024 and ${highest}`,
      "give --port-base a number that leaves room, or none",
    );
  if (base <= flags.last && last >= flags.first)
    throw new FlounderError("environment", `ports ${flags.first} to ${flags.last} stand for blocks`, `give --port-base a number from ${lowest} on, or none`);
  const [safe] = basesFor(count, clients);
  if (!isClientFree(clients, base, count) && isClientFree(clients, safe!, count))
    throw new FlounderError(
      "environment",
      `ports ${base} to ${last} are among those that clients are given, ${clients.first} to ${clients.last}`,
      `give --port-base a number such as ${safe}, or none`,
    );
}

/** The block at `wanted`, or the next free one. */
export async function takeBlock(count: number, wanted?: number, clients: ClientPorts = clientPorts()): Promise<Block> {
  if (wanted !== undefined) checkWanted(wanted, count, clients);
  for (const base of wanted === undefined ? basesFor(count, clients) : [wanted]) {
    const held = await lockAll(base, count, false);
    const busy = takenPorts();
    const taken = held && Array.from({ length: count }, (_, i) => base + i).find((port) => busy.has(port));
    if (held && taken === undefined) return { base, count, ...held };
    held?.release();
    if (wanted !== undefined)
      throw new FlounderError(
        "environment",
        held
          ? `port ${taken} is taken; the foundation needs ${base} to ${base + count - 1}`
          : `port ${base} is in the block of another foundation that is up (or somebody has port ${flagOf(Math.floor(base / blockSize))}, which stands for the block)`,
        "choose another --port-base, or none to get the next free block",
      );
  }
  throw new FlounderError(
    "environment",
    `no block of ${count} free ports from ${lowest} on`,
    "flounder status shows foundations that are up; flounder down ends one",
  );
}
