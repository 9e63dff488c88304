/** Zips that want to write elsewhere, or more than they may. Whatever comes, nothing arrives outside the folder. */
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, readlinkSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { buffer } from "node:stream/consumers";
import { expect } from "chai";
import yazl from "yazl";
import type { CfError } from "../api/cf-error.js";
import { unzip } from "./unzip.js";

const [file, link, folder] = [0o100644, 0o120777, 0o040755];
type Entry = readonly [path: string, content: string | Buffer, mode?: number];

/** yazl refuses names that we want to try: they are written over others of the same length. */
async function zipOf(entries: readonly Entry[]): Promise<Buffer> {
  const zip = new yazl.ZipFile();
  const odd: [string, string][] = [];
  entries.forEach(([path, content, mode = file], i) => {
    const stand = `${i}`.padStart(Buffer.byteLength(path), "z");
    const isOdd = /^\/|\.\.|\\|\0/.test(path);
    if (isOdd) odd.push([stand, path]);
    zip.addBuffer(Buffer.from(content), isOdd ? stand : path, { mode });
  });
  zip.end();
  let bytes = (await buffer(zip.outputStream)).toString("latin1");
  for (const [stand, path] of odd) bytes = bytes.replaceAll(stand, Buffer.from(path).toString("latin1"));
  return Buffer.from(bytes, "latin1");
}

describe("cc: an uploaded zip", () => {
  let root: string;
  let dir: string;
  beforeEach(() => {
    root = mkdtempSync(join(tmpdir(), "flounder-unzip-"));
    dir = join(root, "app");
    mkdirSync(dir);
  });
  afterEach(() => rmSync(root, { recursive: true }));

  /** "" or what it is refused with. */
  async function take(zip: Buffer, maxBytes = 2 ** 20): Promise<string> {
    writeFileSync(join(root, "a.zip"), zip);
    return unzip(join(root, "a.zip"), dir, maxBytes).then(
      () => "",
      (error: CfError) => {
        expect(error.status, `${error}`).to.equal(422);
        return error.detail;
      },
    );
  }

  const hostile: Readonly<Record<string, readonly Entry[]>> = {
    "a path with ..": [["../out", "x"]],
    "a path with .. in its midst": [["a/../../out", "x"]],
    "an absolute path": [["/tmp/flounder-out", "x"]],
    "a path with backslashes": [["..\\out", "x"]],
    "a path with NUL": [["a\0b", "x"]],
    "a name of 300 characters": [["x".repeat(300), "x"]],
    "a path of 5,000 characters": [["y/".repeat(2500) + "z", "x"]],
    "a link to outside": [["l", "../..", link]],
    "an absolute link": [["l", "/etc/passwd", link]],
    "an empty link": [["l", "", link]],
    "a link with NUL": [["l", "a\0b", link]],
    "a link of 5,000 characters": [["l", "a/".repeat(2500), link]],
    "links that lead through one another": [
      ["a/b/c/up", "../../..", link],
      ["out", "a/b/c/up/..", link],
      ["out/stolen", "x"],
    ],
    "a file through a link": [
      ["l", "a", link],
      ["l/x", "x"],
      ["a/y", "y"],
    ],
    "a link where a file is": [
      ["a", "x"],
      ["a", "b", link],
    ],
    "a file where a folder is": [
      ["a/b", "x"],
      ["a", "y"],
    ],
    "one path twice": [
      ["a", "x"],
      ["a", "y"],
    ],
    "one path twice, in two forms": [
      ["a/b", "x"],
      ["a/./b", "y"],
    ],
    "a device": [["dev", "", 0o020666]],
    "a block device": [["dev", "", 0o060666]],
    "a fifo": [["fifo", "", 0o010666]],
    "a socket": [["socket", "", 0o140666]],
  };
  for (const [what, entries] of Object.entries(hostile))
    it(`${what} is refused, and nothing is outside`, async () => {
      expect(await take(await zipOf(entries))).to.match(/^The app package is invalid: /);
      expect(readdirSync(root).sort()).to.deep.equal(["a.zip", "app"]);
      expect(existsSync("/tmp/flounder-out")).to.equal(false);
    });

  it("takes what apps consist of: folders, empty files, modes without set-user-id, links within, names in two cases", async () => {
    expect(
      await take(
        await zipOf([
          ["a/run", "#!", 0o104755],
          ["a/empty", ""],
          ["A/run", "other"],
          ["l", "a/run", link],
          ["a/up", "..", link],
          ["deep/er", "", folder],
          ["dangling", "nowhere", link],
        ]),
      ),
    ).to.equal("");
    expect(statSync(join(dir, "a/run")).mode & 0o7777).to.equal(0o755);
    expect([readlinkSync(join(dir, "l")), readFileSync(join(dir, "A/run"), "utf8")]).to.deep.equal(["a/run", "other"]);
    expect(lstatSync(join(dir, "deep/er")).isDirectory()).to.equal(true);
  });

  it("a bomb ends before it goes off: by what it says it has, and by what it has", async () => {
    const bomb = await zipOf([["a", Buffer.alloc(3 * 2 ** 20)]]);
    expect(bomb.length).to.be.below(10_000);
    expect(await take(bomb)).to.contain("larger than the app's disk quota of 1 MB");
    expect(readdirSync(dir)).to.deep.equal([]);
    // It says 1 byte.
    const lying = Buffer.from(bomb);
    for (let at = 0; at < lying.length - 4; at++) if (lying.readUInt32LE(at) === 3 * 2 ** 20) lying.writeUInt32LE(1, at);
    expect(await take(lying)).to.match(/too many bytes|invalid/);
    if (existsSync(join(dir, "a"))) expect(statSync(join(dir, "a")).size).to.be.below(2 ** 20);
  });

  it("a million entries are not even read", async () => {
    const end = Buffer.alloc(22);
    end.writeUInt32LE(0x06054b50, 0);
    end.writeUInt16LE(0xffff, 8);
    end.writeUInt16LE(0xffff, 10);
    end.writeUInt32LE(0xffffffff, 12);
    end.writeUInt32LE(0xffffffff, 16);
    const zip64 = Buffer.alloc(56 + 20);
    zip64.writeUInt32LE(0x06064b50, 0);
    zip64.writeBigUInt64LE(44n, 4);
    zip64.writeBigUInt64LE(1_000_000n, 24);
    zip64.writeBigUInt64LE(1_000_000n, 32);
    zip64.writeUInt32LE(0x07064b50, 56);
    zip64.writeUInt32LE(1, 72);
    expect(await take(Buffer.concat([zip64, end]))).to.contain("1000000 entries");
  });

  it("damaged ones are the client's mistake", async () => {
    const good = await zipOf([
      ["a", "x".repeat(1000)],
      ["b", "y"],
    ]);
    for (const bad of [
      Buffer.from(""),
      Buffer.from("PK"),
      good.subarray(0, -10),
      good.subarray(20),
      Buffer.concat([Buffer.from(good.subarray(0, 40)), Buffer.alloc(20), good.subarray(60)]),
    ])
      expect(await take(bad)).to.match(/^The app package is invalid: /);
  });
});
