/**
 * What other tenants keep on a cabinet: blobs that no Cloud Controller of ours knows, so that a LUN is as large as one is. They are there, and mirrored, when a
 * cabinet is delivered: the same on both sides, since they follow from the LUN's name.
 */
import { createCipheriv, createHash } from "node:crypto";
import { existsSync, mkdirSync, writeFileSync } from "node:fs";
import { join } from "node:path";

const blobBytes = 32 * 1024;

/** Below `root`/blobs, unless there are any blobs. */
export function deliver(root: string, lun: string, bytes: number): void {
  const blobs = join(root, "blobs");
  if (bytes === 0 || existsSync(blobs)) return;
  for (let i = 0; i * blobBytes < bytes; i++) {
    const key = createHash("sha256").update(`${lun} ${i}`).digest().subarray(0, 16);
    const content = createCipheriv("aes-128-ctr", key, Buffer.alloc(16)).update(Buffer.alloc(blobBytes));
    const sha1 = createHash("sha1").update(content).digest("hex");
    mkdirSync(join(blobs, sha1.slice(0, 2)), { recursive: true });
    writeFileSync(join(blobs, sha1.slice(0, 2), sha1), content);
  }
}
