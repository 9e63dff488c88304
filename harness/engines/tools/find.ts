/** Where a tool is: what npm installed, PATH, the folders that systems use, Flounder's own cache. */
import { accessSync, constants, statSync } from "node:fs";
import { delimiter, join } from "node:path";
import { FlounderError } from "../../errors.js";
import { cacheDir, packaged } from "../../paths.js";
import { type ToolName, tools } from "./pins.js";

export function isProgram(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return statSync(path).isFile();
  } catch {
    return false;
  }
}
export function onPath(name: string): string | undefined {
  return (process.env.PATH ?? "")
    .split(delimiter)
    .filter((dir) => dir !== "")
    .map((dir) => join(dir, name))
    .find(isProgram);
}

/** Versions lie apart, so that an update of Flounder never runs a former one's tools. */
export const cachedTool = (name: ToolName) => join(cacheDir(), "tools", `${name}-${tools[name].version}`);

/** Its path, or undefined. Toxiproxy's and nats-server's own version is not checked: one that Go built calls itself "git". */
export function findTool(name: ToolName): string | undefined {
  const { npm, folders = [] } = tools[name];
  const member = npm?.[process.arch];
  const candidates = [member && packaged(member), onPath(name), ...folders.map((dir) => join(dir, name)), cachedTool(name)];
  return candidates.find((path) => path !== undefined && isProgram(path));
}

/** Its path, or an error that says how to get it. */
export function needTool(name: ToolName): string {
  const path = findTool(name);
  if (!path) throw new FlounderError("environment", `${name} is not on PATH and not in ${join(cacheDir(), "tools")}`, tools[name].hint);
  return path;
}
