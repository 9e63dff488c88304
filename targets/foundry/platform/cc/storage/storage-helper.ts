/**
 * The process that does all I/O on LUNs, since whoever touches a hung mount may hang in the kernel beyond SIGKILL: it owns no port and no
 * connection, only the pipe to its Cloud Controller. Each operation uses one thread of libuv's pool at a time; the pool is larger than the
 * number of operations that its Cloud Controller lets run (UV_THREADPOOL_SIZE), so that operations on other LUNs go on.
 */
import { createHash, randomBytes } from "node:crypto";
import { constants } from "node:fs";
import { type FileHandle, lstat, mkdir, open, readdir, rename, rm, stat, statfs } from "node:fs/promises";
import { dirname, join } from "node:path";
import { mirrorFolder } from "../../../contract/mirrors.js";
import { lunAt, markerFile } from "../../base/lun-marker.js";
import { type Answered, type Asked, blobPath, type StorageOp } from "./storage-messages.js";

const chunkBytes = 256 * 1024;
/** What is written is flushed each time so much is under way. Without that a mount takes all of a large file at once, and whatever is asked of it next, a proof as well, waits until all of that is on the disks. */
const flushBytes = 4 * 2 ** 20;
/** Whoever is told that a LUN answers need not hear of each piece. */
const aliveEveryMs = 100;
const backups = "backups";

/** Called when a LUN has answered in the middle of a long operation: bytes came from it, or are on its disks. */
type Alive = () => void;

class NoMarker extends Error {
  readonly code = "MARKER";
}
const noMarker = (root: string, lun: string) => (error: NodeJS.ErrnoException) => {
  throw error.code === "ENOENT" ? new NoMarker(`${root} has no ${markerFile}: it is not ${lun}`) : error;
};
async function checkMarker(root: string, lun: string): Promise<void> {
  const found = await lunAt(root).catch(noMarker(root, lun));
  if (found !== lun) throw new NoMarker(`${root} says it is "${found}", expected "${lun}"`);
}
/** Of a LUN that was read a moment ago: its marker is still there. One round trip; whose it is was seen then. */
async function markerStays(root: string, lun: string): Promise<void> {
  await lstat(join(root, markerFile)).catch(noMarker(root, lun));
}

/**
 * In place: creating and unlinking a file each time litters an SFTP mount until it answers EBUSY. Opened anew each time: a handle that is kept proves nothing of
 * a mount that became read-only, and keeps it from becoming so.
 */
async function prove(root: string, lun: string, proof: string, again: boolean): Promise<void> {
  await (again ? markerStays : checkMarker)(root, lun);
  const path = join(root, proof);
  const file = await open(path, constants.O_WRONLY).catch(async (error: NodeJS.ErrnoException) => {
    if (error.code !== "ENOENT") throw error;
    await checkMarker(root, lun); // none was made here yet, or this is not the LUN any more
    return open(path, "w");
  });
  try {
    await overwrite(file);
  } finally {
    await file.close();
  }
}
async function overwrite(file: FileHandle): Promise<void> {
  await file.write(new Date().toISOString(), 0);
  await file.sync();
}

/** Reads to the end, piece by piece; `take` gets each piece. */
async function readAll(from: FileHandle, take: (piece: Buffer) => Promise<unknown>): Promise<{ size: number; sha1: string }> {
  const hash = createHash("sha1");
  const buffer = Buffer.allocUnsafe(chunkBytes);
  let size = 0;
  for (;;) {
    const { bytesRead } = await from.read(buffer, 0, chunkBytes);
    if (bytesRead === 0) return { size, sha1: hash.digest("hex") };
    const piece = buffer.subarray(0, bytesRead);
    size += bytesRead;
    hash.update(piece);
    await take(piece);
  }
}

/** onto: the LUN is what is written to, else what is read from. */
async function copy(from: string, to: string, onto: boolean, alive: Alive): Promise<{ size: number; sha1: string }> {
  const source = await open(from, "r");
  try {
    const target = await open(to, "w");
    let unflushed = 0;
    try {
      const read = await readAll(source, async (piece) => {
        await target.writeFile(piece);
        if (!onto) return alive();
        unflushed += piece.length;
        if (unflushed < flushBytes) return;
        unflushed = 0;
        await target.datasync();
        alive();
      });
      if (onto) await target.sync();
      return read;
    } finally {
      await target.close();
    }
  } finally {
    await source.close();
  }
}

const noRoom = Object.assign(new Error("no space left on device"), { code: "ENOSPC" });
/**
 * SFTP 3 has no word for a full disk, and sshfs makes something of it that depends on the call (EPERM, ENOENT): so whoever could not write asks how much room there is.
 * What it failed with stays, if there is enough, or if nobody says.
 */
