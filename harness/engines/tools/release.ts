/** An official release: downloaded, checked against its pinned SHA-256, unpacked. Nothing unchecked is ever kept. */
import { createHash } from "node:crypto";
import { writeFileSync } from "node:fs";
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { Parser } from "tar";
import type { Release } from "./pins.js";

const downloadMs = 300_000;
/** A host that cannot be reached must not hold up the ways that follow. */
const connectMs = 10_000;

export const releasesUrl = () => process.env.FLOUNDER_RELEASES || "https://github.com";

/** Downloads with a deadline until the first byte and one for the whole. Rejects with a sentence that names the URL. */
export async function download(url: string, headers: Readonly<Record<string, string>> = {}): Promise<Buffer> {
  const abort = new AbortController();
  let late = setTimeout(() => abort.abort(new Error(`no answer within ${connectMs / 1000} s`)), connectMs);
  try {
    const answer = await fetch(url, { signal: abort.signal, headers });
    clearTimeout(late);
    if (!answer.ok) throw new Error(`answered ${answer.status}`);
    late = setTimeout(() => abort.abort(new Error(`not complete within ${downloadMs / 1000} s`)), downloadMs);
    return Buffer.from(await answer.arrayBuffer());
  } catch (error) {
    const { message, cause } = error as Error;
    throw new Error(`${url}: ${(cause as Error | undefined)?.message ?? message}`, { cause: error });
  } finally {
    clearTimeout(late);
  }
}

export function checkSha256(bytes: Buffer, sha256: string, url: string): void {
  const found = createHash("sha256").update(bytes).digest("hex");
  if (found !== sha256) throw new Error(`${url}: its SHA-256 is ${found}; pinned is ${sha256}`);
}

/** One file of a .tar.gz. */
async function memberOf(archive: Buffer, member: string): Promise<Buffer> {
  const chunks: Buffer[] = [];
  const parser = new Parser({
    filter: (path) => path.replace(/^\.\//, "") === member,
    onReadEntry: (entry) => void entry.on("data", (chunk: Buffer) => chunks.push(chunk)),
  });
  await pipeline(Readable.from([archive]), parser as unknown as NodeJS.WritableStream);
  if (chunks.length === 0) throw new Error(`the archive has no ${member}`);
  return Buffer.concat(chunks);
}

/** Writes the program to `to`, executable. */
export async function fetchRelease(release: Release, to: string): Promise<void> {
  const url = `${releasesUrl().replace(/\/$/, "")}/${release.path}`;
  const bytes = await download(url);
  checkSha256(bytes, release.sha256, url);
  writeFileSync(to, release.member ? await memberOf(bytes, release.member) : bytes, { mode: 0o755 });
}
