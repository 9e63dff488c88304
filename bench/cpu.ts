/** Runs a shell command and tells the CPU time of its whole process tree: bash's `time`, that is wait4's rusage. */
import { execFile } from "node:child_process";
import { promisify } from "node:util";

const run = promisify(execFile);

export interface Cost {
  readonly stdout: string;
  readonly cpuS: number;
}

/** Rejects if the command fails. */
export async function timed(command: string, timeoutMs = 60_000): Promise<Cost> {
  const { stdout, stderr } = await run("bash", ["-c", `set -o pipefail; TIMEFORMAT='cpu %3U %3S'; time { ${command}; }`], {
    timeout: timeoutMs,
    maxBuffer: 2 ** 28,
  });
  const found = /cpu ([\d.]+) ([\d.]+)\s*$/.exec(stderr.trimEnd());
  if (!found) throw new Error(`no times in ${JSON.stringify(stderr.slice(-200))}`);
  return { stdout, cpuS: Number(found[1]) + Number(found[2]) };
}
