/** The real program as a child of a test: started, and what came of it. */
import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { root } from "../../paths.js";

export interface Ended {
  readonly code: number | null;
  readonly out: string;
  /** On stderr. */
  readonly says: string;
}

export const startFlounder = (words: readonly string[], how: { readonly cwd?: string } = {}): ChildProcess =>
  spawn(process.execPath, [join(root, "bin", "flounder.mjs"), ...words], {
    ...how,
    stdio: ["ignore", "pipe", "pipe"],
    env: { ...process.env, NO_COLOR: "1" },
  });

/** Resolves when it has ended; to be called before it says anything. */
export async function ended(child: ChildProcess): Promise<Ended> {
  let [out, says] = ["", ""];
  child.stdout!.on("data", (chunk) => {
    out += chunk;
  });
  child.stderr!.on("data", (chunk) => {
    says += chunk;
  });
  const [code] = (await once(child, "close")) as [number | null];
  return { code, out, says };
}
