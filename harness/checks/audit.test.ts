/** The audit of CI, against a registry that answers as npm's does. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "../paths.js";

const advisory = {
  id: 1,
  url: "https://github.com/advisories/GHSA-aaaa-bbbb-cccc",
  title: "it leaks",
  severity: "high",
  vulnerable_versions: "<2.0.0",
  cwe: [],
  cvss: { score: 7, vectorString: null },
};

describe("the audit", function () {
  this.timeout(60_000);
  let dir: string;
  let server: Server;
  let audits: number;
  let advisories: object | undefined;
  beforeEach(async () => {
    audits = 0;
    advisories = {};
    dir = mkdtempSync(join(tmpdir(), "flounder-audit-"));
    const packages = {
      "": { name: "one", version: "1.0.0", dependencies: { leaky: "1.0.0" }, devDependencies: { rusty: "1.0.0" } },
      "node_modules/leaky": { version: "1.0.0", resolved: "https://registry.npmjs.org/leaky/-/leaky-1.0.0.tgz", integrity: "sha512-AA==" },
      "node_modules/rusty": { version: "1.0.0", resolved: "https://registry.npmjs.org/rusty/-/rusty-1.0.0.tgz", integrity: "sha512-AA==", dev: true },
    };
    writeFileSync(join(dir, "package.json"), JSON.stringify(packages[""]));
    writeFileSync(join(dir, "package-lock.json"), JSON.stringify({ name: "one", version: "1.0.0", lockfileVersion: 3, requires: true, packages }));
    server = createServer((request, response) => {
      const asked = request.url!.slice(1);
      request.resume();
      if (request.method === "POST") {
        audits++;
        response.writeHead(advisories ? 200 : 405, { "content-type": "application/json" }).end(JSON.stringify(advisories ?? {}));
      } else {
        response.writeHead(200, { "content-type": "application/json" });
        response.end(
          JSON.stringify({
            name: asked,
            versions: { "1.0.0": { name: asked, version: "1.0.0" }, "2.0.0": { name: asked, version: "2.0.0" } },
            "dist-tags": { latest: "2.0.0" },
          }),
        );
      }
    }).listen(0, "127.0.0.1");
    await once(server, "listening");
  });
  afterEach(() => {
    server.closeAllConnections();
    server.close();
    rmSync(dir, { recursive: true, force: true });
  });

  const audit = async (exceptions: object) => {
    const listed = join(dir, "exceptions.json");
    writeFileSync(listed, JSON.stringify(exceptions));
    const child = spawn(process.execPath, [join(root, "scripts", "audit.mjs"), dir, listed], {
      env: {
        ...process.env,
        npm_config_registry: `http://127.0.0.1:${(server.address() as AddressInfo).port}/`,
        npm_config_cache: join(dir, "cache"),
        npm_config_fetch_retries: "0",
      },
      stdio: ["ignore", "pipe", "pipe"],
    });
    let text = "";
    for (const stream of [child.stdout, child.stderr]) stream.on("data", (chunk) => (text += chunk));
    const [code] = (await once(child, "close")) as [number];
    return { code, text };
  };
  const reason = "nothing of ours calls the part that leaks";

  it("passes where nothing is known against what users install", async () => {
    expect(await audit({})).to.deep.equal({ code: 0, text: "audit: clean\n" });
    expect(audits).to.equal(1);
  });

  it("fails on a finding that has no reason, names it, and says what to do", async () => {
    advisories = { leaky: [advisory] };
    const { code, text } = await audit({});
    expect(code, text).to.equal(1);
    expect(text).to.include("GHSA-aaaa-bbbb-cccc: leaky <2.0.0 (high): it leaks").and.to.include("→ update it");
    expect((await audit({ "GHSA-aaaa-bbbb-cccc": { package: "another", reason } })).code).to.equal(1);
  });

  it("passes what has its reason, and says it; an exception of no use fails", async () => {
    const listed = { "GHSA-aaaa-bbbb-cccc": { package: "leaky", reason } };
    advisories = { leaky: [advisory] };
    const { code, text } = await audit(listed);
    expect(code, text).to.equal(0);
    expect(text).to.include(`leaky stays: ${reason}`);
    advisories = {};
    const stale = await audit(listed);
    expect(stale.code).to.equal(1);
    expect(stale.text).to.include("not found any more");
    expect((await audit({ "GHSA-aaaa-bbbb-cccc": { package: "leaky", reason: "" } })).code).to.not.equal(0);
  });

  it("does not pass where the registry cannot be asked, and says so", async () => {
    advisories = undefined;
    const { code, text } = await audit({});
    expect(code, text).to.equal(2);
    expect(text).to.include("audit: NOT DONE: 405");
  });
});
