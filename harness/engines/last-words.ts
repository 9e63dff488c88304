/** The last line of a log, for error messages. */
import { readFileSync } from "node:fs";

export function lastWords(log: string): string {
  try {
    const lines = readFileSync(log, "utf8").trimEnd().split("\n");
    return (lines.at(-1) ?? "").slice(-300) || "its log is empty";
  } catch {
    return "it has no log";
  }
}
