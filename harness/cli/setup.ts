/** flounder setup: gets the tools that foundations run, ahead of their first use. */
import type { Command } from "commander";
import { ensureTools } from "../engines/tools/ensure.js";
import { servers } from "../engines/tools/pins.js";
import { say } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("setup")
    .description("fetches or builds the tools that foundations run, into ~/.cache/flounder; does nothing where all are here")
    .option("--offline", "fetches nothing; says what is missing (exit 2 if something is)")
    .addHelpText("after", "\nExample: flounder setup")
    .action(async (flags: { offline?: boolean }) => {
      if (flags.offline) process.env.FLOUNDER_OFFLINE = "1";
      const paths = await ensureTools(servers, say);
      for (const [name, path] of Object.entries(paths)) process.stdout.write(`${name.padEnd(18)} ${path}\n`);
    });
}
