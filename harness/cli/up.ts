/** flounder up: a foundation that stays until flounder down, ready to be used. */
import { type Command, Option } from "commander";
import { FlounderError } from "../errors.js";
import { loadEngine, loadTarget } from "../registry.js";
import { raise } from "../session/foundation.js";
import { engineOption, jsonOption, positive, profileOf, profileOption, say, targetOption, whole } from "./flags/options.js";
import { policiesOf, policyOption } from "./flags/policies.js";
import { printStatus } from "./status.js";
import { nextCommands } from "./words/next-commands.js";

export function register(program: Command): void {
  program
    .command("up")
    .description("brings up a foundation and keeps it until flounder down")
    .addOption(new Option("--name <name>", "its name").default("flounder"))
    .addOption(targetOption())
    .addOption(profileOption("how large"))
    .addOption(engineOption())
    .addOption(new Option("--time-factor <n>", "divides the platform's long timers (default: the profile's own)").argParser(positive))
    .addOption(policyOption())
    .addOption(new Option("--port-base <n>", "first port of the foundation's block").argParser(whole))
    .addOption(new Option("--protect", "only a plan whose digest was approved may run on it"))
    .addOption(new Option("--print", "what it would start, as a compose file on stdout; starts nothing"))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder up --profile micro --name demo")
    .action(
      async (flags: {
        name: string;
        target?: string;
        profile?: string;
        engine: string;
        timeFactor?: number;
        policy: string[];
        portBase?: number;
        protect?: boolean;
        print?: boolean;
        json?: boolean;
      }) => {
        const system = await loadTarget(flags.target);
        const profile = profileOf(system, flags.profile);
        const timeFactor = flags.timeFactor ?? system.timeFactorOf(profile);
        const policy = policiesOf(flags.policy);
        const topology = system.topology(profile, timeFactor, policy);
        if (flags.print) {
          const engine = await loadEngine(flags.engine);
          if (!engine.print) throw new FlounderError("usage", `the ${engine.name} engine has nothing to print`, "print with --engine compose");
          process.stdout.write(engine.print(topology, system, flags.portBase));
          return;
        }
        const { name: id, engine, portBase } = flags;
        await using client = await raise({ id, system, profile, timeFactor, policy, engine, portBase }, say, { stays: true, protect: flags.protect });
        // What only probes need is made when a run begins.
        await system.prepare(await client.facts(), say, false);
        const facts = await client.facts();
        printStatus(facts, flags.json ?? false);
        if (!flags.json) for (const line of nextCommands(system, facts)) say(line);
      },
    );
}
