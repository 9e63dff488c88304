/** flounder down: heals what is broken, then ends a foundation and everything that belongs to it. */
import type { Command } from "commander";
import { folderOf, folders } from "../keeper/folder.js";
import { clearAway, listFoundations } from "../keeper/start.js";
import { isThere } from "../state/own-file.js";
import { foundationOption, open, say } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("down")
    .description("ends a foundation: nothing is left of it but results")
    .addOption(foundationOption())
    .addHelpText("after", "\nExample: flounder down --foundation demo")
    .action(async (flags: { foundation?: string }) => {
      const there = folders();
      const id = flags.foundation ?? (there.length === 1 ? there[0] : undefined);
      const client = await open(flags.foundation, { write: true }).catch((error) => {
        // It was there when we began, and is not any more: that is what was asked for.
        if (id !== undefined && there.includes(id) && !isThere(folderOf(id))) return void say(`${id} is down: another command ended it meanwhile`);
        return endUnhealed(flags.foundation, error);
      });
      if (!client) return;
      say(`${client.id}: healing, ending every component …`);
      const elsewhere = await client.down().then(
        () => false,
        async (error: Error) => {
          if ((await listFoundations()).some(({ id }) => id === client.id)) throw error;
          return true;
        },
      );
      say(`${client.id} is down${elsewhere ? ": another command ended it meanwhile" : ""}`);
    });
}

/** Where no keeper can take over (a damaged folder, a port that is somebody else's), what is left is ended without healing it first. */
async function endUnhealed(name: string | undefined, error: Error): Promise<undefined> {
  const left = (await listFoundations()).filter((one) => name === undefined || one.id === name);
  if (left.length !== 1) throw error;
  say(`it cannot be taken over: ${error.message}`);
  await clearAway(left[0]!.id, say);
  say(`${left[0]!.id} is down; nothing was healed, all of it was ended`);
}
