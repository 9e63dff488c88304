/** The last line of a run, read by a real shell and by the command line's own parser: the plan that comes of it has the same digest. Nothing is started. */
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, realpathSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { Command, Option } from "commander";
import { canonical } from "../canonical.js";
import { type WorkFlags, withWork, workOf } from "../cli/flags/work.js";
import type { FoundationFacts, Scenario } from "../core.js";
import { loadEngine, loadPlaybook, loadScenario, loadTarget } from "../registry.js";
import { type Known, type Planned, planOf, type Work } from "./planning.js";
import { reproOf } from "./repro.js";

/** What a shell makes of a line: the words behind `flounder`, and the faults of one's own. */
function shell(line: string): { readonly words: readonly string[]; readonly faults: string } {
  const script = `flounder() { printf '%s\\0' "\${FLOUNDER_FAULTS-}" "$@"; }; ${line}`;
  const { FLOUNDER_FAULTS: _, ...env } = process.env;
  const { stdout, stderr } = spawnSync("bash", ["-c", script], { encoding: "utf8", env });
  expect(stderr).to.equal("");
  const [faults = "", ...words] = stdout.split("\0").slice(0, -1);
  return { words, faults };
}

/** The same words, as `flounder run` takes them. */
async function parsed(
  words: readonly string[],
): Promise<{ readonly work: Work; readonly engine: string; readonly foundation?: string; readonly approve?: string }> {
  let got: Awaited<ReturnType<typeof parsed>> | undefined;
  const program = new Command().exitOverride();
  withWork(program.command("run"))
    .argument("[scenario]")
    .addOption(new Option("-f, --foundation <name>"))
    .addOption(new Option("--approve <digest>"))
    .action((what: string | undefined, flags: WorkFlags & { foundation?: string; approve?: string }, command: Command) => {
      const { engine, foundation, approve } = flags;
      got = { work: workOf(what, flags, command), engine, ...(foundation ? { foundation } : {}), ...(approve ? { approve } : {}) };
    });
  await program.parseAsync(["node", "flounder", ...words]);
  return got!;
}

interface Case {
  readonly name: string;
  readonly work: () => Work | Promise<Work>;
  readonly engine?: string;
  /** It was up already. */
  readonly live?: { readonly id: string; readonly profile: string; readonly timeFactor: number; readonly policy?: Readonly<Record<string, string>> };
  readonly words?: readonly string[];
  readonly faults?: true;
}

