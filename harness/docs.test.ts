/** The examples in README and docs run: a page that lies fails here. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Fault, Target } from "./core.js";
import { root } from "./paths.js";
import { makePlan } from "./plan.js";
import { paper } from "./playbooks/paper.js";
import { loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget, ownFault } from "./registry.js";

/** Fenced blocks of a language, in order. */
const blocks = (page: string, language: string): string[] =>
  [...readFileSync(join(root, page), "utf8").matchAll(new RegExp(`\`\`\`${language}\n([\\s\\S]*?)\`\`\``, "g"))].map((match) => match[1]!);

describe("docs", () => {
  let dir: string;
  before(() => {
    dir = mkdtempSync(join(tmpdir(), "flounder-docs-"));
  });
  after(() => rmSync(dir, { recursive: true, force: true }));

  it("the scenario of docs/scenarios.md can be planned", async () => {
    const path = join(dir, "empty-table.ts");
    writeFileSync(path, blocks("docs/scenarios.md", "ts")[0]!);
    const { scenario } = await loadScenario(path);
    const system = await loadTarget("foundry");
    const targets = await (await loadEngine("local")).targets(system.topology("org", 20, {}), system);
    const plan = makePlan({ scenario, seed: 7, system, engine: "local", faults: await loadFaults(), targets });
    expect(plan.injections.map((one) => one.fault)).to.deep.equal(["router-flush"]);
    expect(plan.warnings).to.deep.equal([]);
  });

  it("the playbook of docs/playbooks.md can be planned, printed, and asks for verbs that the console has", async () => {
    const path = join(dir, "front-door-first.ts");
    writeFileSync(path, blocks("docs/playbooks.md", "ts")[0]!);
    const playbook = await loadPlaybook(path, "foundry");
    const { scenario } = await loadScenario("day-2");
    const system = await loadTarget("foundry");
    const targets = await (await loadEngine("local")).targets(system.topology("org", 20, {}), system);
    const plan = makePlan({
      scenario: { ...scenario, playbook: playbook.name },
      seed: 7,
      system,
      engine: "local",
      faults: await loadFaults(),
      targets,
      playbook,
    });
    expect(plan.procedures!.map(({ name }) => name)).to.deep.equal(["nobody gets in"]);
    expect(paper(playbook)).to.contain("restore the front end from the saved configs");
    const asked: string[] = [];
    const call = async (component: string, where: string) => {
      asked.push(`${component}${where}`);
      return {};
    };
    await playbook.procedures[0]!.steps[0]!.run!(system.console!(call, system.topology("org", 20, {}), "script", () => {}));
    expect(asked).to.include.members(["firewall-1/config/restore", "lb-1/config/restore", "router-2/config/restore", "dns-1/config/restore"]);
  });

  it("the fault of docs/faults.md, outside of the clone, cuts, heals, and is witnessed", async () => {
    const path = join(dir, "link-freeze.ts");
    writeFileSync(path, blocks("docs/faults.md", "ts")[0]!);
    const fault = (await ownFault(path)) as Fault<"link", object>;
    let cut: string | undefined;
    const link = {
      name: "a>b",
      role: "a",
      can: {
        link: {
          cut: async (how: string) => {
            cut = how;
          },
          mend: async () => {
            cut = undefined;
          },
          carries: async () => cut === undefined,
        },
      },
    } as unknown as Target<"link">;
    const signal = new AbortController().signal;
    const read = async () => (await fault.witness(link, {}, signal)).state;
    expect(await read()).to.equal("intact");
    await fault.inject(link, {}, signal);
    expect([cut, await read()]).to.deep.equal(["swallow", "broken"]);
    await fault.heal(link, {}, signal);
    await fault.heal(link, {}, signal);
    expect(await read()).to.equal("intact");
  });

  it("how many components com has is said as it is", async () => {
    const system = await loadTarget("foundry");
    const { length } = system.topology("com", system.timeFactorOf("com"), {}).components;
    const page = readFileSync(join(root, "docs", "decisions.md"), "utf8");
    const said = [...page.matchAll(/\*\*[^*]*`com`[^*]*\*\*[^\n]*?(\d+) components/g)].map(([, n]) => Number(n));
    expect(said).to.deep.equal([length, length]);
  });

  it("every fault, scenario and command that docs name exists", async () => {
    const text = ["README.md", "docs/whats-here.md", "docs/playbooks.md"].map((page) => readFileSync(join(root, page), "utf8")).join("\n");
    const faults = await loadFaults();
    for (const [, name] of text.matchAll(/flounder break ([a-z-]+)/g)) expect(faults.has(name!), `flounder break ${name}`).to.equal(true);
    for (const [, path] of text.matchAll(/`((?:harness|faults|targets|docs|scripts|compose|bench)\/[\w./-]*)`/g))
      expect(() => readFileSync(join(root, path!)), `${path} is named in the docs`).to.satisfy((read: () => unknown) => {
        try {
          read();
          return true;
        } catch (error) {
          return (error as NodeJS.ErrnoException).code === "EISDIR";
        }
      });
  });
});
