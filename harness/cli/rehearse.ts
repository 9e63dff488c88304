/** flounder rehearse: when a playbook would have detected something in a run that was recorded, and when its first action would have come. Touches nothing. */
import { type Command, Option } from "commander";
import { usual } from "../playbooks/operator-model.js";
import { plannedProcedures } from "../playbooks/planned.js";
import { rehearsalLines, rehearse } from "../playbooks/rehearse.js";
import { loadPlaybook } from "../registry.js";
import { readResults } from "../results/results.js";
import { jsonOption } from "./flags/options.js";

/** Nobody's delay is drawn: each is its median. */
const median = { ...usual, sigma: 0 };

export function register(program: Command): void {
  program
    .command("rehearse")
    .argument("<playbook>", "a playbook's name or file")
    .description("holds a playbook against a recorded run: when it would have detected, and acted first; touches nothing")
    .addOption(new Option("--against <results>", "a results folder").makeOptionMandatory())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder rehearse fail-over-on-flicker --against results/latest")
    .action(async (name: string, flags: { against: string; json?: boolean }) => {
      const record = readResults(flags.against);
      const playbook = await loadPlaybook(name, record.plan.system);
      const rehearsal = rehearse(
        plannedProcedures(playbook, () => 0.5, median),
        record,
      );
      if (flags.json) process.stdout.write(`${JSON.stringify({ playbook: playbook.name, ...rehearsal }, null, 2)}\n`);
      else for (const line of rehearsalLines(rehearsal)) process.stdout.write(`${line}\n`);
    });
}
