/** Droplets that come from anybody: what they may not do, and that nothing of a refused one is left. */
import { existsSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { gzipSync } from "node:zlib";
import { expect } from "chai";
import * as tar from "tar";
import { unpack } from "./unpack.js";

interface Entry {
  readonly path: string;
  readonly type?: tar.HeaderData["type"];
  readonly linkpath?: string;
  readonly mode?: number;
  readonly content?: string;
  readonly size?: number;
  readonly uid?: number;
}
/** A tar as it is written by hand: nothing is made sound on the way. */
function tarOf(entries: readonly Entry[]): Buffer {
  const blocks = entries.map(({ path, type = "File", linkpath, mode = 0o644, content = "", size, uid = 0 }) => {
    const body = Buffer.from(content);
    const header = new tar.Header({
      path,
      type,
      mode,
      uid,
      gid: uid,
      size: size ?? body.length,
      mtime: new Date(0),
      ...(linkpath === undefined ? {} : { linkpath }),
    });
    const block = Buffer.alloc(512);
    header.encode(block, 0);
    return Buffer.concat([block, body, Buffer.alloc((512 - (body.length % 512)) % 512)]);
  });
  return gzipSync(Buffer.concat([...blocks, Buffer.alloc(1024)]));
}

describe("dea: a droplet", () => {
  let root: string;
  let dir: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "flounder-unpack-"));
    dir = join(root, "apps/one");
    mkdirSync(join(root, "apps"));
    writeFileSync(join(root, "secret"), "secret", { mode: 0o600 });
  });
  afterEach(() => rmSync(root, { recursive: true }));

  const take = (bits: Buffer, maxBytes = 2 ** 20): Promise<number> => {
    writeFileSync(join(root, "d.tgz"), bits);
    return unpack(join(root, "d.tgz"), dir, maxBytes);
  };
  const refused = (bits: Buffer, maxBytes?: number) =>
    take(bits, maxBytes).then(
      () => "taken",
      (error: Error) => error.message,
    );

  const hostile: Readonly<Record<string, readonly Entry[]>> = {
    "a path with ..": [{ path: "../../out", content: "x" }],
    "an absolute path": [{ path: "/tmp/flounder-out", content: "x" }],
    "a file through a link": [
      { path: "app", type: "SymbolicLink", linkpath: "../.." },
      { path: "app/out", content: "x" },
    ],
    "links that lead through one another": [
      { path: "a/b/c/", type: "Directory" },
      { path: "a/b/c/up", type: "SymbolicLink", linkpath: "../../.." },
      { path: "out", type: "SymbolicLink", linkpath: "a/b/c/up/.." },
      { path: "out/stolen", content: "x" },
    ],
    "an absolute link": [{ path: "l", type: "SymbolicLink", linkpath: "/etc/passwd" }],
    "a startup script that is a link to somebody's file": [{ path: "startup", type: "SymbolicLink", linkpath: "../../secret" }],
    "a hard link": [{ path: "l", type: "Link", linkpath: "../../secret" }],
    "a hard link within": [
      { path: "a", content: "x" },
      { path: "l", type: "Link", linkpath: "a" },
    ],
    "a device": [{ path: "d", type: "CharacterDevice" }],
    "a block device": [{ path: "d", type: "BlockDevice" }],
    "a fifo": [{ path: "f", type: "FIFO" }],
  };
  for (const [what, entries] of Object.entries(hostile))
    it(`${what} is refused, and nothing of it is left`, async () => {
      expect(await refused(tarOf([{ path: "startup", content: "#!/bin/sh" }, ...entries]))).to.not.equal("taken");
      expect(readdirSync(root).sort()).to.deep.equal(["apps", "d.tgz", "secret"]);
      expect(readdirSync(join(root, "apps"))).to.deep.equal([]);
      expect(statSync(join(root, "secret")).mode & 0o777).to.equal(0o600);
      expect(existsSync("/tmp/flounder-out")).to.equal(false);
    });

  it("a bomb ends when the app's disk is full: a large file, one that says so, and nothing but zeros", async () => {
    expect(await refused(tarOf([{ path: "a", content: "x".repeat(2 ** 21) }]))).to.contain("larger than the app's disk of 1 MB");
    expect(await refused(tarOf([{ path: "a", size: 2 ** 40 }]))).to.contain("larger than the app's disk");
    expect(await refused(gzipSync(Buffer.alloc(64 * 2 ** 20)))).to.contain("larger than the app's disk");
    expect(readdirSync(join(root, "apps"))).to.deep.equal([]);
  });

  it("what is cut short or no archive is refused", async () => {
    const whole = tarOf([
      { path: "startup", content: "#!/bin/sh" },
      { path: "app/a", content: "x".repeat(5000) },
    ]);
    for (const bad of [whole.subarray(0, -20), whole.subarray(0, 30), Buffer.from("no gzip"), gzipSync(Buffer.from("no tar".repeat(200)))])
      expect(await refused(bad)).to.not.equal("taken");
  });

  it("a good one is taken: links within, modes without set-user-id, ours whoever made it", async () => {
    const good = tarOf([
      { path: "./startup", content: "#!/bin/sh", mode: 0o4600, uid: 12_345 },
      { path: "app/", type: "Directory", mode: 0o2755 },
      { path: "app/a", content: "12345", mode: 0o4755, uid: 12_345 },
      { path: "app/l", type: "SymbolicLink", linkpath: "../app/a" },
    ]);
    expect(await take(good)).to.equal(14);
    const facts = statSync(join(dir, "app/a"));
    expect([facts.mode & 0o7777, facts.uid, statSync(join(dir, "startup")).mode & 0o7777]).to.deep.equal([0o755, process.getuid!(), 0o755]);
    expect(readFileSync(join(dir, "app/l"), "utf8")).to.equal("12345");
    expect(readdirSync(dir).sort()).to.deep.equal(["app", "startup", "tmp"]);
  });
});
