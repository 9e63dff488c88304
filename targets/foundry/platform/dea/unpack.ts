/**
 * A droplet taken apart. Where it comes from is said by a message: it may be anybody's. Nothing is written outside the folder or through a link, nothing gets a user, a
 * group or a set-user-id bit, and it ends when the app's disk is full.
 */
import { createReadStream } from "node:fs";
import { chmod, lstat, mkdir, rm } from "node:fs/promises";
import { join } from "node:path";
import { Transform, Writable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { createGunzip } from "node:zlib";
import * as tar from "tar";
import { leaves } from "../base/links.js";

/** More files than this no app has. */
const maxEntries = 300_000;
/** A head, and what fills its last block. */
const octetsPerEntry = 4096;
const kinds = new Set(["File", "OldFile", "ContiguousFile", "Directory", "SymbolicLink"]);

const bare = (path: string) => path.replace(/^(\.\/+)+/, "").replace(/\/+$/, "");

/** Gives the bytes of its files. Rejects, and leaves nothing, if it is no droplet or a hostile one. */
export async function unpack(archive: string, dir: string, maxBytes: number): Promise<number> {
  let bytes = 0;
  let entries = 0;
  let octets = 0;
  const links = new Map<string, string>();
  let refused: Error | undefined;
  /** The first reason counts; the rest of the archive is not read. */
  const refuse = (why: string): false => {
    refused ??= new Error(`the droplet ${why}`);
    return false;
  };
  const into = new tar.Unpack({
    cwd: dir,
    // What it would only warn of (a path that leaves, a head that makes no sense) ends it.
    strict: true,
    preserveOwner: false,
    filter: (path, entry) => {
      // tar's two uses of it: here it unpacks, and the entry is the archive's.
      if (!("linkpath" in entry)) return true;
      entry.mode = (entry.mode ?? 0o644) & 0o777;
      if (refused) return false;
      if (!kinds.has(entry.type)) return refuse(`has a ${entry.type} "${path}"`);
      if (++entries > maxEntries) return refuse(`has more than ${maxEntries} files`);
      bytes += entry.size;
      if (bytes > maxBytes) return refuse(`is larger than the app's disk of ${Math.round(maxBytes / 2 ** 20)} MB`);
      if (entry.type === "SymbolicLink") links.set(bare(entry.path), entry.linkpath ?? "");
      return true;
    },
  });
  const bounded = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      octets += chunk.length;
      if (octets > maxBytes + (entries + 64) * octetsPerEntry) refuse("is larger than the app's disk");
      done(refused ?? null, chunk);
    },
  });
  await mkdir(dir, { recursive: true });
  try {
    await pipeline(createReadStream(archive), createGunzip(), bounded, writing(into));
    for (const [path, target] of links) if (leaves(path, target, (at) => links.get(at))) refuse(`has a link "${path}" that leads out of it, to "${target}"`);
    if (refused) throw refused;
    for (const folder of ["app", "tmp"]) await mkdir(join(dir, folder), { recursive: true });
  } catch (error) {
    await rm(dir, { recursive: true, force: true });
    throw refused ?? error;
  }
  const startup = join(dir, "startup");
  // A droplet without a startup script: found out when it is run, as in 2011. A link is not ours to follow.
  if ((await lstat(startup).catch(() => undefined))?.isFile()) await chmod(startup, 0o755);
  return bytes;
}

/** tar's stream as one of Node's: what its filter throws, and what it finds wrong, ends the pipeline. */
function writing(into: tar.Unpack): Writable {
  const closed = new Promise<void>((resolve, reject) => {
    into.once("close", resolve);
    into.once("error", reject);
  });
  closed.catch(() => {}); // told by whoever writes next
  let failure: Error | undefined;
  into.on("error", (error: Error) => {
    failure ??= error;
  });
  return new Writable({
    write(chunk: Buffer, _encoding, done) {
      if (failure) return done(failure);
      try {
        if (into.write(chunk)) return done(failure);
        into.once("drain", () => done(failure));
      } catch (error) {
        done(error as Error);
      }
    },
    final(done) {
      try {
        into.end();
      } catch (error) {
        return done(error as Error);
      }
      closed.then(() => done(), done);
    },
  });
}
