/** The recovery of an attached project is its owner's: a command of the config, run after each act that was healed. */
import { spawn } from "node:child_process";
import type { TargetSystem } from "../../harness/core.js";
import { FlounderError } from "../../harness/errors.js";

const longestMs = 300_000;
const wordsKept = 300;

export const recover: TargetSystem["recover"] = async (_call, { recovery }, say, { signal } = {}) => {
  if (recovery === undefined) return;
  say(`recovering: ${recovery}`);
  const end = AbortSignal.any([AbortSignal.timeout(longestMs), ...(signal ? [signal] : [])]);
  const child = spawn("/bin/sh", ["-c", recovery], { stdio: ["ignore", "pipe", "pipe"], detached: true });
  const endAll = () => {
    try {
      if (child.pid !== undefined) process.kill(-child.pid, "SIGKILL");
    } catch {
      // Nothing of it is left.
    }
  };
  end.addEventListener("abort", endAll);
  let said = "";
  for (const stream of [child.stdout, child.stderr])
    stream.on("data", (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-wordsKept);
    });
  const how = await new Promise<string>((resolve) => {
    child.once("error", (error) => resolve(error.message));
    child.once("exit", (code, name) => resolve(code === 0 ? "" : (name ?? `exit code ${code}`)));
  }).finally(() => end.removeEventListener("abort", endAll));
  if (how !== "") throw new FlounderError("platform", `the config's recover (${recovery}) ended with ${how}: ${said.trim()}`, "try it by hand");
};
