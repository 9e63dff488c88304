/** flounder break: one fault, now, on a foundation that is up; prints what the witnesses saw, and what is left of it when it is healed. */
import { type Command, Option } from "commander";
import { withChance } from "../chance.js";
import { nowUs, until } from "../clock.js";
import type { Injection } from "../core.js";
import { FlounderError } from "../errors.js";
import { isProtected } from "../foundation.js";
import { seeded } from "../random.js";
import { loadFaults } from "../registry.js";
import { firstIssue } from "../scenario.js";
import { pickOf, select } from "../select.js";
import { aftermath, sayAilments } from "./aftermath.js";
import { foundationOption, jsonOption, open, positive, say, seedOption } from "./options.js";

export function register(program: Command): void {
  program
    .command("break")
    .argument("<fault>", "flounder list faults")
    .description("injects one fault, shows its witnesses, heals it when its time is over, and says what is left of it (exit 2 without a receipt)")
    .addOption(new Option("--on <selector>", "a role, or a glob over target names").makeOptionMandatory())
    .addOption(new Option("--pick <how>", "one, minority, majority, all, a count or a percentage").default("one"))
    .addOption(new Option("--for <seconds>", "how long").default(5).argParser(positive))
    .addOption(new Option("--set <name=value...>", "options of the fault, values as JSON or text").default([]))
    .addOption(seedOption())
    .addOption(foundationOption())
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder break router-flush --on router --pick one --for 5 --set hold=true")
    .action(async (name: string, flags: { on: string; pick: string; for: number; set: string[]; seed: number; foundation?: string; json?: boolean }) => {
      const faults = await loadFaults();
      const fault = faults.get(name);
      if (!fault) throw new FlounderError("usage", `fault "${name}" is unknown; there are ${[...faults.keys()].join(", ")}`, "flounder list faults");
      const random = seeded(flags.seed);
      const options = fault.options.safeParse(withChance(fault, Object.fromEntries(flags.set.map(parsePair)), random));
      if (!options.success)
        throw new FlounderError("usage", `options of ${name}: ${firstIssue(options.error)}`, `flounder list faults --json shows the options of ${name}`);
      await using client = await open(flags.foundation, { lease: true, write: true });
      if (isProtected(client.id))
        throw new FlounderError(
          "refused",
          `the foundation "${client.id}" is protected: it takes only a plan that was approved`,
          "flounder run PLAN --approve DIGEST",
        );
      const pick = pickOf(flags.pick);
      const targets = select({ of: flags.on, pick }, fault, options.data, await client.targets(), random, `break ${name}`);
      const injections: Injection[] = targets.map((t) => ({
        id: `break-${nowUs()}/${t.name}`,
        act: "break",
        fault: name,
        options: options.data,
        target: t.name,
        atS: 0,
        maxS: flags.for,
      }));
      const before = await client.fingerprint();
      const zeroUs = nowUs();
      const bitten = new Set<string>();
      const proved = new Set<string>();
      const ended = new Set<string>();
      const watching = (async () => {
        for await (const event of client.events()) {
          if (!("injection" in event) || !injections.some((one) => one.id === event.injection)) continue;
          if (event.kind === "reading" && event.reading.state === "broken") bitten.add(event.injection);
          if (event.kind === "healed") {
            ended.add(event.injection);
            if (event.proved) proved.add(event.injection);
          }
          const says =
            event.kind === "reading"
              ? `${event.kind} ${event.reading.state}`
              : event.kind === "healed"
                ? `healed${event.proved ? "" : ", NOT PROVED"} (${event.why})`
                : event.kind;
          if (flags.json) process.stdout.write(`${JSON.stringify(event)}\n`);
          else
            process.stdout.write(
              `${((event.atUs - zeroUs) / 1e6).toFixed(2).padStart(7)} s  ${event.injection.split("/").slice(1).join("/").padEnd(16)} ${says}\n`,
            );
        }
      })();
      // The connection closes at the end; before, the keeper was lost, and that says what to do.
      const lost = new AbortController();
      watching.catch((error) => lost.abort(error));
      await Promise.all(injections.map((one) => client.inject(one)));
      await until(`${name} to be healed`, () => ended.size === injections.length, (flags.for + 60) * 1000, 50, lost.signal);
      if (bitten.size < injections.length && !fault.changesNothing) process.stdout.write(`${bitten.size} of ${injections.length} were seen to bite\n`);
      const left = await aftermath(client, before, () => say("healed; waiting for the platform to be as before"));
      // With --json each line of stdout is an event.
      const tell = flags.json ? say : (line: string) => void process.stdout.write(`${line}\n`);
      const broken = (await client.status()).injections.length > 0;
      for (const line of [...left.differences, ...sayAilments(client.id, left.ailments, broken)]) tell(line);
      if (bitten.size < injections.length || proved.size < injections.length) process.exitCode = 2;
    });
}

function parsePair(word: string): [string, unknown] {
  const at = word.indexOf("=");
  if (at < 1) throw new FlounderError("usage", `--set "${word}": expected name=value`, "e.g. --set how=swallow");
  const text = word.slice(at + 1);
  try {
    return [word.slice(0, at), JSON.parse(text)];
  } catch {
    return [word.slice(0, at), text];
  }
}
