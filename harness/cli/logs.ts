/** flounder logs: what components wrote. */
import { once } from "node:events";
import { createReadStream, watch } from "node:fs";
import { stat } from "node:fs/promises";
import { type Command, Option } from "commander";
import { FlounderError } from "../errors.js";
import { foundationOption, open, say } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("logs")
    .argument("[component]", "its name (flounder status); without it, the paths of all logs")
    .description("what a component wrote")
    .addOption(foundationOption())
    .addOption(new Option("-f, --follow", "goes on until Ctrl-C, or until the foundation is down"))
    .addHelpText("after", "\nExample: flounder logs COMPONENT -f")
    .action(async (component: string | undefined, flags: { foundation?: string; follow?: boolean }) => {
      await using client = await open(flags.foundation);
      const { components } = await client.facts();
      if (component === undefined) {
        if (flags.follow) throw new FlounderError("usage", "--follow needs a component", `e.g. flounder logs ${components[0]?.name ?? "COMPONENT"} -f`);
        process.stdout.write(`${components.map((c) => `${c.name.padEnd(12)} ${c.log}`).join("\n")}\n`);
        return;
      }
      const found = components.find((c) => c.name === component);
      if (!found) {
        const meant = component === client.id ? `${component} is the foundation: -F ${component}; ` : "";
        throw new FlounderError("usage", `there is no component "${component}"`, `${meant}expected one of ${components.map((c) => c.name).join(", ")}`);
      }
      if (!flags.follow) return print(found.log, process.stdout).then(() => {});
      await follow(found.log, process.stdout);
      say(`${found.log} is gone: the foundation is down`);
    });
}

/** Writes what the file has beyond `from`; resolves with its size. One that is shorter by now was begun again. */
async function print(path: string, to: NodeJS.WritableStream, from = 0): Promise<number> {
  const { size } = await stat(path);
  const start = size < from ? 0 : from;
  if (size > start) for await (const chunk of createReadStream(path, { start, end: size - 1 })) if (!to.write(chunk as Buffer)) await once(to, "drain");
  return size;
}

/** Each line as soon as it is written; resolves when the file has gone. */
export async function follow(path: string, to: NodeJS.WritableStream, signal?: AbortSignal): Promise<void> {
  let changed = true; // what was written before, and while it was read, counts as a change
  let wake = () => {};
  const watcher = watch(path, () => {
    changed = true;
    wake();
  });
  const stop = () => wake();
  watcher.on("error", stop);
  signal?.addEventListener("abort", stop, { once: true });
  try {
    for (let from = 0; signal?.aborted !== true; ) {
      if (changed) {
        changed = false;
        from = await print(path, to, from);
      } else
        await new Promise<void>((resolve) => {
          wake = resolve;
          if (changed || signal?.aborted === true) resolve();
        });
    }
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== "ENOENT") throw error;
  } finally {
    watcher.close();
  }
}
