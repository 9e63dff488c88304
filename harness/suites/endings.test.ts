/** However mocha ends, the foundation is as it was before. One foundation serves all, but for the two that parallel suites bring up. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { expect } from "chai";
import { DOMParser } from "linkedom";
import { until } from "../clock.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import { listFoundations } from "../keeper/start.js";
import { dist, root } from "../paths.js";
import { loadTarget } from "../registry.js";
import { raise } from "../session/foundation.js";
import { passingName } from "../state/foundation.js";

const mochaProgram = join(root, "node_modules", "mocha", "bin", "mocha.js");
const reporter = join(dist, "harness", "suites", "reporter.js");
const healMs = 20_000;

describe("the foundation is as before", function () {
  this.timeout(60_000);
  let dir: string;
  let client: KeeperClient;
  let before_: Readonly<Record<string, string>>;

  /** A suite on the foundation that is up; `hold` injects what only an ending heals, and says so. */
  const suite = (body: string, options = `{ attach: ${JSON.stringify(client.id)} }`) => `
import { foundation } from ${JSON.stringify(pathToFileURL(join(dist, "harness", "mocha.js")).href)};
import fault from ${JSON.stringify(pathToFileURL(join(dist, "faults", "process-pause.js")).href)};
describe("a suite", function () {
  this.timeout(30_000);
  const micro = foundation("micro", ${options});
  const hold = async () => {
    await micro.client().inject({ id: "held", act: "held", fault: "process-pause", options: {}, target: "router-1", atS: 0, maxS: 300 });
    console.log("HELD");
  };
  const forever = () => new Promise((resolve) => setTimeout(resolve, 1e6));
  ${body}
});`;
  const start = (names: readonly string[], words: readonly string[] = []) =>
    spawn(process.execPath, [mochaProgram, "--no-config", "--exit", ...words, ...names], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
  const write = (name: string, text: string) => {
    writeFileSync(join(dir, name), text);
    return name;
  };
  /** Resolves with all that it said, once it has ended. */
  async function ended(child: ChildProcess, act?: (said: string) => void): Promise<{ code: number | null; said: string }> {
    let said = "";
    for (const stream of [child.stdout!, child.stderr!])
      stream.on("data", (chunk: Buffer) => {
        said += chunk.toString();
        act?.(said);
      });
    const [code] = (await once(child, "close")) as [number | null];
    return { code, said };
  }
  async function asBefore(said: string): Promise<void> {
    expect(said, "the fault was injected").to.contain("HELD");
    await until("everything to be healed", async () => (await client.status()).injections.length === 0, healMs, 100);
    await until("the fingerprint to be as before", async () => JSON.stringify(await client.fingerprint()) === JSON.stringify(before_), healMs, 100);
    expect(await client.differences()).to.deep.equal([]);
  }

  before(async () => {
    dir = mkdtempSync(join(tmpdir(), "flounder-endings-"));
    const system = await loadTarget("foundry");
    const inputs = { id: passingName("endings"), system, profile: "micro", timeFactor: system.timeFactorOf("micro"), policy: {}, engine: "local" as const };
    client = await raise(inputs, () => {});
    // On a busy machine a component may still be arriving when the first one answers.
    let alike = 0;
    await until(
      "the fingerprint to stay as it is",
      async () => {
        const now = await client.fingerprint();
        alike = JSON.stringify(now) === JSON.stringify(before_) ? alike + 1 : 0;
        before_ = now;
        return alike >= 10;
      },
      healMs,
      100,
    );
  });
  after(async () => {
    await client.down();
    rmSync(dir, { recursive: true, force: true });
  });

  const endings: Readonly<Record<string, { readonly body: string; readonly words?: readonly string[]; readonly says: string }>> = {
    "a test times out": { body: `it("hangs", async function () { this.timeout(1500); await hold(); await forever(); });`, says: "Timeout of 1500ms exceeded" },
    "a before times out": {
      body: `before(async function () { this.timeout(1500); await hold(); await forever(); }); it("never runs", () => {});`,
      says: "before all",
    },
    "one test is .only": { body: `it.only("leaves it", hold); it("is not run", () => { throw new Error("it was run"); });`, says: "1 passing" },
    "--bail ends at the first": {
      ...{ body: `it("fails", async () => { await hold(); throw new Error("no good"); }); it("is not run", () => { throw new Error("it was run"); });` },
      ...{ words: ["--bail"], says: "no good" },
    },
    "a test throws": { body: `it("fails", async () => { await hold(); throw new Error("no good"); });`, says: "no good" },
    "process.exit is called": { body: `it("leaves", async () => { await hold(); process.exit(3); });`, says: "HELD" },
  };
  for (const [what, { body, words, says }] of Object.entries(endings))
    it(`when ${what}`, async () => {
      const { said } = await ended(start([write("ending.chaos.mjs", suite(body))], words));
      expect(said).to.contain(says).and.to.not.contain("it was run");
      await asBefore(said);
    });

  for (const signal of ["SIGINT", "SIGKILL"] as const)
    it(`when mocha gets ${signal}; what was finished is in junit.xml, which parses`, async () => {
      const body = `it("is finished", () => {}); it("is under way", async () => { await hold(); await forever(); });`;
      const child = start([write("ending.chaos.mjs", suite(body))], ["--timeout", "30000", "--reporter", reporter]);
      let sent = false;
      const { said } = await ended(child, (text) => {
        if (!sent && text.includes("HELD")) sent = child.kill(signal);
        // mocha ends at once only when it is told twice: the first lets the test under way end.
        if (signal === "SIGINT" && sent) setTimeout(() => child.kill("SIGINT"), 300).unref();
      });
      await asBefore(said);
      const document = new DOMParser().parseFromString(readFileSync(join(dir, "results", "junit.xml"), "utf8"), "text/xml");
      const names = [...document.querySelectorAll("testcase")].map((one) => one.getAttribute("name"));
      expect(names).to.include("is finished");
    });

  it("when two suites run in parallel: each on its own, and nothing of either is left", async () => {
    mkdirSync(join(dir, "parallel"));
    const names = ["one", "two"].map((name) =>
      write(join("parallel", `${name}.chaos.mjs`), suite(`it("fails", async () => { await hold(); throw new Error("${name} fails"); });`, "{}")),
    );
    const { said } = await ended(start(names, ["--parallel", "--jobs", "2", "--reporter", reporter]));
    expect(said).to.contain("one fails").and.to.contain("two fails");
    const own = (await listFoundations()).filter(({ id }) => id.startsWith("suite-micro"));
    expect(own).to.deep.equal([]);
    const junit = readFileSync(join(dir, "results", "junit.xml"), "utf8");
    expect(junit).to.contain('tests="2" failures="2"');
  });

  const samples = new Map(
    [...readFileSync(join(root, "docs/suites.md"), "utf8").matchAll(/```\w+ (\S+)\n([\s\S]*?)```/g)].map(([, name, text]) => [name!, text!]),
  );
  for (const [name, words, says] of [
    ["mocha.chaos.mjs", [mochaProgram, "--no-config", "--exit"], /1 passing/],
    // Read, and not run: what it does the suites of ours do, and it takes as long again.
    ["node.test.mjs", ["--test", "--test-name-pattern=^nothing$"], /fail 0\b/],
  ] as const)
    it(`${name} of docs/suites.md works in a project, and leaves nothing injected`, async () => {
      // As in a project that has installed us; on the foundation that is up, so that it need not bring one up of its own.
      mkdirSync(join(dir, "node_modules"), { recursive: true });
      for (const [module, to] of [
        ["flounder", root],
        ["chai", join(root, "node_modules", "chai")],
      ] as const)
        if (!existsSync(join(dir, "node_modules", module))) symlinkSync(to, join(dir, "node_modules", module));
      const text = samples.get(name)!.replace('("micro", {', `("micro", { attach: "${client.id}",`);
      expect(text).to.contain(client.id);
      const child = spawn(process.execPath, [...words, write(name, text)], { cwd: dir, stdio: ["ignore", "pipe", "pipe"] });
      const { code, said } = await ended(child);
      expect(code, said).to.equal(0);
      expect(said).to.match(says);
      // The probes' apps stay: fingerprints are no longer what they were.
      expect((await client.status()).injections).to.deep.equal([]);
      expect(await client.differences()).to.deep.equal([]);
    }).timeout(120_000);
});