async function asRoomSays(root: string, local: string, error: unknown): Promise<never> {
  const [room, wanted] = await Promise.all([statfs(root), stat(local)]).catch(() => []);
  if (room && wanted && room.bavail * room.bsize < wanted.size + room.bsize) throw noRoom;
  throw error;
}

/** Under a draft's name first: a blob under its own name is whole, or was torn by the storage itself. */
async function put(root: string, lun: string, sha1: string, local: string, alive: Alive): Promise<{ size: number; sha1: string }> {
  await checkMarker(root, lun);
  const path = blobPath(root, sha1);
  const draft = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    const written = await copy(local, draft, true, alive).catch(async (error: NodeJS.ErrnoException) => {
      if (error.code !== "ENOENT") throw error;
      await mkdir(dirname(path), { recursive: true });
      return copy(local, draft, true, alive);
    });
    if (written.sha1 !== sha1) throw new Error(`what was to be kept as ${sha1} has sha1 ${written.sha1}`);
    await rename(draft, path);
    await checkMarker(root, lun);
    return written;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {}); // the first error is the one that counts
    return asRoomSays(root, local, error);
  }
}

/** Whole, or as it was. */
async function save(root: string, name: string, local: string, alive: Alive): Promise<{ size: number; sha1: string }> {
  const path = join(root, backups, name);
  const draft = `${path}.${randomBytes(4).toString("hex")}.part`;
  try {
    await mkdir(join(root, backups), { recursive: true });
    const written = await copy(local, draft, true, alive);
    await rename(draft, path);
    return written;
  } catch (error) {
    await rm(draft, { force: true }).catch(() => {});
    return asRoomSays(root, local, error);
  }
}

async function get(
  root: string,
  lun: string,
  sha1: string,
  local: string,
  mirrorOf: string | undefined,
  alive: Alive,
): Promise<{ size: number; sha1: string }> {
  await checkMarker(root, lun);
  return copy(blobPath(mirrorOf === undefined ? root : join(root, mirrorFolder(mirrorOf)), sha1), local, false, alive);
}

async function hash(root: string, lun: string, sha1: string, alive: Alive): Promise<{ size: number; sha1: string }> {
  await checkMarker(root, lun);
  const file = await open(blobPath(root, sha1), "r");
  try {
    return await readAll(file, async () => alive());
  } finally {
    await file.close();
  }
}

async function remove(root: string, lun: string, sha1: string, mirrorOf?: string): Promise<{ size: number; sha1: string }> {
  await checkMarker(root, lun);
  const path = blobPath(mirrorOf === undefined ? root : join(root, mirrorFolder(mirrorOf)), sha1);
  const there = await readdir(dirname(path)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === "ENOENT") return [];
    throw error;
  });
  // The blob goes last: who finds none of it finds no draft either.
  for (const name of there) if (name.startsWith(`${sha1}.`)) await rm(join(dirname(path), name), { force: true });
  await rm(path, { force: true });
  return { size: 0, sha1 };
}

async function act(asked: StorageOp, alive: Alive): Promise<{ size: number; sha1: string }> {
  if (asked.op === "ping") return { size: 0, sha1: "" };
  const { root, lun } = asked;
  switch (asked.op) {
    case "proof":
      await prove(root, lun, asked.proof, asked.again);
      return { size: 0, sha1: "" };
    case "put":
      return put(root, lun, asked.sha1, asked.local, alive);
    case "get":
      return get(root, lun, asked.sha1, asked.local, asked.mirrorOf, alive);
    case "remove":
      return remove(root, lun, asked.sha1, asked.mirrorOf);
    case "hash":
      return hash(root, lun, asked.sha1, alive);
    case "save":
      await checkMarker(root, lun);
      return save(root, asked.name, asked.local, alive);
    case "load":
      await checkMarker(root, lun);
      return copy(join(root, backups, asked.name), asked.local, false, alive);
    case "size":
      await checkMarker(root, lun);
      return { size: (await stat(blobPath(root, asked.sha1))).size, sha1: asked.sha1 };
  }
}

export function runHelper(): void {
  const answer = (answered: Answered) => {
    if (process.connected) process.send?.(answered);
  };
  process.on("message", (asked: Asked) => {
    let saidMs = performance.now();
    const alive = () => {
      if (performance.now() - saidMs < aliveEveryMs) return;
      saidMs = performance.now();
      answer({ id: asked.id });
    };
    act(asked, alive).then(
      (result) => answer({ id: asked.id, result }),
      (error: NodeJS.ErrnoException) => answer({ id: asked.id, error: { code: error.code ?? "ERROR", message: error.message } }),
    );
  });
  // Its Cloud Controller is gone. A thread in the kernel may still keep this process; it holds nothing that anybody waits for.
  process.on("disconnect", () => process.exit(0));
  // The Cloud Controller decides when to end: it may need a last operation while it ends itself.
  process.on("SIGTERM", () => {});
  process.on("SIGINT", () => {});
}
