/** flounder detach: heals what is broken in an attached project, and lets go of it; the project stays as its owner has it. */
import type { Command } from "commander";
import { FlounderError } from "../errors.js";
import { foundationOption, open, say } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("detach")
    .description("heals what is broken in an attached project and lets go of it; the project stays, as it was")
    .addOption(foundationOption())
    .addHelpText("after", "\nExample: flounder detach --foundation shop")
    .action(async (flags: { foundation?: string }) => {
      const client = await open(flags.foundation, { write: true });
      const { engine, profile } = await client.facts();
      if (!engine.startsWith("attached")) {
        await client[Symbol.asyncDispose]();
        throw new FlounderError("usage", `${client.id} was brought up here, not attached`, `flounder down --foundation ${client.id} ends it`);
      }
      await client.down();
      say(`${client.id} is detached; ${profile} goes on`);
    });
}
