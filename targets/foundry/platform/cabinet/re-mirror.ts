/**
 * How a LUN without a mirror looks for room for a new one, as EC2's volumes did on 21 April 2011: at once, all of it, wherever there may be room, again and again.
 * Nobody reserves room, and nobody waits for anybody: who runs out of room throws away what he has copied, and begins anew. Whatever is copied takes its share
 * of the same bandwidth as the clients. A blob that is torn here is passed over; the old mirror, which may have had it whole, goes when the new one is complete.
 */
import { readdirSync, statSync } from "node:fs";
import { join } from "node:path";
import type { Address } from "../base/config.js";
import type { Bandwidth } from "./bandwidth.js";
import { paced, send } from "./mirror-wire.js";

export type Attempt = "complete" | "no room" | "peer away" | "failed over" | "interrupted";

/** Blobs of one copy that are under way at the same time. */
const lanes = 3;

/** All blobs of a LUN: [sha1, path]. */
export function blobsOf(dir: string): [string, string][] {
  const blobs = join(dir, "blobs");
  return (statSync(blobs, { throwIfNoEntry: false }) ? readdirSync(blobs) : []).flatMap((shard) =>
    readdirSync(join(blobs, shard))
      .filter((name) => /^[0-9a-f]{40}$/.test(name))
      .map((sha1): [string, string] => [sha1, join(blobs, shard, sha1)]),
  );
}

export class WholeCopy {
  readonly sent = new Set<string>();
  bytes = 0;
  #interrupted: () => boolean = () => false;

  constructor(
    readonly lun: string,
    readonly dir: string,
    readonly to: Address,
    /** A number that no other copy of this LUN has. */
    readonly name: number,
    readonly bandwidth: Bandwidth,
  ) {}

  /** Copies all there is. What is not completed is taken back, if that can be said. */
  async make(interrupted: () => boolean): Promise<Attempt> {
    const end = await this.#copy(interrupted).catch((): Attempt => "peer away");
    if (end !== "complete") void send(this.to, "DELETE", `/${this.lun}/${this.name}`).catch(() => {});
    return end;
  }
  async #copy(interrupted: () => boolean): Promise<Attempt> {
    const rest = blobsOf(this.dir);
    this.#interrupted = () => interrupted() || end !== undefined;
    let end: Attempt | undefined;
    const lane = async () => {
      for (let next = rest.pop(); next && !end; next = rest.pop()) {
        const came = interrupted() ? "interrupted" : await this.#send(...next);
        end ??= came;
      }
    };
    await Promise.all(Array.from({ length: lanes }, lane));
    return end ?? ((await send(this.to, "POST", `/${this.lun}/${this.name}`)).status === 201 ? "complete" : "failed over");
  }
  /** undefined: go on. */
  async #send(sha1: string, path: string): Promise<Attempt | undefined> {
    const bytes = statSync(path, { throwIfNoEntry: false })?.size;
    if (bytes === undefined) return undefined;
    const { status } = await send(this.to, "PUT", `/${this.lun}/${this.name}/${sha1}`, { bytes, pieces: paced(path, this.bandwidth, this.#interrupted) });
    if (status === 507) return "no room";
    if (status === 409) return "failed over";
    if (status !== 201 && status !== 400) return "peer away";
    if (status === 201) this.sent.add(sha1);
    this.bytes += bytes;
    return undefined;
  }
}
