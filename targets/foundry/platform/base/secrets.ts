/** The secrets that this component was granted: a file that the engine made for it alone, at SECRETS_FILE. JSON, label → 64 hex digits. */
import { closeSync, constants, fstatSync, openSync, readFileSync } from "node:fs";

export type Secret = (label: string) => string;

/** Nobody but us may have written it, and nobody but us may read it. */
function readGranted(path: string): ReadonlyMap<string, string> {
  const file = openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    const { uid, mode } = fstatSync(file);
    if (uid !== process.geteuid?.() && uid !== 0) throw new Error(`it belongs to user ${uid}; expected ${process.geteuid?.()}`);
    if ((mode & 0o077) !== 0) throw new Error(`its mode is ${(mode & 0o777).toString(8)}; expected 600`);
    return new Map(Object.entries(JSON.parse(readFileSync(file, "utf8")) as Record<string, string>));
  } finally {
    closeSync(file);
  }
}

/** Reads the file when the first secret is asked for, and then no more. Throws for a label that the topology does not grant. */
export function granted(env: Readonly<Record<string, string | undefined>>): Secret {
  let all: ReadonlyMap<string, string> | undefined;
  return (label) => {
    const path = env.SECRETS_FILE;
    if (!path) throw new Error("environment variable SECRETS_FILE is missing");
    try {
      all ??= readGranted(path);
    } catch (error) {
      throw new Error(
        `the secrets of ${env.FLOUNDER_COMPONENT ?? "this component"} cannot be read from ${path}: ${error instanceof Error ? error.message : error}`,
      );
    }
    const value = all.get(label);
    if (value === undefined)
      throw new Error(
        `${env.FLOUNDER_COMPONENT ?? "this component"} was not granted the secret "${label}"; its role's secrets in the topology are ${[...all.keys()].join(", ") || "none"}`,
      );
    return value;
  };
}
