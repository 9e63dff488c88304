/** Every process of a foundation on this machine, in containers or not, found by its mark in the environment. Formats: proc(5). */
import { readdirSync, readFileSync } from "node:fs";

export interface Marked {
  readonly pid: number;
  /** User and system, of itself. */
  readonly cpuS: number;
  /** Its proportional share of memory: what several map counts once. */
  readonly memoryMb: number;
}
/** USER_HZ, which is 100 on every Linux that Node runs on. */
const ticksPerS = 100;

export function marked(foundation: string): Marked[] {
  return readdirSync("/proc")
    .filter((name) => /^\d+$/.test(name))
    .flatMap((pid) => {
      try {
        const environ = readFileSync(`/proc/${pid}/environ`, "utf8").split("\0");
        if (!environ.includes(`FLOUNDER_FOUNDATION=${foundation}`)) return [];
        const fields = readFileSync(`/proc/${pid}/stat`, "utf8")
          .replace(/^.*\) /s, "")
          .split(" ");
        const kB = /^Pss:\s+(\d+) kB/m.exec(readFileSync(`/proc/${pid}/smaps_rollup`, "utf8"))?.[1];
        return [{ pid: Number(pid), cpuS: (Number(fields[11]) + Number(fields[12])) / ticksPerS, memoryMb: Number(kB ?? 0) / 1024 }];
      } catch {
        return []; // it has ended, or is another user's
      }
    });
}