describe("Repro", function () {
  this.timeout(60_000);
  let dir: string;
  const earlier = { cwd: process.cwd(), faults: process.env.FLOUNDER_FAULTS };
  const scenarioFile = (name: string, fault = "noop", playbook = "") =>
    `export default { name: "${name}", says: "one's own", giveUpS: 60, foundation: { profile: "micro", timeFactor: 20 }, must: [], ${playbook}
      acts: [{ id: "a", fault: "${fault}", options: {}, on: { of: "router", pick: "one" }, forS: 1${playbook && ', endedBy: "playbook"'} }] };`;
  const playbookFile = (name: string) =>
    `export default { name: "${name}", says: "one's own", procedures: [{ name: "p", detect: { alarm: "fire" }, steps: [{ say: "put it out", does: "restore", humanS: 2, limitS: 9 }] }] };`;
  const inline: Scenario = {
    name: "inline",
    says: "a suite's",
    giveUpS: 60,
    foundation: { profile: "micro", timeFactor: 20 },
    acts: [{ id: "a", fault: "noop", options: {}, on: { of: "router", pick: "one" }, forS: 1 }],
    must: [],
  };

  before(() => {
    dir = realpathSync(mkdtempSync(join(tmpdir(), "flounder-repro-")));
    for (const folder of ["here", "faults", "it's far away"]) mkdirSync(join(dir, folder));
    writeFileSync(join(dir, "here", "mine.ts"), scenarioFile("mine"));
    writeFileSync(join(dir, "here", "strange.mjs"), scenarioFile("strange", "quake"));
    writeFileSync(join(dir, "here", "played.mjs"), scenarioFile("played", "noop", 'playbook: "none",'));
    writeFileSync(join(dir, "it's far away", "far $HOME.ts"), scenarioFile("far"));
    writeFileSync(join(dir, "here", "by-hand.ts"), playbookFile("by-hand"));
    writeFileSync(join(dir, "faults", "quake.mjs"), 'import noop from "flounder/faults/noop"; export default { ...noop, name: "quake" };');
    process.chdir(join(dir, "here"));
  });
  afterEach(() => {
    if (earlier.faults === undefined) delete process.env.FLOUNDER_FAULTS;
    else process.env.FLOUNDER_FAULTS = earlier.faults;
  });
  after(() => {
    process.chdir(earlier.cwd);
    rmSync(dir, { recursive: true, force: true });
  });

  const known = async ({ engine = "local", live }: Pick<Case, "engine" | "live">): Promise<Known> => {
    if (!live) return { engine };
    const system = await loadTarget("foundry");
    const topology = system.topology(live.profile, live.timeFactor, live.policy ?? {});
    const targets = await (await loadEngine(engine)).targets(topology, system);
    return { engine, live: { facts: { ...live, engine, system: "foundry" } as unknown as FoundationFacts, targets, topology } };
  };
  /** As a results folder has it. */
  const written = ({ plan }: Planned): string => {
    const folder = mkdtempSync(join(dir, "results-"));
    writeFileSync(join(folder, "plan.json"), canonical(plan));
    return folder;
  };
  const plan = async (file: string, work: Work) => {
    writeFileSync(file, canonical((await planOf(work, { engine: "local" })).plan));
    return file;
  };

  const micro = { id: "demo", profile: "micro", timeFactor: 20 };
  const cases: readonly Case[] = [
    { name: "a scenario and a seed", work: () => ({ scenario: "four-cuts", seed: 7 }) },
    { name: "nothing: the target's default", work: () => ({}) },
    { name: "another profile", work: () => ({ scenario: "quiet-nats", seed: 2, profile: "org" }) },
    { name: "another time factor", work: () => ({ scenario: "four-cuts", seed: 3, timeFactor: 12.5 }) },
    { name: "a playbook by name", work: () => ({ scenario: "day-2", seed: 4, playbook: "none" }) },
    { name: "a playbook of one's own", work: () => ({ scenario: "day-1", seed: 5, playbook: "by-hand.ts" }) },
    { name: "a playbook of one's own, by its whole path", work: () => ({ scenario: "day-1", seed: 5, playbook: join(dir, "here", "by-hand.ts") }) },
    { name: "a scenario of one's own", work: () => ({ scenario: "./mine.ts", seed: 6 }) },
    { name: "one that lies elsewhere, under a difficult name", work: () => ({ scenario: "../it's far away/far $HOME.ts", seed: 7 }) },
    { name: "one with a playbook, and another one", work: () => ({ scenario: "played.mjs", seed: 8, playbook: "./by-hand.ts" }) },
    { name: "a fault of one's own", work: () => ({ scenario: "strange.mjs", seed: 9 }), faults: true },
    { name: "a policy", work: () => ({ scenario: "four-cuts", seed: 10, policy: { "cc.onLunLoss": "degrade" } }) },
    { name: "several policies", work: () => ({ scenario: "four-cuts", policy: { "cc.onLunLoss": "degrade", "hm.freshness": "guard" } }) },
    { name: "the other engine", work: () => ({ scenario: "four-cuts", seed: 11 }), engine: "compose", words: ["--engine", "compose"] },
    { name: "a plan file", work: async () => ({ plan: await plan("a.json", { scenario: "four-cuts", seed: 12 }) }) },
    {
      name: "a plan file with a playbook of one's own",
      work: async () => ({ plan: await plan("b.json", { scenario: "day-1", seed: 13, playbook: "by-hand.ts" }), playbook: "by-hand.ts" }),
    },
    { name: "a plan itself", work: async () => ({ plan: (await planOf({ scenario: "four-cuts", seed: 14 }, { engine: "local" })).plan }) },
    { name: "a scenario itself, as suites have it", work: () => ({ scenario: inline, seed: 15 }) },
    {
      name: "a scenario itself, with a playbook that has a name",
      work: async () => ({ scenario: (await loadScenario("day-2")).scenario, playbook: await loadPlaybook("none", "foundry"), seed: 16 }),
    },
    { name: "a foundation that was up", work: () => ({ scenario: "quiet-nats", seed: 17 }), live: micro, words: ["--foundation", "demo"] },
    {
      name: "one with policies of its own",
      work: () => ({ scenario: "quiet-nats", seed: 18 }),
      live: { ...micro, timeFactor: 15, policy: { "hm.freshness": "guard" } },
      words: ["--foundation", "demo"],
    },
    {
      name: "one in containers, which is protected",
      work: () => ({ scenario: "./mine.ts", seed: 19, timeFactor: 20 }),
      engine: "compose",
      live: micro,
      words: ["--foundation", "demo", "--approve", "0123456789abcdef"],
    },
  ];
  for (const { name, work: asked, words = [], faults, ...how } of cases)
    it(`makes the same plan again: ${name}`, async () => {
      if (faults) process.env.FLOUNDER_FAULTS = join("..", "faults");
      const work = await asked();
      const first = await planOf(work, await known(how));
      const line = reproOf({ work, planned: first, words, folder: written(first) });
      const read = shell(line);
      if (read.faults) process.env.FLOUNDER_FAULTS = read.faults;
      else delete process.env.FLOUNDER_FAULTS;
      expect(read.words[0], line).to.equal("run");
      const again = await parsed(read.words);
      expect(again.foundation, line).to.equal(how.live?.id);
      const second = await planOf(again.work, again.foundation ? await known(how) : await known({ engine: again.engine as "local" }));
      expect(second.plan.digest, line).to.equal(first.plan.digest);
    });

  it("is of more than twenty kinds", () => expect(cases.length).to.be.at.least(20));
  it("a fault of one's own that is broken is refused with what is wrong with it", async () => {
    process.env.FLOUNDER_FAULTS = join(dir, "broken");
    mkdirSync(process.env.FLOUNDER_FAULTS);
    writeFileSync(join(process.env.FLOUNDER_FAULTS, "quake.mjs"), 'export default { name: "quake" };');
    const error = await planOf({ scenario: "strange.mjs" }, { engine: "local" }).catch((thrown: Error) => thrown);
    expect((error as Error).message).to.match(/quake\.mjs: not a fault: says: /);
  });
  it("would show another plan", async () => {
    const one = await planOf({ scenario: "four-cuts", seed: 7 }, { engine: "local" });
    const line = reproOf({ work: { scenario: "four-cuts", seed: 7 }, planned: one, words: [], folder: dir });
    expect(line).to.equal("flounder run four-cuts --seed 7");
    expect((await planOf({ scenario: "four-cuts", seed: 8 }, { engine: "local" })).plan.digest).to.not.equal(one.plan.digest);
  });
});
