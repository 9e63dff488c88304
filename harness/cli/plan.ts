/** flounder plan: every choice that a run would make, as JSON, without touching anything. */
import { type Command, Option } from "commander";
import { canonical } from "../canonical.js";
import { engineOption, playbookOption, positive, say, seedOption } from "./options.js";
import { type PlanFlags, planFor } from "./run.js";

export function register(program: Command): void {
  program
    .command("plan")
    .argument("[scenario]", "a scenario's name or file")
    .description("prints the plan of a run as JSON: review it, diff it, approve its digest, replay it with flounder run plan.json")
    .addOption(seedOption())
    .addOption(engineOption())
    .addOption(new Option("--profile <name>", "instead of the scenario's"))
    .addOption(new Option("--time-factor <n>", "instead of the scenario's").argParser(positive))
    .addOption(playbookOption())
    .addHelpText("after", "\nExample: flounder plan four-cuts --seed 7 > plan.json")
    .action(async (what: string | undefined, flags: PlanFlags) => {
      const { plan } = await planFor(what, flags);
      for (const warning of plan.warnings) say(`warning: ${warning}`);
      say(`plan ${plan.digest}: ${plan.acts.length} acts, ${plan.injections.length} injections, ${plan.probes.length} probes`);
      process.stdout.write(canonical(plan));
    });
}
