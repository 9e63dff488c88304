/** The runtimes that apps may need, and the program that each stands for on this machine. */
import { accessSync, constants } from "node:fs";
import { dirname, join } from "node:path";

/** Static apps are served by a Node program that comes with the droplet; binary ones bring all but a shell. */
const programs: Readonly<Record<string, string>> = { node: "node", static: "node", python: "python3", binary: "sh" };
export const allRuntimes: readonly string[] = Object.keys(programs);

/** Where apps look for programs. The Node that runs the agent is the node runtime, wherever it was installed. */
export const appPath = `${dirname(process.execPath)}:/usr/local/bin:/usr/bin:/bin`;

function isHere(program: string): boolean {
  return appPath.split(":").some((dir) => {
    try {
      accessSync(join(dir, program), constants.X_OK);
      return true;
    } catch {
      return false;
    }
  });
}

/** Of the runtimes that a DEA should have those that it can have. Throws if one is unknown. */
export function usableRuntimes(wanted: readonly string[]): readonly string[] {
  const unknown = wanted.find((name) => programs[name] === undefined);
  if (unknown !== undefined) throw new Error(`environment variable RUNTIMES has "${unknown}"; expected some of ${allRuntimes.join(", ")}`);
  return wanted.filter((name) => isHere(programs[name]!));
}
