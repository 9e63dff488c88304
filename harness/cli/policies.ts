/** --policy NAME=VALUE, once or more often. */
import { Option } from "commander";
import { FlounderError } from "../errors.js";

export const policyOption = () => new Option("--policy <name=value...>", "e.g. cc.onLunLoss=degrade").default([]);

/** Refuses what has no name or no "="; which names and values there are says the target. */
export function policiesOf(words: readonly string[]): Readonly<Record<string, string>> {
  return Object.fromEntries(
    words.map((word) => {
      const at = word.indexOf("=");
      if (at < 1) throw new FlounderError("usage", `--policy "${word}": expected name=value`, "e.g. --policy cc.onLunLoss=degrade");
      return [word.slice(0, at), word.slice(at + 1)];
    }),
  );
}
