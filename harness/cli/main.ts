/** The command line: loads one file per command, and turns errors into one message and the designed exit code. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command, CommanderError } from "commander";
import { FlounderError } from "../errors.js";
import { dist } from "../paths.js";
import { version } from "../registry.js";

/** Prints what went wrong and what to do; returns the exit code. */
export function complain(error: unknown): number {
  if (error instanceof FlounderError) {
    process.stderr.write(`flounder: ${error.message}\n  → ${error.hint}\n`);
    return error.exitCode;
  }
  if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 64;
  process.stderr.write(`flounder: a defect in the harness, please report it:\n${error instanceof Error ? error.stack : String(error)}\n`);
  return 70;
}

if (process.platform !== "linux") {
  process.stderr.write(`flounder: ${process.platform} is not supported: it needs /proc, abstract sockets and FUSE\n  → run it in a Linux virtual machine\n`);
  process.exit(64);
}
// Whoever reads along may stop reading (| head): that ends no run, and is no defect.
for (const stream of [process.stdout, process.stderr])
  stream.on("error", (error: NodeJS.ErrnoException) => {
    if (error.code !== "EPIPE") throw error;
  });
const program = new Command("flounder")
  .description("breaks a live Cloud-Foundry-like platform on purpose, and measures control plane and data plane apart")
  .version(await version())
  .exitOverride()
  .showHelpAfterError("  → flounder --help, or flounder COMMAND --help")
  .showSuggestionAfterError();
const commands = readdirSync(join(dist, "harness", "cli")).filter((file) => file.endsWith(".js") && !/^(main|options)\.js$|\.test\./.test(file));
// All of them cost a quarter of a second: the one that is asked for is enough, where it is named like its file.
const registerOf = async (file: string) =>
  ((await import(pathToFileURL(join(dist, "harness", "cli", file)).href)) as { register?: (program: Command) => void }).register;
const named = commands.find((file) => file === `${process.argv[2]}.js`);
const asked = named && (await registerOf(named));
// A file without one is a part of commands.
if (asked) asked(program);
else for (const file of commands.sort()) (await registerOf(file))?.(program);
for (const command of program.commands) command.exitOverride().showHelpAfterError(`  → flounder ${command.name()} --help`);
try {
  await program.parseAsync();
} catch (error) {
  process.exitCode = complain(error);
}
