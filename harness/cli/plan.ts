/** flounder plan: every choice that a run would make, as JSON, without touching anything. */
import { type Command, Option } from "commander";
import { canonical } from "../canonical.js";
import { plural } from "../report/words.js";
import { planOf } from "../session/planning.js";
import { engineOption, playbookOption, positive, say, seedOption } from "./options.js";
import { policyOption } from "./policies.js";
import { type WorkFlags, workOf } from "./work.js";

export function register(program: Command): void {
  program
    .command("plan")
    .argument("[scenario]", "a scenario's name or file")
    .description("prints the plan of a run as JSON: review it, diff it, approve its digest, replay it with flounder run plan.json")
    .addOption(seedOption())
    .addOption(engineOption())
    .addOption(new Option("--profile <name>", "instead of the scenario's"))
    .addOption(new Option("--time-factor <n>", "instead of the scenario's").argParser(positive))
    .addOption(policyOption())
    .addOption(playbookOption())
    .addHelpText("after", "\nExample: flounder plan four-cuts --seed 7 > plan.json")
    .action(async (what: string | undefined, flags: WorkFlags, command: Command) => {
      const { plan } = await planOf(workOf(what, flags, command), { engine: flags.engine });
      for (const warning of plan.warnings) say(`warning: ${warning}`);
      const { acts, injections, probes } = plan;
      say(`plan ${plan.digest}: ${plural(acts.length, "act")}, ${plural(injections.length, "injection")}, ${plural(probes.length, "probe")}`);
      process.stdout.write(canonical(plan));
    });
}
