/** Zips that are uploaded and droplets that are fetched: whatever is in them, nothing arrives outside, and nothing but a refusal comes of it. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { gzipSync } from "node:zlib";
import fc from "fast-check";
import * as tar from "tar";
import yazl from "yazl";
import { CfError } from "../targets/foundry/platform/cc/api/cf-error.js";
import { unzip } from "../targets/foundry/platform/cc/apps/unzip.js";
import { unpack } from "../targets/foundry/platform/dea/unpack.js";
import { type Fuzz, mutated, sampled, withEach } from "./fuzz.js";

const name = fc.array(fc.constantFrom("a", "b", "c", "app", "startup", "l"), { minLength: 1, maxLength: 3 }).map((parts) => parts.join("/"));
const target = fc.array(fc.constantFrom("a", "b", "..", ".", "l", "..", "app"), { minLength: 1, maxLength: 5 }).map((parts) => parts.join("/"));
const entry = fc.record({
  path: name,
  content: fc.oneof(target, fc.constantFrom("", "/etc/passwd", "x".repeat(3000))),
  mode: fc.constantFrom(0o100644, 0o104755, 0o120777, 0o120777, 0o020666, 0o010644, 0),
  type: fc.constantFrom(
    "File",
    "File",
    "SymbolicLink",
    "SymbolicLink",
    "Link",
    "Directory",
    "FIFO",
    "CharacterDevice",
    "GNUDumpDir",
    "NextFileHasLongPath",
    "ExtendedHeader",
  ),
  size: fc.constantFrom<number | undefined>(undefined, undefined, 0, 2 ** 33),
});
type Entry = typeof entry extends fc.Arbitrary<infer T> ? T : never;
const entries = fc.array(entry, { maxLength: 6 });

async function zipOf(all: readonly Entry[]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  for (const { path, content, mode } of all) zip.addBuffer(Buffer.from(content), path, { mode, compress: content.length > 100 });
  zip.end();
  return buffer(zip.outputStream);
}
function tarOf(all: readonly Entry[]): Buffer {
  const blocks = all.map(({ path, type, content, mode, size }) => {
    const isLink = type === "SymbolicLink" || type === "Link";
    const body = Buffer.from(isLink ? "" : content);
    const block = Buffer.alloc(512);
    new tar.Header({
      path,
      type: type as "File",
      mode: mode & 0o7777,
      uid: 1,
      gid: 1,
      size: size ?? body.length,
      mtime: new Date(0),
      ...(isLink ? { linkpath: content } : {}),
    }).encode(block, 0);
    return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
  });
  return Buffer.concat([...blocks, Buffer.alloc(1024)]);
}
// Lists first: a zip is written by a stream, and changed after that.
const inputs = fc.record({ as: fc.constantFrom("zip", "tar", "tar in gzip"), all: entries, seed: fc.nat() });

/** Everything beside the folder that is unpacked into, by name, size and mode. */
const beside = (root: string) =>
  JSON.stringify(
    readdirSync(root)
      .filter((one) => one !== "in" && one !== "archive")
      .map((one) => [one, statSync(join(root, one)).mode, readFileSync(join(root, one), "utf8")]),
  );

export default {
  name: "archives",
  says: "zips that are uploaded, droplets that are fetched",
  async run(seed, count) {
    await withEach(sampled(inputs, seed, count), 8, async ({ as, all, seed: own }) => {
      const root = mkdtempSync(join(tmpdir(), "flounder-fuzz-"));
      try {
        for (const name of ["a", "b", "app", "startup"]) writeFileSync(join(root, name), "not yours", { mode: 0o600 });
        const before = beside(root);
        mkdirSync(join(root, "in"));
        const dir = join(root, "in", "dir");
        const good = as === "zip" ? await zipOf(all) : tarOf(all);
        const changed = sampled(mutated(fc.constant(good), 3), own, 1)[0]!;
        writeFileSync(
          join(root, "archive"),
          as === "zip" ? changed : as === "tar" ? gzipSync(changed) : sampled(mutated(fc.constant(gzipSync(good)), 3), own, 1)[0]!,
        );
        if (as === "zip") {
          mkdirSync(dir);
          await unzip(join(root, "archive"), dir, 2 ** 20).catch((error: unknown) => {
            if (!(error instanceof CfError) || error.status !== 422) throw error;
          });
        } else await unpack(join(root, "archive"), dir, 2 ** 20).catch(() => {});
        if (beside(root) !== before) throw new Error(`what is outside has changed: ${beside(root)}`);
        if (readdirSync(join(root, "in")).some((one) => one !== "dir")) throw new Error("something arrived beside the folder");
      } finally {
        rmSync(root, { recursive: true, force: true });
      }
    });
  },
} satisfies Fuzz;
