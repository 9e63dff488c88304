/** flounder describe: a fault with its options, a scenario with its acts, a playbook with its steps. */
import { resolve } from "node:path";
import type { Command } from "commander";
import { isOwnFile } from "../authors/own-module.js";
import { FlounderError } from "../errors.js";
import { faultOf, listPlaybooks, listScenarios, loadEngine, loadFaults, loadPlaybook, loadScenario, loadTarget, ownFault } from "../registry.js";
import { profileOf, profileOption } from "./flags/options.js";
import { describeFault, describePlaybook, describeScenario } from "./words/describe.js";
import { validate } from "./words/validate.js";

interface Flags {
  readonly target?: string;
  readonly profile?: string;
}

export function register(program: Command): void {
  program
    .command("describe")
    .argument("<name>", "of a fault, a scenario or a playbook, or a file of one's own")
    .description("says what a fault, a scenario or a playbook does, with options, defaults and an example")
    .option("--target <name>", "the system under test (default: the one that has it, or the default one)")
    .addOption(profileOption("whose targets examples are for"))
    .addHelpText("after", "\nExample: flounder describe link-latency")
    .action(async (name: string, flags: Flags) => {
      process.stdout.write(`${(await described(name, flags)).join("\n")}\n`);
    });
}

async function described(name: string, flags: Flags): Promise<readonly string[]> {
  if (isOwnFile(name)) {
    const { kind } = await validate(name, flags.target);
    if (kind === "fault") return describeFault(await ownFault(resolve(name)), await targetsOf(flags));
    if (kind === "playbook") return describePlaybook(await loadPlaybook(name, flags.target));
    return describeScenario((await loadScenario(name, flags.target)).scenario);
  }
  const faults = await loadFaults();
  if (faults.has(name) || faults.broken.has(name)) return describeFault(faultOf(faults, name), await targetsOf(flags));
  if (listScenarios().some((one) => one.name === name)) return describeScenario((await loadScenario(name, flags.target)).scenario);
  if (listPlaybooks().some((one) => one.name === name)) return describePlaybook(await loadPlaybook(name, flags.target));
  throw new FlounderError(
    "usage",
    `there is no fault, scenario or playbook "${name}"`,
    `there are ${[...faults.keys(), ...listScenarios().map((one) => one.name), ...listPlaybooks().map((one) => one.name)].join(", ")}`,
  );
}

async function targetsOf({ target, profile }: Flags) {
  const system = await loadTarget(target);
  const whose = profileOf(system, profile);
  return (await loadEngine("local")).targets(system.topology(whose, system.timeFactorOf(whose), {}), system);
}
