/** The next commands after `up`, as they can be pasted into the shell that ran it. */
import { relative } from "node:path";
import type { FoundationFacts, TargetSystem } from "../../core.js";
import { onPath } from "../../engines/tools/find.js";

/** "flounder" where the shell finds it, else how this process was started. */
function ourselves(): readonly string[] {
  if (onPath("flounder")) return ["flounder"];
  const path = process.argv[1] ?? "flounder";
  const near = relative(process.cwd(), path);
  return ["node", near.startsWith("../../..") ? path : near];
}

/** A word as a shell reads it. */
export const quoted = (word: string): string => (/^[\w@%+=:,./-]+$/.test(word) ? word : `'${word.replaceAll("'", `'\\''`)}'`);

/** Empty where the target has nothing to try. */
export function nextCommands(system: TargetSystem, facts: FoundationFacts): readonly string[] {
  const tries = system.tries?.(facts) ?? [];
  if (tries.length === 0) return [];
  // Not every shell takes a comment behind a command: what it is stands above.
  return ["next:", ...tries.flatMap(({ words, says }) => [`  ${says}:`, `    ${commandOf(words)}`])];
}
const commandOf = (words: readonly string[]): string => (words[0] === "flounder" ? [...ourselves(), ...words.slice(1)] : words).map(quoted).join(" ");
