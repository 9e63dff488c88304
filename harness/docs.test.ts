/** The examples in README and docs run: a page that lies fails here. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import type { Command } from "commander";
import { programFor } from "./cli/program.js";
import type { Fault, Target } from "./core.js";
import { root } from "./paths.js";
import { makePlan } from "./planning/plan.js";
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

  it("every line of the docs that a shell would run is one that the command line takes", async () => {
    const pages = ["README.md", ...readdirSync(join(root, "docs")).filter((name) => name.endsWith(".md") && name !== "reference.md")].map((name) =>
      name === "README.md" ? name : `docs/${name}`,
    );
    const lines = pages.flatMap((page) =>
      blocks(page, "sh")
        .flatMap((text) => text.split("\n"))
        .map((line) => ({ page, line })),
    );
    const ours = lines.filter(({ line }) => /^(npx )?flounder /.test(line));
    expect(ours.length).to.be.above(30);
    for (const { page, line } of ours) {
      // What a shell makes of it.
      const script = `flounder() { printf '%s\\0' "$@" >&3; }; npx() { "$@"; }; ${line}`;
      const { output } = spawnSync("bash", ["-c", script], { cwd: dir, stdio: ["ignore", "ignore", "pipe", "pipe"], encoding: "utf8" });
      const words = String(output[3]).split("\0").slice(0, -1);
      const program = await programFor();
      const reached: string[] = [];
      const hold = (command: Command) => {
        command.exitOverride().configureOutput({ writeErr: () => {} });
        command.action(() => void reached.push(command.name()));
        command.commands.forEach(hold);
      };
      program.commands.forEach(hold);
      program.exitOverride().configureOutput({ writeErr: () => {} });
      await program.parseAsync(["node", "flounder", ...words]).catch((error: Error) => expect.fail(`${page}: ${line}\n${error.message}`));
      expect(reached, `${page}: ${line}`).to.have.length(1);
    }
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
