/** The playbooks that come with the foundry: each says what it bets on, can be planned, and the trials of a block differ in nothing but their playbook. */
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { prepared } from "../../../harness/compare/asked.js";
import { planner } from "../../../harness/compare/laboratory.js";
import type { Plan } from "../../../harness/core.js";
import { paper } from "../../../harness/playbooks/paper.js";
import { listPlaybooks, loadPlaybook } from "../../../harness/registry.js";

const days: readonly (readonly [scenario: string, profile: string, playbooks: readonly string[]])[] = [
  ["day-1", "org", ["none", "as-it-was", "release-first", "verify-one", "fail-over-on-flicker", "restore-backup", "degrade"]],
  ["day-2", "org", ["none", "as-it-was", "all-at-once", "ordered", "inside-first"]],
  ["hung-nats", "org", ["none", "restart-nats", "restart-nats-and-routers", "suspend-pruning"]],
  ["ebs-2011", "ebs", ["none", "block", "stop-the-storm"]],
];
const common = { matters: 1.25, alpha: 0.05, seed: 1, engine: "local", operator: "usual" } as const;

describe("the foundry's playbooks", () => {
  it("each says in one sentence what it bets on, and can be read", async () => {
    const names = listPlaybooks().flatMap(({ system, name }) => (system === "foundry" ? [name] : []));
    expect(names).to.include.members([...new Set(days.flatMap(([, , playbooks]) => playbooks))]);
    for (const name of names) {
      const playbook = await loadPlaybook(name, "foundry");
      expect(playbook.name).to.equal(name);
      expect(playbook.says, name).to.match(/^bets /);
      expect(paper(playbook)).to.contain(playbook.says);
    }
  });

  it("two that call themselves alike are refused; one that is named twice is held against itself", async () => {
    const dir = mkdtempSync(join(tmpdir(), "flounder-namesake-"));
    const path = join(dir, "mine.mjs");
    writeFileSync(path, 'export default { name: "ordered", says: "bets on a name", procedures: [] };');
    try {
      const refused = await prepared({ ...common, scenario: "day-2", playbooks: ["ordered", path] }).catch((error: Error) => error.message);
      expect(refused).to.equal(`ordered and ${path} are both called "ordered"`);
      expect((await prepared({ ...common, scenario: "day-2", playbooks: ["ordered", "ordered"] })).design.arms.map(({ name }) => name)).to.deep.equal([
        "ordered",
        "ordered #2",
      ]);
    } finally {
      rmSync(dir, { recursive: true });
    }
  });

  for (const [scenario, profile, playbooks] of days)
    it(`${scenario}: the trials of a block differ in nothing but their playbook; another block has another incident`, async () => {
      const { bench, design } = await prepared({ ...common, scenario, profile, playbooks: [...playbooks] });
      const plan = await planner(bench, design.capS);
      const [first, second] = design.order;
      const plans = playbooks.map((name) => plan(first!.seed, bench.playbooks.get(name)!));
      const without = ({ procedures: _p, playbook: _n, digest: _d, warnings: _w, remedy, foresight: _f, foundation, ...rest }: Plan) => ({
        ...rest,
        foundation: { ...foundation, policy: Object.fromEntries(Object.entries(foundation.policy ?? {}).filter(([name]) => remedy?.[name] === undefined)) },
      });
      for (const one of plans) expect(without(one), one.playbook).to.deep.equal(without(plans[0]!));
      for (const { phases } of plans) expect(phases.aloneS, "nobody but the playbook helps before the cap").to.equal(design.capS);
      expect(new Set(plans.map(({ digest }) => digest)).size).to.equal(playbooks.length);
      const other = plan(second!.seed, bench.playbooks.get(playbooks[0]!)!);
      expect(other.probes).to.not.deep.equal(plans[0]!.probes);
      if (scenario === "day-1") expect(other.injections[0]!.options, "how the supply flickers").to.not.deep.equal(plans[0]!.injections[0]!.options);
      // The first human delay of a procedure is the same person's on the same day.
      const delays = plans.flatMap(({ procedures }) => procedures?.[0]?.steps[0]?.humanS ?? []);
      const medians = playbooks.flatMap((name) => bench.playbooks.get(name)!.procedures[0]?.steps[0]?.humanS ?? []);
      const factors = delays.flatMap((delay, i) => (medians[i] ? [delay / medians[i]!] : []));
      for (const factor of factors) expect(factor).to.be.closeTo(factors[0]!, 0.002);
    });
});
