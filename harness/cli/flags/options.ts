/** What several commands share: flags, their parsing, and opening a foundation by name. */
import { InvalidArgumentError, Option } from "commander";
import type { TargetSystem } from "../../core.js";
import { FlounderError } from "../../errors.js";
import { noFoundation, sayOthers } from "../../keeper/of-others.js";
import type { KeeperClient } from "../../keeper/socket/client.js";
import { connect, listFoundations, takeOver } from "../../keeper/start.js";
import { defaultTarget, listEngines } from "../../registry.js";

export const whole = (text: string): number => {
  if (!/^\d+$/.test(text)) throw new InvalidArgumentError("expected a whole number");
  return Number(text);
};
export const positive = (text: string): number => {
  const value = Number(text);
  if (!(value > 0)) throw new InvalidArgumentError("expected a number above 0");
  return value;
};

/** NAME=VALUE, as several flags take it. Throws FlounderError "usage" for anything else. */
export function pair(flag: string, word: string, example: string): readonly [name: string, value: string] {
  const at = word.indexOf("=");
  if (at < 1) throw new FlounderError("usage", `${flag} "${word}": expected name=value`, `e.g. ${flag} ${example}`);
  return [word.slice(0, at), word.slice(at + 1)];
}

/** Without a default where several targets lie there and none is stated as it. */
export const targetOption = () => {
  const option = new Option("--target <name>", "the system under test: flounder list systems");
  const name = defaultTarget();
  return name === undefined ? option : option.default(name);
};
export const profileOption = (words: string) => new Option("--profile <name>", `${words} (default: the target's own)`);
/** The profile that was asked for, or the target's own. */
export const profileOf = ({ defaultProfile, profiles }: TargetSystem, asked: string | undefined): string => asked ?? defaultProfile ?? profiles[0]!;
export const foundationOption = () => new Option("-F, --foundation <name>", "which foundation; needed only if there are several");
export const engineOption = () => new Option("--engine <name>", "how the foundation comes to life").choices(listEngines()).default("local");
export const jsonOption = () => new Option("--json", "facts as JSON on stdout");
export const playbookOption = () => new Option("--playbook <name>", "instead of the scenario's; none: nobody does anything");
export const operatorOption = () => new Option("--operator <model>", "who plays the playbook: usual, careful, tired, or a JSON file").default("usual");
export const seedOption = () => new Option("--seed <n>", "decides every choice of the plan").default(20110425).argParser(whole);

/** The named foundation, or the only one. If its keeper is dead, this command becomes keeper first when it is going to write. */
export async function open(name: string | undefined, how: { lease?: boolean; write?: boolean } = {}): Promise<KeeperClient> {
  const id = name ?? onlyOne(await listFoundations());
  const found = (await listFoundations()).find((one) => one.id === id);
  if (!found) throw noFoundation(id);
  if (!found.alive) {
    if (!how.write)
      throw new FlounderError(
        "unreachable",
        `the keeper of "${id}" is dead`,
        `flounder heal --foundation ${id} takes over and heals; flounder down --foundation ${id} ends it`,
      );
    process.stderr.write(`the keeper of ${id} is dead: taking over, healing from its journal\n`);
    return takeOver(id, say, { lease: how.lease ?? false });
  }
  return connect(id, { lease: how.lease ?? false });
}

function onlyOne(all: readonly { id: string }[]): string {
  if (all.length === 1) return all[0]!.id;
  if (all.length === 0) throw new FlounderError("usage", "there is no foundation", ["flounder up makes one", sayOthers()].filter(Boolean).join("; "));
  throw new FlounderError("usage", `there are ${all.length} foundations: ${all.map((one) => one.id).join(", ")}`, "say which with --foundation NAME");
}

let quiet = false;
/** With --quiet: no progress from now on. */
export const beQuiet = (wanted: boolean): void => {
  quiet = wanted;
};
export const isQuiet = (): boolean => quiet;
/** What a command says while it works: stderr, so that stdout stays facts. */
export const say = (line: string): void => {
  if (!quiet) process.stderr.write(`${line}\n`);
};
