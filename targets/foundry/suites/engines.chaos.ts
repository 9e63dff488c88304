/**
 * One scenario on both engines: the platform does the same in processes and in containers. It takes minutes, so it runs only where Docker is asked for:
 * FLOUNDER_DOCKER=1; FLOUNDER_COMPARE names the scenarios, by commas (npm run compare).
 */
import { spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Verdict } from "../../../harness/core.js";
import { differences } from "../../../harness/measure/agree.js";
import { root } from "../../../harness/paths.js";

const asked = process.env.FLOUNDER_DOCKER === "1";
const scenarios = (process.env.FLOUNDER_COMPARE ?? "april-2011").split(",");
const profile = "org";

(asked ? describe : describe.skip)("both engines, compared (only with FLOUNDER_DOCKER=1)", function () {
  this.timeout(600_000);
  let home: string;
  before(() => {
    home = mkdtempSync(join(tmpdir(), "flounder-compared-"));
  });
  after(() => rmSync(home, { recursive: true, force: true }));

  async function verdictOf(scenario: string, engine: string): Promise<Verdict> {
    const results = join(process.env.FLOUNDER_RESULTS ?? home, engine);
    const words = ["run", scenario, "--engine", engine, "--profile", profile, "--results", results, "--json"];
    const child = spawn(process.execPath, [join(root, "bin", "flounder.mjs"), ...words], { stdio: ["ignore", "pipe", "pipe"] });
    let [json, says] = ["", ""];
    child.stdout.on("data", (chunk) => {
      json += chunk;
    });
    child.stderr.on("data", (chunk) => {
      says += chunk;
    });
    const [status] = (await once(child, "close")) as [number | null];
    expect(json, `${words.join(" ")} ended with ${status}: ${says.slice(-2000)}`).to.not.equal("");
    return JSON.parse(json) as Verdict;
  }

  for (const scenario of scenarios)
    it(`${scenario} on ${profile}: passes on both, and their plane matrices agree`, async () => {
      const local = await verdictOf(scenario, "local");
      const compose = await verdictOf(scenario, "compose");
      for (const { engine, result, findings } of [local, compose]) expect(result, `${engine}: ${findings.map(({ says }) => says).join("; ")}`).to.equal("pass");
      expect(differences(local, compose)).to.deep.equal([]);
    });
});
