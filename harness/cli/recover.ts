/** flounder recover: the target's own recovery, for what the platform still suffers from when everything is healed. It changes the platform as an operator would. */
import { type Command, Option } from "commander";
import { after, nowUs } from "../clock.js";
import type { Ailment } from "../core.js";
import { FlounderError } from "../errors.js";
import type { KeeperClient } from "../keeper/socket/client.js";
import { loadTarget } from "../registry.js";
import { foundationOption, jsonOption, open, positive, say } from "./flags/options.js";
import { aftermath } from "./words/aftermath.js";

interface Flags {
  readonly foundation?: string;
  readonly within: number;
  readonly acceptLoss?: boolean;
  readonly json?: boolean;
}

export function register(program: Command): void {
  program
    .command("recover")
    .description("ends what the platform still suffers from when everything is healed, as its operators would (exit 2 if it cannot)")
    .addOption(foundationOption())
    .addOption(new Option("--within <seconds>", "gives up after so long").default(120).argParser(positive))
    .addOption(new Option("--accept-loss", "what is found damaged for good stays lost; without it that is an error"))
    .addOption(jsonOption())
    .addHelpText("after", "\nExample: flounder recover --foundation demo")
    .action(async (flags: Flags) => {
      await using client = await open(flags.foundation, { write: true });
      await refuseInjected(client);
      const fromUs = nowUs();
      const before = (await aftermath(client)).ailments;
      const said: string[] = [];
      if (before.length > 0)
        await recovered(client, flags, (line) => {
          said.push(line);
          say(`${((nowUs() - fromUs) / 1e6).toFixed(1).padStart(7)} s  ${line}`);
        });
      const { ailments: left } = await aftermath(client);
      const tookS = Math.round((nowUs() - fromUs) / 1e5) / 10;
      if (flags.json) process.stdout.write(`${JSON.stringify({ before, said, left, tookS })}\n`);
      if (left.length > 0) throw stillSuffers(client, left);
      if (!flags.json)
        process.stdout.write(
          before.length === 0 ? "nothing to recover from\n" : `recovered in ${tookS} s from: ${before.map(({ says }) => says).join("; ")}\n`,
        );
    });
}

/** A cause that goes on would undo it, or make it wait in vain. */
async function refuseInjected(client: KeeperClient): Promise<void> {
  const { injections } = await client.status();
  if (injections.length === 0) return;
  const what = injections.map(({ fault, target }) => `${fault} on ${target}`).join(", ");
  throw new FlounderError(
    "refused",
    `not recovered: still injected ${injections.length === 1 ? "is" : "are"} ${what}`,
    `first: flounder heal --foundation ${client.id}`,
  );
}

async function recovered(client: KeeperClient, { within, acceptLoss }: Flags, tell: (line: string) => void): Promise<void> {
  const { system } = await client.facts();
  const deadline = new AbortController();
  const { signal } = deadline;
  const cancel = after(within * 1000, () => deadline.abort(new Error("its time is over")));
  const late = new Promise<never>((_, reject) => signal.addEventListener("abort", () => reject(signal.reason), { once: true }));
  late.catch(() => {}); // seen below
  try {
    const target = await loadTarget(system);
    await Promise.race([target.recover(client.call, await client.topology(), tell, { signal, acceptLoss: acceptLoss ?? false }), late]);
  } catch (error) {
    if (!signal.aborted) throw error;
    throw stillSuffers(client, await client.ailments(), within);
  } finally {
    cancel();
  }
}

function stillSuffers(client: KeeperClient, left: readonly Ailment[], withinS?: number): FlounderError {
  const what = left.map(({ says }) => says).join("; ") || "its last step was not confirmed in time";
  const longer = withinS === undefined ? "" : "; --within SECONDS gives it longer";
  return new FlounderError(
    "platform",
    `not recovered${withinS === undefined ? "" : ` within ${withinS} s`}: ${what}`,
    `flounder status --foundation ${client.id} shows its components, flounder logs what they say${longer}`,
  );
}
