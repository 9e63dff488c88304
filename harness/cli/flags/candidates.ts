/** What may come next on a command line: commands, flags, the choices of a flag, and the names that an argument takes. */
import type { Command, Option } from "commander";
import { folders } from "../../keeper/folder.js";
import { listEngines, listPlaybooks, listScenarios, listTargets, loadFaults, loadTarget } from "../../registry.js";

export interface Candidate {
  readonly word: string;
  /** A few words; empty: none are needed. */
  readonly says: string;
}
type Names = () => Promise<readonly string[]> | readonly string[];

const scenarios: Names = () => listScenarios().map(({ name }) => name);
const playbooks: Names = () => listPlaybooks().map(({ name }) => name);
const faults: Names = async () => [...(await loadFaults()).keys()];
/** By what an argument or a flag is called. */
const names: Readonly<Record<string, Names>> = {
  scenario: scenarios,
  playbook: playbooks,
  fault: faults,
  foundation: folders,
  target: listTargets,
  engine: listEngines,
  profile: async () => (await Promise.all(listTargets().map(async (one) => (await loadTarget(one)).profiles))).flat(),
};
/** Of arguments that several kinds of names go for. */
const argumentsOf: Readonly<Record<string, Names>> = {
  "describe name": async () => [...(await faults()), ...(await scenarios()), ...(await playbooks())],
  "list what": () => ["scenarios", "playbooks", "faults", "systems", "targets", "engines", "profiles", "policies", "alarms", "verbs"],
};

/** `words`: those after the program's name; the last one is still being typed. Files are the shell's own affair: where nothing is known, nothing is said. */
export async function candidates(program: Command, words: readonly string[]): Promise<readonly Candidate[]> {
  const before = words.slice(0, -1);
  if (before.includes("--")) return [];
  const last = words.at(-1) ?? "";
  let command = program;
  let arguments_ = 0;
  let waiting: Option | undefined;
  for (const word of before) {
    if (waiting && !waiting.variadic) waiting = undefined;
    else if (word.startsWith("-")) {
      const option = command.options.find(({ short, long }) => word === short || word === long);
      waiting = option && (option.required || option.optional) ? option : undefined;
    } else if (!waiting) {
      const below = command.commands.find((one) => one.name() === word);
      if (below && arguments_ === 0) command = below;
      else arguments_++;
    }
  }
  const plain = async (found: Names | undefined, choices: readonly string[] | undefined): Promise<readonly Candidate[]> =>
    (choices ?? (await found?.()) ?? []).map((word) => ({ word, says: "" }));
  if (waiting && !last.startsWith("-")) return plain(names[waiting.attributeName()], waiting.argChoices);
  if (last.startsWith("-"))
    return command.options.filter(({ hidden }) => !hidden).flatMap(({ long, description }) => (long ? [{ word: long, says: description }] : []));
  const below = command.commands.filter((one) => !isHidden(one)).map((one) => ({ word: one.name(), says: one.description() }));
  if (below.length > 0 && arguments_ === 0) return below;
  const argument = command.registeredArguments[Math.min(arguments_, command.registeredArguments.length - 1)];
  if (argument === undefined) return [];
  return plain(argumentsOf[`${command.name()} ${argument.name()}`] ?? names[argument.name()], argument.argChoices);
}

/** Commander keeps it to itself. */
export const isHidden = (command: Command): boolean => (command as unknown as { readonly _hidden?: boolean })._hidden === true;
