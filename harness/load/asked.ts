/** What `--load` asks for → what is planned. A file is a k6 script; all else is a command of any other tool. */
import { existsSync } from "node:fs";
import type { PlannedLoad } from "../core.js";
import { onPath } from "../engines/tools/find.js";
import { FlounderError } from "../errors.js";
import { needK6, plannedK6 } from "./k6.js";

export async function plannedLoad(asked: string): Promise<PlannedLoad> {
  const command = asked.trim();
  if (/^\S+\.(ts|m?js)$/.test(command) || (existsSync(command) && /\.(ts|m?js)$/.test(command))) return plannedK6(command);
  const first = command.split(/\s+/)[0]!;
  if (first === "") throw new FlounderError("usage", "--load is empty", "give a k6 script (.ts, .js), or a command that makes load");
  // A word that is no plain program's name is the shell's business.
  if (/^[\w./+-]+$/.test(first) && !onPath(first) && !existsSync(first) && !builtins.has(first))
    throw new FlounderError(
      "usage",
      `--load "${command}": there is no file and no program "${first}"`,
      "give a k6 script (.ts, .js), or a command that makes load",
    );
  return { tool: "command", name: first.split("/").at(-1)!, script: command, thresholds: [] };
}
const builtins = new Set(["cd", "exec", "export", "for", "while", "until", "if", "set", "trap", "umask", "ulimit"]);

/** Before anything is started: what a plan that was made elsewhere needs must be here. */
export function needLoad(load: PlannedLoad | undefined): void {
  if (load?.tool === "k6") needK6();
}
