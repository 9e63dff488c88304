import { execFileSync, fork } from "node:child_process";
import { createHash } from "node:crypto";
import { once } from "node:events";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { expect } from "chai";
import { makeOpenFolder, reachableProgram, unprivilegedUser } from "../local/mounts/open-folder.js";
import { ensureTools } from "./ensure.js";
import { cachedTool, findTool, isProgram, needTool } from "./find.js";
import { tools } from "./pins.js";
import { postgresTemplate } from "./postgres-template.js";
import { fetchRelease } from "./release.js";

const sha256 = (bytes: Buffer) => createHash("sha256").update(bytes).digest("hex");
const program = Buffer.from("#!/bin/sh\necho a tool\n");

describe("tools", () => {
  const saved = { ...process.env };
  let cache: string;
  let mirror: Server;
  let asked: string[];
  beforeEach(async () => {
    cache = mkdtempSync(join(tmpdir(), "flounder-tools-"));
    asked = [];
    mirror = createServer((request, answer) => {
      asked.push(request.url ?? "");
      if (request.url?.includes("absent")) answer.writeHead(404).end();
      else answer.end(program);
    }).listen(0, "127.0.0.1");
    await once(mirror, "listening");
    process.env.XDG_CACHE_HOME = cache;
    process.env.FLOUNDER_RELEASES = `http://127.0.0.1:${(mirror.address() as AddressInfo).port}`;
  });
  afterEach(() => {
    for (const name of ["PATH", "XDG_CACHE_HOME", "FLOUNDER_RELEASES", "PIP_INDEX_URL", "GOMODCACHE"]) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
    mirror.closeAllConnections();
    mirror.close();
    rmSync(cache, { recursive: true, force: true });
  });

  it("that the machine has are found; one that it lacks is not", () => {
    if (saved.XDG_CACHE_HOME === undefined) delete process.env.XDG_CACHE_HOME;
    else process.env.XDG_CACHE_HOME = saved.XDG_CACHE_HOME;
    expect(findTool("nats-server")).to.satisfy((path: string | undefined) => path !== undefined && isProgram(path));
    process.env.XDG_CACHE_HOME = cache;
    process.env.PATH = "/nonexistent";
    expect(findTool("nats-server")).to.equal(undefined);
  });

  it("a data folder of Postgres is made once, and nobody can log in to it", async () => {
    const postgres = needTool("postgres");
    const dir = makeOpenFolder("template-test");
    try {
      const maker = { postgres, reachable: reachableProgram(postgres, dir), user: unprivilegedUser(), dir };
      const [first, again] = [await postgresTemplate(maker), await postgresTemplate({ ...maker, reachable: "/nonexistent" })];
      expect(again).to.equal(first);
      expect(readdirSync(dir).filter((name) => name.startsWith("template-"))).to.deep.equal([]);
      const read = (member: string) => execFileSync("tar", ["-xOf", first, member], { encoding: "utf8" });
      expect(read("./PG_VERSION")).to.match(/^\d+\n$/);
      const rules = read("./pg_hba.conf")
        .split("\n")
        .filter((line) => /^(local|host)/.test(line));
      expect(rules).not.to.deep.equal([]);
      expect(rules.filter((line) => !line.endsWith("reject"))).to.deep.equal([]);
    } finally {
      rmSync(dir, { recursive: true, force: true });
    }
  }).timeout(60_000);

  it("a release is kept if its checksum is the pinned one", async () => {
    const to = join(cache, "tool");
    await fetchRelease({ path: "some/tool", sha256: sha256(program) }, to);
    expect(isProgram(to)).to.equal(true);
    expect(readFileSync(to)).to.deep.equal(program);
    expect(asked).to.deep.equal(["/some/tool"]);
  });

  it("a release with another checksum, or none at all, leaves nothing and says so", async () => {
    const to = join(cache, "tool");
    const failure = async (path: string) =>
      fetchRelease({ path, sha256: "0".repeat(64) }, to).then(
        () => "kept",
        (error: Error) => error.message,
      );
    expect(await failure("some/tool")).to.contain(`its SHA-256 is ${sha256(program)}; pinned is 0000`);
    expect(await failure("absent")).to.contain("answered 404");
    expect(existsSync(to)).to.equal(false);
  });

  it("every pinned checksum is a SHA-256, for both kinds of machine", () => {
    for (const tool of Object.values(tools))
      for (const [arch, release] of Object.entries(tool.releases ?? {})) {
        expect(arch).to.be.oneOf(["x64", "arm64"]);
        expect(release.sha256).to.match(/^[0-9a-f]{64}$/);
      }
  });

  it("one that cannot be got names every way that was tried, and leaves no half of it", async () => {
    process.env.PATH = "/nonexistent";
    process.env.PIP_INDEX_URL = `${process.env.FLOUNDER_RELEASES}/absent`;
    const lines: string[] = [];
    // The mirror's answer has the wrong checksum; whether Go is here or not, a module proxy is not asked: GOPROXY is off.
    const proxy = process.env.GOPROXY;
    process.env.GOPROXY = "off";
    process.env.GOMODCACHE = join(cache, "modules");
    try {
      const failure = await ensureTools(["nats-server"], (line) => lines.push(line)).then(
        () => undefined,
        (error: Error) => error,
      );
      expect(failure).to.have.property("code", "environment");
      expect(failure?.message).to.contain("official release: ").and.to.contain("SHA-256").and.to.contain("go build: ");
    } finally {
      if (proxy === undefined) delete process.env.GOPROXY;
      else process.env.GOPROXY = proxy;
    }
    expect(lines.join("\n")).to.contain("nats-server 2.11.10: official release");
    expect(existsSync(cachedTool("nats-server"))).to.equal(false);
    expect(readdirSync(join(cache, "flounder", "tools"))).to.deep.equal([]);
  });

  it("processes that want the same one get it once, whoever has the name that was their lock before", async () => {
    const name = `flounder-tool-${sha256(Buffer.from(cachedTool("nats-server"))).slice(0, 32)}`;
    const squatter = createServer().listen(`\0${name.padEnd(107, ".")}`);
    await once(squatter, "listening");
    const script = fileURLToPath(new URL("testing/ensure.js", import.meta.url));
    const children = [1, 2, 3].map(() => fork(script, { env: { ...process.env, FIXTURE_SHA256: sha256(program), PATH: "/nonexistent" } }));
    const paths = await Promise.all(children.map(async (child) => ((await once(child, "message")) as [string])[0]));
    expect(new Set(paths).size).to.equal(1);
    expect(readFileSync(paths[0]!)).to.deep.equal(program);
    expect(asked).to.have.length(1);
    squatter.close();
  });
});
