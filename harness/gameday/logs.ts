/** The logs that an operator would have: the last lines of a component's own. */
import { closeSync, fstatSync, openSync, readSync } from "node:fs";
import type { FoundationFacts } from "../core.js";
import { FlounderError } from "../errors.js";

const maxBytes = 128 * 1024;
const maxLine = 2000;

/** Throws FlounderError "usage" for a component that there is not. */
export function componentLog({ components }: FoundationFacts, name: string, lines: number): readonly string[] {
  const found = components.find((one) => one.name === name);
  if (!found) throw new FlounderError("usage", `there is no component "${name}"`, "choose one of the list");
  let file: number;
  try {
    file = openSync(found.log, "r");
  } catch {
    return [];
  }
  try {
    const { size } = fstatSync(file);
    const bytes = Buffer.alloc(Math.min(size, maxBytes));
    const read = readSync(file, bytes, 0, bytes.length, size - bytes.length);
    const all = bytes.subarray(0, read).toString("utf8").split("\n");
    if (size > maxBytes) all.shift();
    return all
      .filter((line) => line !== "")
      .slice(-lines)
      .map((line) => line.slice(0, maxLine));
  } finally {
    closeSync(file);
  }
}
