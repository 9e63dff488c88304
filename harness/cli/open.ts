/** flounder open: the newest report, in a browser where there is one. */
import { spawn } from "node:child_process";
import { existsSync, realpathSync } from "node:fs";
import { join, resolve } from "node:path";
import { pathToFileURL } from "node:url";
import type { Command } from "commander";
import { onPath } from "../engines/tools/find.js";
import { FlounderError } from "../errors.js";
import { say } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("open")
    .argument("[dir]", "a results folder", "results/latest")
    .description("shows the report of a run: prints where it is, and opens it where there is a desktop (xdg-open)")
    .addHelpText("after", "\nExample: flounder open")
    .action((dir: string) => {
      const path = join(resolve(dir), "report.html");
      if (!existsSync(path))
        throw new FlounderError(
          "usage",
          `there is no report ${path}`,
          existsSync(resolve(dir)) ? `flounder report ${dir} writes it` : "flounder run makes one; give its results folder",
        );
      const real = realpathSync(path);
      process.stdout.write(`${real}\n`);
      const opener = process.env.DISPLAY || process.env.WAYLAND_DISPLAY ? onPath("xdg-open") : undefined;
      if (opener)
        spawn(opener, [real], { detached: true, stdio: "ignore" })
          .on("error", (error) => say(`xdg-open: ${error.message}`))
          .unref();
      else say(`${pathToFileURL(real)} opens in any browser, and needs no network`);
    });
}
