/** flounder break: one fault, now, on a foundation that is up; prints what the witnesses saw, and what is left of it when it is healed. */
import { type Command, Option } from "commander";
import { nowUs, until } from "../clock.js";
import { wrongOptions } from "../core/options.js";
import type { Fault, Injection } from "../core.js";
import { exitCodes, FlounderError } from "../errors.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import { withChance } from "../planning/chance.js";
import { pickOf, select } from "../planning/select.js";
import { type Random, seeded } from "../random.js";
import { faultOf, loadFaults, loadTarget } from "../registry.js";
import { isProtected } from "../state/foundation.js";
import { watchFoundation } from "../watch/foundation.js";
import type { Watching } from "../watch/watch.js";
import { foundationOption, jsonOption, open, pair, positive, say, seedOption } from "./flags/options.js";
import { aftermath, sayAilments } from "./words/aftermath.js";
import { sayLost, sentence, Telling } from "./words/break-told.js";

/** While nothing happens, how long it still lasts is said so often. */
const leftEveryMs = 10_000;

interface Flags {
  readonly on: string;
  readonly pick: string;
  readonly for: number;
  readonly set: readonly string[];
  readonly seed: number;
  readonly measure: boolean;
  readonly foundation?: string;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("break")
    .argument("<fault>", "flounder list faults")
    .description(
      "injects one fault, shows its witnesses, heals it when its time is over, and says what users lost and what is left of it (exit 2 without a receipt)",
    )
    .addOption(new Option("--on <selector>", "a role, or a glob over target names").makeOptionMandatory())
    .addOption(new Option("--pick <how>", "one, minority, majority, all, a count or a percentage").default("one"))
    .addOption(new Option("--for <seconds>", "how long").default(5).argParser(positive))
    .addOption(new Option("--set <name=value...>", "options of the fault, values as JSON or text").default([]))
    .addOption(seedOption())
    .addOption(new Option("--no-measure", "injects at once, and does not measure what users lose"))
    .addOption(foundationOption())
    .addOption(jsonOption())
    .addHelpText(
      "after",
      "\nExample: flounder break router-flush --on router --pick one --for 5 --set hold=true\nThe options of a fault: flounder describe router-flush",
    )
    .action(async (name: string, flags: Flags) => {
      const fault = faultOf(await loadFaults(), name);
      const random = seeded(flags.seed);
      const options = parsed(fault, flags.set, random);
      const pick = pickOf(flags.pick);
      await using client = await open(flags.foundation, { lease: true, write: true });
      refuseProtected(client.id);
      const { writer } = await client.status();
      if (writer?.command.startsWith("flounder run")) say(`${writer.command} (process ${writer.pid}) is under way on ${client.id}: this makes it inconclusive`);
      const targets = select({ of: flags.on, pick }, fault, options, await client.targets(), random, `break ${name}`);
      const act = { act: "break", fault: name, options, atS: 0, maxS: flags.for };
      const injections = targets.map(({ name: target }): Injection => ({ ...act, id: `break-${nowUs()}/${target}`, target }));
      await injected(client, fault, injections, flags);
    });
}

async function injected(client: KeeperClient, fault: Fault, injections: readonly Injection[], flags: Flags): Promise<void> {
  const before = await client.fingerprint();
  const measuring = flags.measure ? await watchFoundation({ id: client.id, onMeasured: () => {}, readsOnly: true, say }) : undefined;
  const interrupted = healOnSignal(client, injections);
  // With --json each line of stdout is an event.
  const tell = flags.json ? say : (line: string) => void process.stdout.write(`${line}\n`);
  try {
    const telling = new Telling(injections, nowUs());
    await untilHealed(client, telling, flags, tell);
    const lost = measuring && (await lostOf(client, measuring));
    const left = await aftermath(client, before, () => say("healed; waiting for the platform to be as before"));
    const broken = (await client.status()).injections.length > 0;
    for (const line of [...left.differences, ...sayAilments(client.id, left.ailments, broken)]) tell(line);
    const { told } = telling;
    tell(sentence(told, lost, fault.changesNothing));
    const isWhole = told.restoredS.length === injections.length && (told.effectS.length === injections.length || fault.changesNothing === true);
    if (!isWhole) process.exitCode = 2;
    if (interrupted.is) process.exitCode = exitCodes.aborted;
  } finally {
    interrupted.off();
    await measuring?.end().catch(() => {});
  }
}

/** Injects all, and tells each event until the last is healed. Rejects at once when the keeper dies. */
async function untilHealed(client: KeeperClient, telling: Telling, flags: Flags, tell: (line: string) => void): Promise<void> {
  const { injections } = telling;
  const events = client.events();
  const lost = new AbortController();
  const watching = (async () => {
    for await (const event of events) {
      if (!telling.take(event)) continue;
      if (flags.json) process.stdout.write(`${JSON.stringify(event)}\n`);
      else tell(telling.line(event));
    }
  })();
  watching.catch((error) => lost.abort(error));
  const counting = setInterval(() => {
    const left = telling.left(nowUs());
    if (left !== undefined) say(left);
  }, leftEveryMs);
  try {
    await Promise.all(injections.map((one) => client.inject(one)));
    const [first] = injections;
    await until(`${first!.fault} to be healed`, () => telling.isOver, (flags.for + 60) * 1000, 50, lost.signal);
  } finally {
    clearInterval(counting);
  }
}

/** Once: what ends first is asked, the rest is let go. */
async function lostOf(client: KeeperClient, measuring: Watching): Promise<string> {
  const { endpoints } = await measuring.end();
  const { probes } = await loadTarget((await client.facts()).system);
  return sayLost(endpoints, new Map(probes.map(({ name, phrase }) => [name, phrase])));
}

/** Ctrl-C heals at once, and says so; a second one leaves: the keeper heals by itself. */
function healOnSignal(client: KeeperClient, injections: readonly Injection[]): { readonly is: boolean; off(): void } {
  let is = false;
  const onSignal = (name: NodeJS.Signals) => {
    if (is) process.exit(exitCodes.aborted);
    is = true;
    process.stderr.write(`${name}: healing; once more to leave at once (the keeper heals by itself)\n`);
    for (const { id } of injections) client.heal(id).catch(() => {}); // one that was not injected yet, or whose keeper is lost
  };
  process.on("SIGINT", onSignal).on("SIGTERM", onSignal);
  return {
    get is() {
      return is;
    },
    off: () => void process.off("SIGINT", onSignal).off("SIGTERM", onSignal),
  };
}

function refuseProtected(id: string): void {
  if (!isProtected(id)) return;
  throw new FlounderError("refused", `the foundation "${id}" is protected: it takes only a plan that was approved`, "flounder run PLAN --approve DIGEST");
}

/** Values are JSON where they can be, else text. Throws FlounderError "usage" for options that the fault does not have. */
function parsed(fault: Fault, words: readonly string[], random: Random): unknown {
  const value = (text: string): unknown => {
    try {
      return JSON.parse(text);
    } catch {
      return text;
    }
  };
  const given = Object.fromEntries(words.map((word) => pair("--set", word, "how=swallow")).map(([name, text]) => [name, value(text)]));
  const wrong = wrongOptions(fault, given);
  if (wrong !== undefined) throw new FlounderError("usage", wrong, `flounder describe ${fault.name} has its options with defaults and examples`);
  return fault.options.parse(withChance(fault, given, random));
}
