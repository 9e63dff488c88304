/** flounder stop, release: the hand on the abort button. */
import { type Command, Option } from "commander";
import { foundationOption, open, say } from "./flags/options.js";
import { sayGate } from "./words/aftermath.js";

export function register(program: Command): void {
  program
    .command("stop")
    .description("heals everything and blocks new injections until flounder release")
    .addOption(foundationOption())
    .addOption(new Option("--reason <text>", "for the journal").default("stopped by hand"))
    .addHelpText("after", '\nExample: flounder stop --reason "customers call"')
    .action(async (flags: { foundation?: string; reason: string }) => {
      await using client = await open(flags.foundation, { write: true });
      await client.stop(flags.reason);
      say(`${client.id}: all healed, new injections are blocked until: flounder release --reason TEXT`);
    });
  program
    .command("release")
    .description("allows injections again after a stop; a freeze stays")
    .addOption(foundationOption())
    .addOption(new Option("--reason <text>", "why it is safe again").makeOptionMandatory())
    .addHelpText("after", '\nExample: flounder release --reason "call is over"')
    .action(async (flags: { foundation?: string; reason: string }) => {
      await using client = await open(flags.foundation, { write: true });
      const { stopped, frozen } = await client.status();
      await client.release(flags.reason);
      if (frozen === null) return say(`${client.id}: ${stopped === null ? "it was not stopped; injections are allowed" : "injections are allowed again"}`);
      say(`${client.id}: ${stopped === null ? "it was not stopped" : "the stop is over"}, but it stays frozen: nothing may be injected`);
      for (const line of sayGate(client.id, { stopped: null, frozen })) say(line);
    });
}
