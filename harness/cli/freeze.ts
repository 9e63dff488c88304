/** flounder freeze, unfreeze: the change freeze that 26 April 2011 lacked. */
import { type Command, Option } from "commander";
import { durationMs } from "../durations.js";
import { FlounderError } from "../errors.js";
import { foundationOption, open, say } from "./flags/options.js";

interface Flags {
  readonly foundation?: string;
  readonly until?: string;
  readonly for?: string;
  readonly reason: string;
}

export function register(program: Command): void {
  program
    .command("freeze")
    .description("blocks every verb that writes, operators' verbs included, until a time or for so long; heal, stop and down are never blocked")
    .addOption(foundationOption())
    .addOption(new Option("--until <time>", "when it ends, e.g. 2026-12-01T12:00:00Z"))
    .addOption(new Option("--for <duration>", "instead: so long from now on, e.g. 20m, 2h or 90s").conflicts("until"))
    .addOption(new Option("--reason <text>", "for the journal").makeOptionMandatory())
    .addHelpText("after", '\nExample: flounder freeze --for 20m --reason "paper only until the review"')
    .action(async (flags: Flags) => {
      const until = endOf(flags);
      await using client = await open(flags.foundation, { write: true });
      const { frozen: before } = await client.status();
      await client.freeze(until.toISOString(), flags.reason);
      const { frozen } = await client.status();
      const stays = frozen !== null && frozen.untilIso !== until.toISOString();
      if (stays) return say(`${client.id}: it stays frozen until ${frozen.untilIso}, which is later: ${frozen.reason}`);
      say(`${client.id}: frozen until ${until.toISOString()}${before === null ? "" : ` (before: until ${before.untilIso}, ${before.reason})`}`);
    });
  program
    .command("unfreeze")
    .description("ends a freeze before its time; a stop stays")
    .addOption(foundationOption())
    .addOption(new Option("--reason <text>", "why it is safe again").makeOptionMandatory())
    .addHelpText("after", '\nExample: flounder unfreeze --reason "the review is over"')
    .action(async (flags: { foundation?: string; reason: string }) => {
      await using client = await open(flags.foundation, { write: true });
      const { frozen, stopped } = await client.status();
      await client.unfreeze(flags.reason);
      say(`${client.id}: ${frozen === null ? "it was not frozen" : `no longer frozen (it was until ${frozen.untilIso}: ${frozen.reason})`}`);
      if (stopped !== null) say(`  it stays stopped (${stopped}): flounder release --reason WHY -F ${client.id}`);
    });
}

function endOf({ until, for: forText }: Flags): Date {
  if (forText !== undefined) {
    const ms = durationMs(forText, "s");
    if (ms === undefined) throw new FlounderError("usage", `--for "${forText}" is not a duration`, "give one like 90s, 20m, 2h or 1d");
    return new Date(Date.now() + ms);
  }
  if (until === undefined) throw new FlounderError("usage", "a freeze needs its end", "give --for 20m, or --until 2026-12-01T12:00:00Z");
  const end = new Date(until);
  if (Number.isNaN(end.getTime()))
    throw new FlounderError("usage", `--until "${until}" is not a valid time`, "give ISO 8601, e.g. 2026-12-01T12:00:00Z, or --for 20m");
  if (end.getTime() <= Date.now()) throw new FlounderError("usage", `--until ${until}: that time is over`, "give a later time, or --for 20m");
  return end;
}
