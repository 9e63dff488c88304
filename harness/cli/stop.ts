/** flounder stop, release, freeze: the hand on the abort button, and the change freeze that 26 April 2011 lacked. */
import { type Command, Option } from "commander";
import { FlounderError } from "../errors.js";
import { foundationOption, open, say } from "./options.js";

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
    .description("allows injections again after a stop")
    .addOption(foundationOption())
    .addOption(new Option("--reason <text>", "why it is safe again").makeOptionMandatory())
    .addHelpText("after", '\nExample: flounder release --reason "call is over"')
    .action(async (flags: { foundation?: string; reason: string }) => {
      await using client = await open(flags.foundation, { write: true });
      await client.release(flags.reason);
      say(`${client.id}: injections are allowed again`);
    });
  program
    .command("freeze")
    .description("blocks every verb that writes, operators' verbs included, until a time")
    .addOption(foundationOption())
    .addOption(new Option("--until <iso>", "when it ends, e.g. 2026-12-01T12:00:00Z").makeOptionMandatory())
    .addOption(new Option("--reason <text>", "for the journal").makeOptionMandatory())
    .addHelpText("after", '\nExample: flounder freeze --until 2026-12-01T12:00:00Z --reason "paper only until the review"')
    .action(async (flags: { foundation?: string; until: string; reason: string }) => {
      const until = new Date(flags.until);
      if (Number.isNaN(until.getTime()))
        throw new FlounderError("usage", `--until "${flags.until}" is no time`, "expected ISO 8601, e.g. 2026-12-01T12:00:00Z");
      await using client = await open(flags.foundation, { write: true });
      await client.freeze(until.toISOString(), flags.reason);
      say(`${client.id}: frozen until ${until.toISOString()}`);
    });
}
