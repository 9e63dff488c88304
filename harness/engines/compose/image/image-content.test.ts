import { chmodSync, existsSync, lstatSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { root } from "../../../paths.js";
import { isProgram } from "../../tools/find.js";
import { initdbOptions, leaner } from "../../tools/postgres-template.js";
import { collect, imageTag } from "./image-content.js";

describe("what goes into the image", () => {
  const saved = { ...process.env };
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-content-"));
  });
  afterEach(() => {
    for (const name of ["PATH", "XDG_CACHE_HOME"]) {
      if (saved[name] === undefined) delete process.env[name];
      else process.env[name] = saved[name];
    }
    rmSync(dir, { recursive: true, force: true });
  });

  it("its name is the same for the same content, and another for another tool", () => {
    const tag = imageTag();
    expect(tag).to.match(/^flounder\/platform:[0-9a-f]{12}$/);
    expect(imageTag()).to.equal(tag);
    writeFileSync(join(dir, "nats-server"), "#!/bin/sh\n");
    chmodSync(join(dir, "nats-server"), 0o755);
    process.env.PATH = `${dir}:${saved.PATH}`;
    expect(imageTag())
      .to.match(/^flounder\/platform:/)
      .and.not.to.equal(tag);
  });

  it("Postgres begins in the image as it does elsewhere", () => {
    const dockerfile = readFileSync(join(root, "compose", "Dockerfile"), "utf8");
    expect(/initdb -D \S+ \\\n\s*(.*) >/.exec(dockerfile)?.[1]?.split(" ")).to.have.members(initdbOptions);
    for (const statement of leaner.split("\n").filter(Boolean)) expect(dockerfile).to.include(`"${statement}"`);
  });

  it("a tool that is missing is named", () => {
    process.env.XDG_CACHE_HOME = dir;
    process.env.PATH = "/nonexistent";
    expect(imageTag).to.throw(/^nats-server is not on PATH/);
  });

  it("the folder that it is built from has programs, Postgres with its links, and bundles that Node takes for modules", () => {
    collect(dir);
    for (const program of [
      "bin/nats-server",
      "bin/flounder-toxiproxy",
      "bin/flounder-sftp",
      "bin/flounder-confine",
      "pg/bin/postgres",
      "pg/bin/initdb",
      "supervise",
    ])
      expect(isProgram(join(dir, program)), program).to.equal(true);
    expect(lstatSync(join(dir, "pg/lib/libpq.so")).isSymbolicLink()).to.equal(true);
    for (const bundle of ["cc.mjs", "dea.mjs", "storage-helper.mjs"])
      expect(existsSync(join(dir, "app/dist/targets/foundry/platform", bundle)), bundle).to.equal(true);
    expect(existsSync(join(dir, "app/dist/harness/engines/mount-prober.js"))).to.equal(true);
    expect(JSON.parse(readFileSync(join(dir, "app/package.json"), "utf8"))).to.deep.equal({ type: "module" });
  });
});
