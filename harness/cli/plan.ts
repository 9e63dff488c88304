/** flounder plan: every choice that a run would make, as JSON, without touching anything. */
import type { Command } from "commander";
import { canonical } from "../canonical.js";
import { planOf } from "../session/planning.js";
import { plural } from "../words.js";
import { say } from "./flags/options.js";
import { type WorkFlags, withWork, workOf } from "./flags/work.js";

export function register(program: Command): void {
  withWork(program.command("plan"))
    .argument("[scenario]", "a scenario's name or file")
    .description("prints the plan of a run as JSON: review it, diff it, approve its digest, replay it with flounder run plan.json")
    .addHelpText("after", "\nExample: flounder plan four-cuts --seed 7 > plan.json")
    .action(async (what: string | undefined, flags: WorkFlags, command: Command) => {
      const { plan } = await planOf(workOf(what, flags, command), { engine: flags.engine });
      for (const warning of plan.warnings) say(`warning: ${warning}`);
      const { acts, injections, probes } = plan;
      say(`plan ${plan.digest}: ${plural(acts.length, "act")}, ${plural(injections.length, "injection")}, ${plural(probes.length, "probe")}`);
      process.stdout.write(canonical(plan));
    });
}
