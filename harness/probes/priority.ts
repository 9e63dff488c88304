/** A prober shares its cores with all that it measures, and its schedule must not slip because they are busy. */
import { readFileSync, writeFileSync } from "node:fs";
import { setPriority } from "node:os";

const nice = -15;

/**
 * Call it before any thread is started: threads inherit it. Where the kernel groups processes by session, niceness counts within a group only, and the group
 * has its own: a prober is therefore started as leader of a session. What this user may not (only root may) stays as it is: lateness is measured all the same.
 */
export function raisePriority(): void {
  attempt(() => setPriority(nice));
  attempt(() => {
    if (sessionOf("self") === process.pid) writeFileSync("/proc/self/autogroup", String(nice));
  });
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
