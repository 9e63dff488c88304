/** docs/reference.md, from the commands themselves: `node scripts/reference.mjs` writes it, and a test says when it is stale. */
import type { Argument, Command, Option } from "commander";
import { exitCodes } from "../../errors.js";
import { isHidden } from "../flags/candidates.js";
import { documents, places, variables } from "./environment.js";

const code = (text: string): string => `\`${text}\``;

/** Markdown; ends with a newline. */
export function reference(program: Command): string {
  const commands = program.commands.filter((one) => !isHidden(one)).sort((a, b) => (a.name() < b.name() ? -1 : 1));
  return [
    "# Reference",
    "Made from the code by `node scripts/reference.mjs`: commands, exit codes, environment variables, places of files.",
    "## Commands",
    "Every command has `-q`, `--quiet` (no progress, only results and errors) and `-h`, `--help`. Where a foundation is to be named, `-F NAME` does; where there is only one, none need be.",
    ...commands.flatMap((command) => commandPart(command, `flounder ${command.name()}`)),
    "## Exit codes",
    list(exits()),
    "## Environment variables",
    list(variables.map(({ name, says }) => `${name.split(", ").map(code).join(", ")}: ${says}`)),
    "## Places of files",
    list(places.map(({ path, says }) => `${code(path)}: ${says}`)),
    "## Documents",
    "JSON Schemas (2020-12) lie in docs/, made by `node scripts/schema.mjs`. Of JSON lines the schema is that of one line.",
    list(documents.map(({ file, says, schema }) => `${code(file)}: ${says}${schema === undefined ? "" : ` ([${schema}](${schema}))`}`)),
    "",
  ]
    .join("\n\n")
    .replace(/\n+$/, "\n");
}

const list = (lines: readonly string[]): string => lines.map((line) => `- ${line}`).join("\n");

function commandPart(command: Command, words: string): string[] {
  const given = command.registeredArguments.map((one) => ` ${usage(one)}`).join("");
  const flags = command.options.filter(({ hidden, long }) => !hidden && long !== "--quiet").map(flag);
  const examples = exampleOf(command);
  return [
    `### ${words}`,
    `${sentence(command.description())}`,
    ["```sh", `${words}${given}${flags.length > 0 ? " [flags]" : ""}`, ...(examples === undefined ? [] : [examples]), "```"].join("\n"),
    ...[[...command.registeredArguments.map(argument), ...flags]].filter((lines) => lines.length > 0).map(list),
    ...command.commands.flatMap((below) => commandPart(below, `${words} ${below.name()}`)),
  ];
}
const usage = (one: Argument): string => {
  const name = `${one.name()}${one.variadic ? "..." : ""}`;
  return one.required ? `<${name}>` : `[${name}]`;
};
const argument = (one: Argument): string =>
  `${code(usage(one))}: ${one.description}${one.argChoices ? ` (${one.argChoices.join(", ")})` : ""}${one.defaultValue === undefined ? "" : ` (default ${code(String(one.defaultValue))})`}`;
const flag = (one: Option): string => {
  const isList = Array.isArray(one.defaultValue) && one.defaultValue.length === 0;
  const hasDefault = one.defaultValue !== undefined && !isList && !one.negate;
  const more = [
    ...(one.argChoices ? [one.argChoices.join(", ")] : []),
    ...(hasDefault ? [`default ${code(String(one.defaultValue))}`] : []),
    ...(one.mandatory ? ["required"] : []),
  ];
  return `${code(one.flags)}: ${one.description}${more.length > 0 ? ` (${more.join("; ")})` : ""}`;
};
const sentence = (text: string): string => `${text.charAt(0).toUpperCase()}${text.slice(1)}.`;

/** What addHelpText("after") has after "Example: ". */
function exampleOf(command: Command): string | undefined {
  let text = "";
  const hear = (more: string) => {
    text += more;
  };
  command.configureOutput({ writeOut: hear, writeErr: hear });
  command.outputHelp();
  return /^Example: (.*)$/m.exec(text)?.[1];
}

/** What each code means, with the kinds of errors that lead to it. */
function exits(): readonly string[] {
  const kinds = (exit: number) =>
    Object.entries(exitCodes)
      .filter(([, one]) => one === exit)
      .map(([name]) => name)
      .join(", ");
  return [
    "`0`: it was done; of a run or a watch: pass, or measured",
    "`1`: fail: something that must hold did not; of `watch`: or the exit code of the command that it ran",
    `\`2\`: inconclusive: nobody can say, or it could not be done (${kinds(2)})`,
    `\`3\`: aborted, by a person or a condition (${kinds(3)})`,
    `\`64\`: usage: what was asked for cannot be (${kinds(64)})`,
    "`70`: a defect in Flounder: please report it",
  ];
}
