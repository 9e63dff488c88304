import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { parse } from "yaml";
import { initProject } from "./init.js";

const suite = { file: "router.chaos.mjs", text: "// uses flounder/mocha\n" };

describe("init", () => {
  let dir: string;
  beforeEach(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-init-"));
  });
  afterEach(() => rmSync(dir, { recursive: true, force: true }));
  const what = (files: readonly { path: string; what: string }[]) => Object.fromEntries(files.map((one) => [one.path, one.what]));

  it("writes a suite, a config and a CI job, and the second time nothing", () => {
    const first = initProject(dir, { suite, ci: "github" });
    expect(what(first.files)).to.deep.equal({ "chaos/router.chaos.mjs": "written", ".mocharc.json": "written", ".github/workflows/chaos.yml": "written" });
    const job = parse(readFileSync(join(dir, ".github/workflows/chaos.yml"), "utf8"));
    expect(job.jobs.chaos.steps.flatMap((step: { run?: string }) => step.run ?? [])).to.deep.equal([
      ...["npm ci", "npx flounder setup", "npx mocha --reporter-option annotations=true"],
    ]);
    expect(new Set(Object.values(what(initProject(dir, { suite, ci: "github" }).files)))).to.deep.equal(new Set(["unchanged"]));
  });

  it("leaves what is there: a config of somebody's own, a pipeline, a suite that was edited", () => {
    const own = { ".mocharc.yml": "timeout: 2000\n", ".gitlab-ci.yml": "test:\n  script: [true]\n" };
    for (const [path, text] of Object.entries(own)) writeFileSync(join(dir, path), text);
    const { files, next } = initProject(dir, { suite });
    expect(what(files)).to.deep.equal({ "chaos/router.chaos.mjs": "written", ".mocharc.chaos.json": "written", "chaos.gitlab-ci.yml": "written" });
    expect(next).to.include.members(["add to .gitlab-ci.yml: include: chaos.gitlab-ci.yml", "npx mocha --config .mocharc.chaos.json"]);
    expect(parse(readFileSync(join(dir, "chaos.gitlab-ci.yml"), "utf8")).chaos.artifacts.reports).to.deep.equal({ junit: "results/junit.xml" });
    for (const [path, text] of Object.entries(own)) expect(readFileSync(join(dir, path), "utf8")).to.equal(text);
    writeFileSync(join(dir, "chaos/router.chaos.mjs"), "// mine\n");
    expect(what(initProject(dir, { suite }).files)["chaos/router.chaos.mjs"]).to.equal("kept");
    expect(readFileSync(join(dir, "chaos/router.chaos.mjs"), "utf8")).to.equal("// mine\n");
    expect(what(initProject(dir, { suite, force: true }).files)["chaos/router.chaos.mjs"]).to.equal("written");
  });

  it("with dryRun it writes nothing", () => {
    expect(what(initProject(dir, { suite, ci: "gitlab", dryRun: true }).files)).to.deep.equal({
      ...{ "chaos/router.chaos.mjs": "written", ".mocharc.json": "written", ".gitlab-ci.yml": "written" },
    });
    expect(readdirSync(dir)).to.deep.equal([]);
    expect(existsSync(join(dir, "chaos"))).to.equal(false);
  });
});
