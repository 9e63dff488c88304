/** flounder logs: what components wrote. */
import { createReadStream, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { pipeline } from "node:stream/promises";
import { type Command, Option } from "commander";
import { FlounderError } from "../errors.js";
import { foundationOption, open } from "./options.js";

export function register(program: Command): void {
  program
    .command("logs")
    .argument("[component]", "e.g. cc-1; without it, the paths of all logs")
    .description("what a component wrote")
    .addOption(foundationOption())
    .addOption(new Option("--follow", "goes on until Ctrl-C"))
    .addHelpText("after", "\nExample: flounder logs cc-1 --follow")
    .action(async (component: string | undefined, flags: { foundation?: string; follow?: boolean }) => {
      await using client = await open(flags.foundation);
      const { components } = await client.facts();
      if (component === undefined) {
        process.stdout.write(`${components.map((c) => `${c.name.padEnd(12)} ${c.log}`).join("\n")}\n`);
        return;
      }
      const found = components.find((c) => c.name === component);
      if (!found) throw new FlounderError("usage", `there is no component "${component}"`, `expected one of ${components.map((c) => c.name).join(", ")}`);
      let from = 0;
      const more = async () => {
        const { size } = await stat(found.log);
        if (size > from) await pipeline(createReadStream(found.log, { start: from, end: size - 1 }), process.stdout, { end: false });
        from = size;
      };
      await more();
      if (flags.follow) for await (const _ of follow(found.log)) await more();
    });
}

/** Yields whenever the file has changed. */
async function* follow(path: string): AsyncGenerator<void> {
  for (;;) {
    await new Promise<void>((resolve) => {
      const watcher = watch(path, () => {
        watcher.close();
        resolve();
      });
    });
    yield;
  }
}
