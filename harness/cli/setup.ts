/** flounder setup: gets the tools that foundations run, ahead of their first use. */
import { Argument, type Command } from "commander";
import { ensureTools } from "../engines/tools/ensure.js";
import { servers } from "../engines/tools/pins.js";
import { say } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("setup")
    .addArgument(new Argument("[tool]", "what --load needs; absent: what foundations run").choices(["k6"]))
    .description("fetches or builds the tools that foundations run, into ~/.cache/flounder; does nothing where all are here")
    .option("--offline", "fetches nothing; says what is missing (exit 2 if something is)")
    .addHelpText("after", "\nExample: flounder setup")
    .action(async (tool: "k6" | undefined, flags: { offline?: boolean }) => {
      if (flags.offline) process.env.FLOUNDER_OFFLINE = "1";
      const paths = await ensureTools(tool === undefined ? servers : [tool], say);
      for (const [name, path] of Object.entries(paths)) process.stdout.write(`${name.padEnd(18)} ${path}\n`);
    });
}
