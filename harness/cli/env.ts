/** flounder env: what clients and joining members need to know, as variables for a shell. It has passwords: to the terminal of whoever owns the foundation, and nowhere else. */
import type { Command } from "commander";
import { derived } from "../engines/secrets.js";
import { FlounderError } from "../errors.js";
import { folderOf, readSecret } from "../keeper/folder.js";
import { loadTarget } from "../registry.js";
import { foundationOption, jsonOption, open } from "./flags/options.js";

export function register(program: Command): void {
  program
    .command("env")
    .description("addresses, users and passwords, for clients and for components of yours that join; keep what it prints to yourself")
    .addOption(foundationOption())
    .addOption(jsonOption())
    .addHelpText("after", '\nExample: eval "$(flounder env --foundation demo)"')
    .action(async (flags: { foundation?: string; json?: boolean }) => {
      await using client = await open(flags.foundation);
      const facts = await client.facts();
      const { env } = await loadTarget(facts.system);
      if (!env) throw new FlounderError("usage", `target "${facts.system}" names no variables`, "flounder status has the addresses");
      const secret = readSecret(folderOf(facts.id));
      const variables = env(facts, (label) => derived(secret, label));
      process.stdout.write(flags.json ? `${JSON.stringify(variables, null, 2)}\n` : exports(variables));
    });
}

/** One line each, which a POSIX shell reads whatever is in the value. */
export const exports = (variables: Readonly<Record<string, string>>): string =>
  Object.entries(variables)
    .map(([name, value]) => `export ${name}='${value.replaceAll("'", `'\\''`)}'\n`)
    .join("");
