/** Files of any size that compress to nothing less, made as they are read: a client that pushes 200 MiB holds none of it. The same seed gives the same bytes. */
import { createCipheriv, createHash } from "node:crypto";
import { Readable } from "node:stream";

const pieceBytes = 64 * 1024;

function* pieces(seed: string, bytes: number): Generator<Buffer> {
  const key = createHash("sha256").update(seed).digest();
  const cipher = createCipheriv("aes-256-ctr", key, Buffer.alloc(16));
  for (let left = bytes; left > 0; left -= pieceBytes) yield cipher.update(Buffer.alloc(Math.min(left, pieceBytes)));
}

/** `bytes` bytes that look random. */
export const noise = (seed: string, bytes: number): Readable => Readable.from(pieces(seed, bytes));
