import { execFileSync, spawn } from "node:child_process";
import { existsSync, lstatSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { FlounderError } from "../../errors.js";
import { openOutput } from "./output-file.js";

describe("an output file", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-output-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const at = (name: string) => join(dir, name);

  it("is replaced as a whole, keeps its mode, and leaves no draft", async () => {
    writeFileSync(at("out"), "old", { mode: 0o640 });
    const file = openOutput(at("out"), "--json");
    file.update("first");
    expect(readFileSync(at("out"), "utf8")).to.equal("first");
    expect(await file.finish("second")).to.equal(undefined);
    expect(readFileSync(at("out"), "utf8")).to.equal("second");
    expect(statSync(at("out")).mode & 0o777).to.equal(0o640);
    expect(readdirSync(dir)).to.deep.equal(["out"]);
  });
  it("behind a link is written through it, also where nothing is yet", async () => {
    mkdirSync(at("real"));
    symlinkSync("real/out", at("link"));
    expect(await openOutput(at("link"), "--json").finish("text")).to.equal(undefined);
    expect(lstatSync(at("link")).isSymbolicLink()).to.equal(true);
    expect(readFileSync(at("real/out"), "utf8")).to.equal("text");
  });
  it("that is a pipe reaches its reader once, and one that nobody reads is said", async () => {
    execFileSync("mkfifo", [at("pipe")]);
    const reader = spawn("cat", [at("pipe")], { stdio: ["ignore", "pipe", "inherit"] });
    let got = "";
    reader.stdout.on("data", (chunk) => {
      got += chunk;
    });
    const ended = new Promise((resolve) => reader.once("close", resolve));
    const file = openOutput(at("pipe"), "--json");
    file.update("half");
    const text = "x".repeat(300_000); // more than a pipe holds
    expect(await file.finish(text)).to.equal(undefined);
    await ended;
    expect(got).to.equal(text);
    expect(lstatSync(at("pipe")).isFIFO()).to.equal(true);
  });
  it("that is a device stays one", async function () {
    if (process.geteuid?.() !== 0) return this.skip();
    execFileSync("mknod", [at("null"), "c", "1", "3"]);
    const file = openOutput(at("null"), "--junit");
    file.update("text");
    expect(await file.finish("text")).to.equal(undefined);
    expect(lstatSync(at("null")).isCharacterDevice()).to.equal(true);
    expect(await openOutput("/dev/full", "--json").finish("text")).to.equal("ENOSPC");
  });
  it("that cannot be is refused before anything is measured", () => {
    for (const path of [dir, at("no/such/folder"), "/dev/stdin"])
      expect(() => openOutput(path, "--json"), path).to.throw(FlounderError, /^--json .* cannot be written/);
  });
  it("whose folder goes away is said at the end, not thrown", async () => {
    mkdirSync(at("folder"));
    const file = openOutput(at("folder/out"), "--json");
    rmSync(at("folder"), { recursive: true });
    file.update("text");
    expect(await file.finish("text")).to.equal("ENOENT");
    expect(existsSync(at("folder"))).to.equal(false);
  });
});
