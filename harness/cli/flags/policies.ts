/** --policy NAME=VALUE, once or more often. */
import { Option } from "commander";
import { pair } from "./options.js";

export const policyOption = () => new Option("--policy <name=value...>", "as flounder list policies has them").default([]);

/** Refuses what has no name or no "="; which names and values there are says the target. */
export const policiesOf = (words: readonly string[]): Readonly<Record<string, string>> =>
  Object.fromEntries(words.map((word) => pair("--policy", word, "NAME=VALUE (flounder list policies)")));
