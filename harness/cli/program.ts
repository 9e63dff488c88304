/** The tree of commands: one file per command. What all of them have in common is added here, once. */
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { Command, Option } from "commander";
import { dist } from "../paths.js";
import { version } from "../registry.js";
import { beQuiet } from "./flags/options.js";

const folder = join(dist, "harness", "cli");
const files = () => readdirSync(folder).filter((file) => file.endsWith(".js") && !/^main\.js$|\.test\./.test(file));

/** A file without one is a part of commands. */
const registerOf = async (file: string) => ((await import(pathToFileURL(join(folder, file)).href)) as { register?: (program: Command) => void }).register;

/** All commands; or, where the one that is asked for is named like its file, that one alone: all of them cost a quarter of a second. */
export async function programFor(asked?: string): Promise<Command> {
  const program = new Command("flounder")
    .description("breaks a live platform on purpose, and measures control plane and data plane apart")
    .version(await version())
    .exitOverride()
    .showHelpAfterError("  → flounder --help, or flounder COMMAND --help")
    .showSuggestionAfterError();
  const named = files().find((file) => file === `${asked}.js`);
  const only = named && (await registerOf(named));
  if (only) only(program);
  else for (const file of files().sort()) (await registerOf(file))?.(program);
  for (const command of program.commands) inCommon(command, `flounder ${command.name()}`);
  return program;
}

function inCommon(command: Command, words: string): void {
  command
    .exitOverride()
    .showHelpAfterError(`  → ${words} --help`)
    .addOption(new Option("-q, --quiet", "says no progress, only results and errors"))
    .configureOutput({ outputError: (text, write) => write(withFlags(text, command)) })
    .hook("preAction", (_, acting) => beQuiet(acting.opts().quiet === true));
  keepOldShort(command);
  for (const below of command.commands) inCommon(below, `${words} ${below.name()}`);
}

/** A flag that does not exist: those that do are named, since the help is longer than a screen. */
function withFlags(text: string, command: Command): string {
  if (!text.includes("unknown option")) return text;
  const flags = command.options.filter(({ hidden }) => !hidden).map(({ long, short }) => long ?? short);
  return `${text.trimEnd()}\n  flounder ${command.name()} has ${flags.join(", ")}\n`;
}

/** -f NAME was the foundation's before `logs -f` followed: it still is, wherever nothing else is called so. */
function keepOldShort(command: Command): void {
  const has = (short: string) => command.options.some((option) => option.short === short);
  if (!has("-F") || has("-f")) return;
  command.addOption(new Option("-f <name>").hideHelp()).on("option:f", (name: string) => command.setOptionValueWithSource("foundation", name, "cli"));
}
