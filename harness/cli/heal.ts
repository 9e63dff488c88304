/** flounder heal: undoes everything that is injected, proves it, and says what the platform still suffers from. Works after the keeper was killed, too. */
import type { Command } from "commander";
import { foundationOption, jsonOption, open, say } from "./flags/options.js";
import { aftermath, sayAilments, sayGate } from "./words/aftermath.js";

export function register(program: Command): void {
  program
    .command("heal")
    .argument("[injection]", "only this one")
    .description(
      "undoes what is injected and whatever else is otherwise than it was made, proves it, and says what the platform still suffers from; takes over if the keeper is dead (exit 2 if something stays broken)",
    )
    .addOption(foundationOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder heal --foundation demo")
    .action(async (injection: string | undefined, flags: { foundation?: string; json?: boolean }) => {
      await using client = await open(flags.foundation, { write: true });
      const reports = await client.heal(injection);
      if (flags.json) process.stdout.write(`${JSON.stringify(reports)}\n`);
      else
        process.stdout.write(
          reports.length === 0
            ? "nothing is injected, and all is as it was made\n"
            : `${reports.map((one) => `${!one.proved ? "NOT HEALED" : one.injection ? "healed    " : "mended    "} ${one.target}: ${one.says}`).join("\n")}\n`,
        );
      const { ailments } = await aftermath(client);
      const status = await client.status();
      const left = [...sayAilments(client.id, ailments, status.injections.length > 0), ...sayGate(client.id, status)];
      for (const line of left) flags.json ? say(line) : process.stdout.write(`${line}\n`);
      if (reports.some((one) => !one.proved)) process.exitCode = 2;
    });
}
