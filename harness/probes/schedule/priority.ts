/** A prober shares its cores with all that it measures, and its schedule must not slip because they are busy. */
import { spawnSync } from "node:child_process";
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";

/**
 * How Node is started for a process that must be on time. A full collection of V8's stops it for 3 to 5 ms: the memory reducer makes two of an idle heap
 * some 8 s after the start, and a heap that begins small is full after some 5000 samples.
 */
export const punctual = ["--no-memory-reducer", "--initial-old-space-size=64"] as const;

const nice = -15;
const realTimePriority = 1;

/**
 * Makes all of this process real-time, at the least of such priorities (sched(7), SCHED_RR): it runs as soon as it has something to do, whatever else is
 * running, and a waking of it is not put off by the kernel to save power. Where that may not be, niceness is what is left: where the kernel groups processes
 * by session it counts within a group only, and the group has its own; a prober is therefore started as leader of a session. Call it before any thread is
 * started: threads inherit it. What this user may not (only root may, or whom RLIMIT_RTPRIO lets) stays as it is: lateness is measured all the same.
 */
export function raisePriority(): void {
  attempt(() => setPriority(nice));
  attempt(() => {
    if (sessionOf("self") === process.pid) writeFileSync("/proc/self/autogroup", String(nice));
  });
  // util-linux has it, as every Debian does; Node cannot ask the kernel itself.
  spawnSync("chrt", ["--all-tasks", "--rr", "--pid", String(realTimePriority), String(process.pid)], { stdio: "ignore" });
}

function attempt(what: () => void): void {
  try {
    what();
  } catch (error) {
    if (!["EACCES", "EPERM", "ENOENT", "EINVAL", "EAGAIN", "ERR_SYSTEM_ERROR"].includes((error as NodeJS.ErrnoException).code ?? "")) throw error;
  }
}

/** Field 6 of stat (proc(5)); the name in field 2 may hold blanks and brackets. */
function sessionOf(pid: "self" | number): number {
  const stat = readFileSync(`/proc/${pid}/stat`, "utf8");
  return Number(stat.slice(stat.lastIndexOf(")") + 2).split(" ")[3]);
}
