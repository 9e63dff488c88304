/** A trial as `flounder compare` runs it, on a real foundation: its playbook throws, and that is told, counted, and ends nothing but its procedure. */
import { mkdtempSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect } from "chai";
import { conditionsOf } from "../../../harness/compare/conditions.js";
import { designOf } from "../../../harness/compare/design.js";
import { liveLaboratory } from "../../../harness/compare/laboratory.js";
import { nextAttempt } from "../../../harness/compare/trials.js";
import type { Playbook } from "../../../harness/core.js";
import { listFoundations } from "../../../harness/keeper/start.js";
import { usual } from "../../../harness/playbooks/operator-model.js";
import { loadTarget } from "../../../harness/registry.js";
import none from "../playbooks/none.js";
import day2 from "../scenarios/day-2.js";
import { openHome } from "../testing/live-foundation.js";

const throwing: Playbook = {
  name: "throwing",
  says: "bets on a typo",
  procedures: [
    {
      name: "nobody gets in",
      detect: { plane: "data", from: "outside", is: "down", forS: 1 },
      steps: [
        {
          say: "restore what is not there",
          does: "restore",
          limitS: 5,
          run: async () => Promise.reject(new TypeError("operator.restoreAll is not a function")),
        },
      ],
    },
  ],
};

describe("a trial on a real foundation", function () {
  this.timeout(120_000);
  let home: ReturnType<typeof openHome>;
  let dir: string;
  before(() => {
    home = openHome("trial");
    dir = mkdtempSync(join(tmpdir(), "flounder-trial-"));
  });
  after(() => {
    rmSync(dir, { recursive: true, force: true });
    home.close();
  });

  it("counts though its playbook threw: not recovered at the cap, healed all the same, and nothing is left", async () => {
    const scenario = { ...day2, foundation: { ...day2.foundation, profile: "micro" }, acts: day2.acts.slice(0, 1) };
    const playbooks = [throwing, none];
    const common = { engine: "local" as const, matters: 1.25, alpha: 0.05, seed: 1, operator: usual.name, flounder: "0", machine: "m" };
    const design = designOf({ ...common, scenario, playbooks, capS: 6, blocks: 6, conditions: conditionsOf(scenario, playbooks, usual), shiftS: () => 0.1 });
    const system = await loadTarget("foundry");
    const bench = { scenario, system, engine: "local" as const, playbooks: new Map(playbooks.map((one) => [one.name, one])), operator: usual };
    const laboratory = await liveLaboratory(bench, design, dir, join(dir, "trials"), []);
    const { trial, strip } = await laboratory(nextAttempt(design, [], 1, "throwing")!, new AbortController().signal);
    expect(trial, JSON.stringify(trial)).to.deep.include({ ending: "threw", recovered: false, recoveryS: 6, invalid: null, undone: true });
    expect(trial.lostS.data.outside.lo).to.be.within(4.5, 6);
    expect(trial.lostS.data.outside.hi).to.be.at.most(6);
    expect(strip?.lanes).to.have.length(4);
    expect(readFileSync(join(dir, trial.results, "timeline.jsonl"), "utf8")).to.contain(
      "the playbook has a defect: restore what is not there: operator.restoreAll is not a function",
    );
    expect(await listFoundations()).to.deep.equal([]);
  });
});
