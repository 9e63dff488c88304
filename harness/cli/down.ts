/** flounder down: heals what is broken, then ends a foundation and everything that belongs to it. */
import type { Command } from "commander";
import { foundationOption, open, say } from "./options.js";

export function register(program: Command): void {
  program
    .command("down")
    .description("ends a foundation: nothing is left of it but results")
    .addOption(foundationOption())
    .addHelpText("after", "\nExample: flounder down --foundation demo")
    .action(async (flags: { foundation?: string }) => {
      const client = await open(flags.foundation, { write: true });
      say(`${client.id}: healing, ending every component …`);
      await client.down();
      say(`${client.id} is down`);
    });
}
