/** flounder heal: undoes everything that is injected, and proves it. Works after the keeper was killed, too. */
import type { Command } from "commander";
import { foundationOption, jsonOption, open } from "./options.js";

export function register(program: Command): void {
  program
    .command("heal")
    .argument("[injection]", "only this one")
    .description("undoes what is injected, and proves it; takes over if the keeper is dead (exit 2 if something stays broken)")
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
            ? "nothing is injected\n"
            : `${reports.map((one) => `${one.proved ? "healed    " : "NOT HEALED"} ${one.target}: ${one.says}`).join("\n")}\n`,
        );
      if (reports.some((one) => !one.proved)) process.exitCode = 2;
    });
}
