/**
 * Which ports a foundation has: a block below the ephemeral range, so that no client's own port ever collides.
 * A block is locked by an abstract Unix socket in the keeper's hands: it goes when the keeper goes, and two that start at once cannot both have it.
 */
import { existsSync, readFileSync } from "node:fs";
import { createServer, type Server } from "node:net";
import { FlounderError } from "../errors.js";

/** Blocks start at multiples of this; a foundation that needs more takes several neighbours. */
export const blockSize = 640;
const lowest = 10_240;

export interface Block {
  readonly base: number;
  readonly count: number;
  release(): void;
}

/** The first port that the kernel gives to clients. */
function ephemeralFrom(): number {
  try {
    return Number(readFileSync("/proc/sys/net/ipv4/ip_local_port_range", "utf8").split(/\s+/)[0]);
  } catch {
    return 32_768;
  }
}

/** Node 20 binds abstract names with all 108 bytes, later ones with their own length: at full length both mean the same. */
const lockName = (cell: number) => `\0${`flounder-ports-${cell}`.padEnd(107, ".")}`;

function lock(cell: number): Promise<Server | undefined> {
  return new Promise((resolve) => {
    const server = createServer((socket) => socket.destroy());
    server.once("error", () => resolve(undefined));
    server.listen(lockName(cell), () => {
      server.unref();
      resolve(server);
    });
  });
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

async function lockAll(base: number, count: number): Promise<{ release(): void } | undefined> {
  const held: Server[] = [];
  const release = () => {
    for (const server of held) server.close();
  };
  for (let cell = Math.floor(base / blockSize); cell <= Math.floor((base + count - 1) / blockSize); cell++) {
    const server = await lock(cell);
    if (!server) {
      release();
      return undefined;
    }
    held.push(server);
  }
  return { release };
}

/** Takes back the block of a foundation whose processes are still listening: only the lock is asked for. */
export async function retakeBlock(base: number, count: number): Promise<Block> {
  const held = await lockAll(base, count);
  if (!held) throw new FlounderError("environment", `ports from ${base} on are locked by another keeper`, "flounder status shows the foundations");
  return { base, count, ...held };
}

/** The block at `wanted`, or the next free one. */
export async function takeBlock(count: number, wanted?: number): Promise<Block> {
  const end = ephemeralFrom();
  const candidates = wanted === undefined ? [] : [wanted];
  if (wanted === undefined) for (let base = lowest; base + count <= end; base += blockSize) candidates.push(base);
  for (const base of candidates) {
    if (base < 1024 || base + count > end)
      throw new FlounderError(
        "environment",
        `ports ${base} to ${base + count - 1} are not between 1024 and the ephemeral range, which begins at ${end}`,
        "give --port-base a number that leaves room, or none",
      );
    const held = await lockAll(base, count);
    const busy = takenPorts();
    const taken = held && Array.from({ length: count }, (_, i) => base + i).find((port) => busy.has(port));
    if (held && taken === undefined) return { base, count, ...held };
    held?.release();
    if (wanted !== undefined)
      throw new FlounderError(
        "environment",
        held ? `port ${taken} is taken; the foundation needs ${base} to ${base + count - 1}` : `port ${base} is in the block of another foundation that is up`,
        "choose another --port-base, or none to get the next free block",
      );
  }
  throw new FlounderError(
    "environment",
    `no block of ${count} free ports between ${lowest} and ${end}`,
    "flounder status shows foundations that are up; flounder down ends one",
  );
}
